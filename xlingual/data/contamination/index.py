"""An index of the sealed test set, as hashes, to find training data that overlaps it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from xlingual.data.contamination.letters import Letters, letters_of
from xlingual.data.contamination.matches import COMMON, RUN, SHARE, Matches, joined, matches_of
from xlingual.data.contamination.ngrams import HashSet, N, ngram_hashes, within_texts
from xlingual.data.contamination.overlap import Overlap, Reason, TrainingText
from xlingual.data.contamination.sentence_index import SentenceIndex
from xlingual.data.examples import Example, SentencePair
from xlingual.data.stated_questions import Question
from xlingual.data.xquad_articles import canonical_title, is_xquad_article

RULES = 1
"""Version of the check. Raise it whenever letters, n-grams or the definition of an overlap change."""

SHORTEST_ID = 12
"""Minimum length of an id to be compared: any file may have a question "17". SQuAD's ids have 24 characters."""

_PIECE = 1 << 18
"""Characters processed at a time: arrays of 2 MB."""


@dataclass(frozen=True)
class ContaminationIndex:
    """The sealed test set's paragraphs, questions, titles and ids, stored only as hashes.

    No context or question can be recovered from it, and answers never enter it. It only tells how much of a text is in
    the test set's paragraphs, and whether a question, title or id belongs to the test set.

    Attributes:
        ngrams: n-grams of all paragraphs, in all languages.
        questions: questions of N letters or more; shorter ones are not distinctive.
        titles: titles in canonical form (see canonical_title).
        identities: ids of questions.
        knows_xquad: whether XQuAD's 48 titles count too.
        sentences: those of test pairs.
    """

    ngrams: HashSet
    questions: frozenset[int]
    titles: frozenset[int]
    identities: frozenset[int]
    knows_xquad: bool = True
    sentences: SentenceIndex = field(default_factory=SentenceIndex)

    @classmethod
    def of(cls, examples: Iterable[Example | Question | SentencePair]) -> ContaminationIndex:
        """Index test questions, or sentence pairs, in any number of languages.

        FAQ texts are searched for the sentences of a pair as for contexts, and a training pair is compared with pairs
        alone (see `SentenceIndex`).
        """
        known = list(examples)
        contexts = list(dict.fromkeys(text for example in known for text in _contexts(example)))
        asked = list(dict.fromkeys(text for example in known for text in _questions(example)))
        hashes = [ngram_hashes(letters)[within_texts(pointers)] for letters, pointers in _pieces(contexts)]
        digests = [_digest(text) for piece in _pieces(asked) for text in _texts(*piece)]
        return ContaminationIndex(
            HashSet(np.concatenate([np.zeros(0, dtype=np.uint64), *hashes])),
            frozenset(digest for digest in digests if digest is not None),
            frozenset(_hash(canonical_title(example.title)) for example in known if example.title.strip()),
            frozenset(_hash(example.id.strip()) for example in known if len(example.id.strip()) >= SHORTEST_ID),
            sentences=SentenceIndex.of(example for example in known if isinstance(example, SentencePair)),
        )

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that depend on the test set's texts, titles and ids, and on the rules."""
        digest = hashlib.sha256(f"{RULES} {N} {RUN} {SHARE} {COMMON} {SHORTEST_ID}\n".encode())
        digest.update(self.ngrams.hashes.astype("<u8").tobytes())
        for numbers in (self.questions, self.titles, self.identities):
            digest.update(np.array(sorted(numbers), dtype="<u8").tobytes() + b"\n")
        digest.update(self.sentences.content)
        return digest.hexdigest()[:16]

    def check_many(self, texts: Sequence[str]) -> Matches:
        """Measure what each text shares with the test set's paragraphs, about 262,000 characters at a time."""
        pieces = _pieces(texts)
        return joined([matches_of(self.ngrams.among(ngram_hashes(letters)), pointers) for letters, pointers in pieces])

    def overlap(self, text: str, title: str = "", identity: str = "", question: str = "") -> Overlap | None:
        """The overlap of a text, or of a question about it, with the test set; None if there is none."""
        questions, identities = (question,) if question else (), (identity,) if identity else ()
        return self.overlaps([TrainingText("", (text,), questions, title, identities)])[0]

    def overlaps(self, data: Sequence[TrainingText]) -> list[Overlap | None]:
        """The overlap of each piece of training data with the test set, (pieces,); None if there is none."""
        searched = [self._searched(each) for each in data]
        owner = [number for number, texts in enumerate(searched) for _ in texts]
        matches = self.check_many([text for texts in searched for text in texts])
        run, share = np.zeros(len(data), dtype=np.int64), np.zeros(len(data))
        text = np.zeros(len(data), dtype=np.bool_)
        np.maximum.at(run, owner, matches.run)
        np.maximum.at(share, owner, matches.share)
        np.logical_or.at(text, owner, matches.overlapping)
        question = self._asks([each.questions for each in data])
        sentences = self.sentences.reasons(data)
        return [
            Overlap(reasons, int(run[number]), float(share[number]))
            if (reasons := (*self._reasons(each, bool(text[number]), bool(question[number])), *sentences[number]))
            else None
            for number, each in enumerate(data)
        ]

    def has_title(self, title: str) -> bool:
        """Whether this is the title of a test article, or one of XQuAD's 48 where these count."""
        if not title.strip():
            return False
        return (self.knows_xquad and is_xquad_article(title)) or _hash(canonical_title(title)) in self.titles

    def has_identity(self, identity: str) -> bool:
        """Whether this is the id of a test question; never true for ids shorter than SHORTEST_ID characters."""
        return _hash(identity.strip()) in self.identities

    def _searched(self, data: TrainingText) -> tuple[str, ...]:
        """Texts that are searched for the test set's; sentences of a pair only if there is no test pair to equal."""
        return (*data.texts, *data.questions, *(() if self.sentences else data.sentences))

    def _reasons(self, data: TrainingText, text: bool, question: bool) -> tuple[Reason, ...]:
        found: dict[Reason, bool] = {
            "text": text,
            "id": any(map(self.has_identity, data.identities)),
            "title": self.has_title(data.title),
            "question": question,
        }
        return tuple(reason for reason, holds in found.items() if holds)

    def _asks(self, questions: Sequence[Sequence[str]]) -> list[bool]:
        """Whether any question of each piece is a test question, (pieces,)."""
        flat = [question for each in questions for question in each]
        known = iter([_digest(text) in self.questions for piece in _pieces(flat) for text in _texts(*piece)])
        return [any([next(known) for _ in each]) for each in questions]


def _contexts(example: Example | Question | SentencePair) -> tuple[str, ...]:
    return (example.first, example.second) if isinstance(example, SentencePair) else (example.context,)


def _questions(example: Example | Question | SentencePair) -> tuple[str, ...]:
    return (example.first, example.second) if isinstance(example, SentencePair) else (example.question,)


def _pieces(texts: Sequence[str]) -> Iterator[tuple[Letters, NDArray[np.int64]]]:
    """The letters and pointers of all texts, in batches that keep memory bounded."""
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
    """A 64-bit hash of a question's letters; None if it is shorter than an n-gram."""
    return _number(letters.astype("<u4").tobytes()) if len(letters) >= N else None


def _hash(text: str) -> int:
    return _number(text.encode("utf-8", "surrogatepass"))


def _number(content: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")
