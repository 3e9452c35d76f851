"""Which training data overlaps the sealed test set: an index of its texts, as hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from xlingual.data.contamination.letters import Letters, letters_of
from xlingual.data.contamination.matches import COMMON, RUN, SHARE, Matches, joined, matches_of
from xlingual.data.contamination.ngrams import HashSet, N, ngram_hashes, within_texts
from xlingual.data.contamination.overlap import Overlap, Reason, TrainingText
from xlingual.data.examples import Example
from xlingual.data.stated_questions import Question
from xlingual.data.xquad_articles import canonical_title, is_xquad_article

RULES = 1
"""Version of the check. Raise it with every change of letters or n-grams, or of what counts as an overlap."""

SHORTEST_ID = 12
"""Characters below which an id says nothing, as any file may have a question "17"; SQuAD's have 24."""

_PIECE = 1 << 18
"""Characters that are looked at together: arrays of 2 MB."""


@dataclass(frozen=True)
class ContaminationIndex:
    """The sealed test set's paragraphs, questions, titles and ids, each as hashes alone.

    No context, question or answer can be read back from it, and answers never enter it. All that it says of a text is
    how much of it is in the test set's paragraphs, and whether a question, title or id is one of the test set's.

    Attributes:
        ngrams: of all paragraphs, in all languages.
        questions: of N letters or more; a shorter one may be anyone's.
        titles: in canonical form (see canonical_title); XQuAD's 48 are known besides.
        identities: ids of questions.
    """

    ngrams: HashSet
    questions: frozenset[int]
    titles: frozenset[int]
    identities: frozenset[int]

    @classmethod
    def of(cls, questions: Iterable[Example | Question]) -> ContaminationIndex:
        """Make the index of test questions, in as many languages as there are."""
        known = list(questions)
        contexts = list(dict.fromkeys(example.context for example in known))
        asked = list(dict.fromkeys(example.question for example in known))
        hashes = [ngram_hashes(letters)[within_texts(pointers)] for letters, pointers in _pieces(contexts)]
        digests = [_digest(text) for piece in _pieces(asked) for text in _texts(*piece)]
        return cls(
            HashSet(np.concatenate([np.zeros(0, dtype=np.uint64), *hashes])),
            frozenset(digest for digest in digests if digest is not None),
            frozenset(_hash(canonical_title(example.title)) for example in known if example.title.strip()),
            frozenset(_hash(example.id.strip()) for example in known if len(example.id.strip()) >= SHORTEST_ID),
        )

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that follow from the test set's texts, titles and ids, and from the rules."""
        digest = hashlib.sha256(f"{RULES} {N} {RUN} {SHARE} {COMMON} {SHORTEST_ID}\n".encode())
        digest.update(self.ngrams.hashes.astype("<u8").tobytes())
        for numbers in (self.questions, self.titles, self.identities):
            digest.update(np.array(sorted(numbers), dtype="<u8").tobytes() + b"\n")
        return digest.hexdigest()[:16]

    def check_many(self, texts: Sequence[str]) -> Matches:
        """Measure what each text shares with the test set's paragraphs, a quarter of a million characters at a time."""
        pieces = _pieces(texts)
        return joined([matches_of(self.ngrams.among(ngram_hashes(letters)), pointers) for letters, pointers in pieces])

    def overlap(self, text: str, title: str = "", identity: str = "", question: str = "") -> Overlap | None:
        """Say why a text, or a question about it, counts as the test set's; None when neither does."""
        questions, identities = (question,) if question else (), (identity,) if identity else ()
        return self.overlaps([TrainingText("", (text,), questions, title, identities)])[0]

    def overlaps(self, data: Sequence[TrainingText]) -> list[Overlap | None]:
        """Say why each piece of training data counts as the test set's, (pieces,); None where it does not."""
        owner = [number for number, each in enumerate(data) for _ in (*each.texts, *each.questions)]
        matches = self.check_many([text for each in data for text in (*each.texts, *each.questions)])
        run, share = np.zeros(len(data), dtype=np.int64), np.zeros(len(data))
        text = np.zeros(len(data), dtype=np.bool_)
        np.maximum.at(run, owner, matches.run)
        np.maximum.at(share, owner, matches.share)
        np.logical_or.at(text, owner, matches.overlapping)
        question = self._asks([each.questions for each in data])
        return [
            Overlap(reasons, int(run[number]), float(share[number]))
            if (reasons := self._reasons(each, bool(text[number]), bool(question[number])))
            else None
            for number, each in enumerate(data)
        ]

    def has_title(self, title: str) -> bool:
        """Whether this is the title of an article of the test set, or of XQuAD's 48."""
        return bool(title.strip()) and (is_xquad_article(title) or _hash(canonical_title(title)) in self.titles)

    def has_identity(self, identity: str) -> bool:
        """Whether this is the id of a question of the test set; ids of less than SHORTEST_ID characters never are."""
        return _hash(identity.strip()) in self.identities

    def _reasons(self, data: TrainingText, text: bool, question: bool) -> tuple[Reason, ...]:
        found: dict[Reason, bool] = {
            "text": text,
            "id": any(map(self.has_identity, data.identities)),
            "title": self.has_title(data.title),
            "question": question,
        }
        return tuple(reason for reason, holds in found.items() if holds)

    def _asks(self, questions: Sequence[Sequence[str]]) -> list[bool]:
        """Whether one of each piece's questions is the test set's, (pieces,)."""
        flat = [question for each in questions for question in each]
        known = iter([_digest(text) in self.questions for piece in _pieces(flat) for text in _texts(*piece)])
        return [any([next(known) for _ in each]) for each in questions]


def _pieces(texts: Sequence[str]) -> Iterator[tuple[Letters, NDArray[np.int64]]]:
    """The letters and pointers of all texts, so many texts at a time that memory stays bounded."""
    first = size = 0
    for last, text in enumerate(texts, start=1):
        size += len(text)
        if size >= _PIECE or last == len(texts):
            yield letters_of(texts[first:last])
            first, size = last, 0


def _texts(letters: Letters, pointers: NDArray[np.int64]) -> Iterator[Letters]:
    places = pointers.tolist()
    return (letters[start : end - 1] for start, end in pairwise(places))


def _digest(letters: Letters) -> int | None:
    """64 bits for a question's letters; None when they are fewer than an n-gram's."""
    return _number(letters.astype("<u4").tobytes()) if len(letters) >= N else None


def _hash(text: str) -> int:
    return _number(text.encode("utf-8", "surrogatepass"))


def _number(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
