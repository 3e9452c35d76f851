"""Build the index of one or several test sets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from xlingual.activity import doing
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.contamination.ngrams import HashSet
from xlingual.data.contamination.overlap import Overlap, Reason, TrainingText
from xlingual.data.contamination.sentence_index import SentenceIndex
from xlingual.study.benchmarks import Benchmark

XQUAD = "xquad"
"""The set whose titles are known without its texts."""

_ORDER: tuple[Reason, ...] = ("text", "id", "title", "question", "pair", "sentence")


@dataclass(frozen=True)
class JointIndex(ContaminationIndex):
    """Several test sets, of which an overlap names those that it is with.

    Attributes:
        parts: the index of each set by its name.
    """

    parts: Mapping[str, ContaminationIndex] = field(default_factory=dict)

    @classmethod
    def joined(cls, parts: Mapping[str, ContaminationIndex]) -> JointIndex:
        """Join the indexes of some sets."""
        every = list(parts.values())
        return cls(
            HashSet(np.concatenate([np.zeros(0, dtype=np.uint64), *(one.ngrams.hashes for one in every)])),
            frozenset().union(*(one.questions for one in every)),
            frozenset().union(*(one.titles for one in every)),
            frozenset().union(*(one.identities for one in every)),
            any(one.knows_xquad for one in every),
            SentenceIndex.joined(one.sentences for one in every),
            parts=dict(parts),
        )

    def overlaps(self, data: Sequence[TrainingText]) -> list[Overlap | None]:
        """The overlap of each piece with any of the sets, (pieces,); None if there is none.

        What overlaps a set overlaps all of them together, so only such pieces are compared with each.
        """
        candidates = [number for number, one in enumerate(super().overlaps(data)) if one is not None]
        chosen = [data[number] for number in candidates]
        found: dict[int, dict[str, Overlap]] = {number: {} for number in candidates}
        for name, part in self.parts.items() if chosen else ():
            for number, overlap in zip(candidates, part.overlaps(chosen), strict=True):
                if overlap is not None:
                    found[number][name] = overlap
        return [_named(found.get(number, {})) for number in range(len(data))]


@doing("indexing the texts of the test sets")
def index_of_test_sets(sets: Mapping[str, tuple[Benchmark, str, Sequence[str] | None]]) -> JointIndex:
    """Index every question or pair of some test sets, even those that cannot be scored.

    Args:
        sets: by name: the test set, its source, and two-letter codes. None instead of codes takes all languages of the
            source, whichever a study scores, because a copy in another language would do the same harm.

    Raises:
        DataError: when a source or a requested language is missing or malformed.
    """
    return JointIndex.joined({name: _index(*one) for name, one in sets.items()})


def _index(benchmark: Benchmark, source: str, languages: Sequence[str] | None) -> ContaminationIndex:
    codes = list(languages) if languages is not None else available_languages(benchmark, source)
    read: Any = benchmark.load(benchmark.stated or benchmark.reader)
    texts = read(source, codes)
    found = (one for part in texts.values() for one in getattr(part, "examples", part))
    return replace(ContaminationIndex.of(found), knows_xquad=benchmark.name == XQUAD)


def available_languages(benchmark: Benchmark, source: str) -> list[str]:
    """The languages of a source, in the order of tables.

    Raises:
        DataError: when it has none.
    """
    if not benchmark.available:
        return list(benchmark.languages)
    found: list[str] = benchmark.load(benchmark.available)(source)
    return found


def _named(found: Mapping[str, Overlap]) -> Overlap | None:
    """One overlap with all sets that a piece overlaps."""
    if not found:
        return None
    reasons = tuple(reason for reason in _ORDER if any(reason in one.reasons for one in found.values()))
    run, share = max(one.run for one in found.values()), max(one.share for one in found.values())
    return Overlap(reasons, run, share, tuple(found))
