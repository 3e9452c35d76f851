"""The sentences of test pairs, as hashes: training pairs overlap by equality, not by what sentences have in common.

Sentences about one subject share long stretches ("... is a village in the district of ..."), and each pair that two
sentences of an article make is another one. So a training pair overlaps a test set if it has a long sentence of it, or
both sentences of one of its pairs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from xlingual.data.contamination.letters import letters_of
from xlingual.data.contamination.ngrams import N
from xlingual.data.contamination.overlap import Reason, TrainingText
from xlingual.data.examples import SentencePair
from xlingual.data.scripts import UNSPACED_SCRIPTS, main_script

WORDS = 8
"""Words of a sentence that is compared alone: any data may have "He did not say." Where a script has no spaces, letters
count instead, as many as an n-gram has."""

_AT_ONCE = 2048
"""Pairs whose letters are in memory together."""


@dataclass(frozen=True)
class SentenceIndex:
    """Long sentences, and pairs of sentences of any length in either order.

    Attributes:
        sentences: hashes of their letters.
        pairs: hashes of both.
    """

    sentences: frozenset[int] = frozenset()
    pairs: frozenset[int] = frozenset()

    @classmethod
    def of(cls, pairs: Iterable[SentencePair]) -> SentenceIndex:
        """Index the pairs of a test set in any number of languages."""
        both = [(pair.first, pair.second) for pair in pairs]
        hashes = _hashes(both)
        long = (one for texts, found in zip(both, hashes, strict=True) for one in _long(texts, found))
        return cls(frozenset(long), frozenset(_both(found) for found in hashes if any(found)))

    @classmethod
    def joined(cls, parts: Iterable[SentenceIndex]) -> SentenceIndex:
        """All sentences and pairs of some indexes."""
        every = list(parts)
        return cls(
            frozenset().union(*(one.sentences for one in every)), frozenset().union(*(one.pairs for one in every))
        )

    def __bool__(self) -> bool:
        return bool(self.sentences or self.pairs)

    @property
    def content(self) -> bytes:
        """What a fingerprint depends on; empty without pairs."""
        if not self:
            return b""
        rule = f"sentences {WORDS}\n".encode()
        return rule + b"\n".join(np.array(sorted(part), dtype="<u8").tobytes() for part in (self.sentences, self.pairs))

    def reasons(self, data: Sequence[TrainingText]) -> list[tuple[Reason, ...]]:
        """Why each piece of training data overlaps, the stronger reason first, (pieces,); empty if it does not."""
        asked = [each.sentences for each in data]
        if not self or not any(asked):
            return [()] * len(data)
        return [self._of(texts, found) for texts, found in zip(asked, _hashes(asked), strict=True)]

    def _of(self, texts: Sequence[str], found: Sequence[int]) -> tuple[Reason, ...]:
        holds: dict[Reason, bool] = {
            "pair": len(found) > 1 and _both(found) in self.pairs,
            "sentence": any(one in self.sentences for one in _long(texts, found)),
        }
        return tuple(reason for reason, so in holds.items() if so)


def _hashes(texts: Sequence[Sequence[str]]) -> list[tuple[int, ...]]:
    """A hash of the letters of each text; 0 for one without letters."""
    hashes: list[tuple[int, ...]] = []
    for first in range(0, len(texts), _AT_ONCE):
        part = texts[first : first + _AT_ONCE]
        letters, pointers = letters_of([text for each in part for text in each])
        found = iter([_number(letters[start : end - 1].tobytes()) for start, end in pairwise(pointers.tolist())])
        hashes += [tuple(next(found) for _ in each) for each in part]
    return hashes


def _long(texts: Sequence[str], hashes: Sequence[int]) -> Iterator[int]:
    return (found for text, found in zip(texts, hashes, strict=True) if found and _is_long(text))


def _is_long(text: str) -> bool:
    if len(text.split()) >= WORDS:
        return True
    return main_script(text) in UNSPACED_SCRIPTS and len(letters_of([text])[0]) > N


def _both(hashes: Sequence[int]) -> int:
    return _number(b" ".join(str(one).encode() for one in sorted(hashes)))


def _number(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big") if content else 0
