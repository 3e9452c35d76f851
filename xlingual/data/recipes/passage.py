"""FAQ pairs to span examples: a passage of several answers from one page, the gold one among them.

The reader has to tell the answer to its question from the other answers of the same page, which stand in any order.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from xlingual.data.examples import Example, ExampleSet
from xlingual.data.faq.rows import FaqRow
from xlingual.errors import DataError

COUNTS = (
    "read",
    "kept",
    "dropped_duplicate",
    "dropped_long_answer",
    "dropped_no_sibling",
    "dropped_long_passage",
    "siblings_from_site",
)


def faq_passages(
    rows: Iterable[FaqRow],
    *,
    language: str,
    seed: int,
    answers: int = 4,
    max_answer_characters: int = 200,
    max_passage_characters: int = 1500,
) -> ExampleSet:
    """One span example per usable pair; its context is the gold answer among up to `answers - 1` siblings.

    Siblings are the other answers of the page (the URL without its fragment), or of the site (the origin) where the
    page has this pair alone; `siblings_from_site` counts examples of the second kind. A sibling that answers the same
    question, contains or equals the gold answer, or would make the passage longer than `max_passage_characters` is left
    out. Dropped: repeated pairs, answers longer than `max_answer_characters`, pairs without a sibling, pairs none of
    whose siblings fits. Examples are in the order of the rows; each follows from its page (or site), its text and
    `seed` alone, whatever the order of the rows and whatever other pages there are. Raises DataError when a setting
    leaves no room for a sibling.
    """
    passages = _Passages(answers, max_answer_characters, max_passage_characters, seed)
    stated = list(rows)
    unique = list(dict.fromkeys(stated))
    groups = _Groups(unique)
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    counts.update(read=len(stated), dropped_duplicate=len(stated) - len(unique))
    kept = []
    for row in unique:
        context = passages.around(row, groups.siblings(row))
        if isinstance(context, _Refusal):
            counts[context.reason] += 1
            continue
        counts["siblings_from_site"] += groups.alone_on_page(row)
        kept.append(_example(row, context, language))
    counts["kept"] = len(kept)
    return ExampleSet(tuple(kept), dict(counts))


@dataclass(frozen=True, slots=True)
class _Context:
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class _Refusal:
    reason: str


class _Groups:
    """Which pairs stand together; each group is sorted, so that the order of the rows has no say."""

    def __init__(self, rows: Iterable[FaqRow]) -> None:
        ordered = sorted(rows, key=lambda row: (row.url, row.question, row.answer))
        self._pages: defaultdict[str, list[FaqRow]] = defaultdict(list)
        self._sites: defaultdict[str, list[FaqRow]] = defaultdict(list)
        for row in ordered:
            self._pages[_page(row)].append(row)
            self._sites[row.origin].append(row)

    def alone_on_page(self, row: FaqRow) -> bool:
        return not _page(row) or len(self._pages[_page(row)]) < 2

    def siblings(self, row: FaqRow) -> Sequence[FaqRow]:
        """The group of the pair, itself included; nothing for a pair of unknown page and site."""
        if not self.alone_on_page(row):
            return self._pages[_page(row)]
        return self._sites[row.origin] if row.origin else []


@dataclass(frozen=True, slots=True)
class _Passages:
    """The settings of the recipe, and how a passage is put together under them."""

    answers: int
    max_answer_characters: int
    max_passage_characters: int
    seed: int

    def __post_init__(self) -> None:
        if self.answers < 2:
            raise DataError(f"passages: asked for {self.answers} answers a passage; write 2 or more")
        if not 0 < self.max_answer_characters < self.max_passage_characters:
            raise DataError(
                f"passages: answers of up to {self.max_answer_characters} characters in passages of up to "
                f"{self.max_passage_characters}; write a positive max_answer_characters below max_passage_characters"
            )

    def around(self, row: FaqRow, group: Sequence[FaqRow]) -> _Context | _Refusal:
        """The passage for one pair, or why there is none."""
        if len(row.answer) > self.max_answer_characters:
            return _Refusal("dropped_long_answer")
        candidates = list(dict.fromkeys(other.answer for other in group if _is_sibling(other, row)))
        if not candidates:
            return _Refusal("dropped_no_sibling")
        random = _stream(self.seed, row)
        shuffled = [candidates[index] for index in random.permutation(len(candidates))]
        siblings = self._fitting(row.answer, shuffled)
        if not siblings:
            return _Refusal("dropped_long_passage")
        place = int(random.integers(len(siblings) + 1))
        before = "".join(sibling + " " for sibling in siblings[:place])
        return _Context(" ".join([*siblings[:place], row.answer, *siblings[place:]]), len(before))

    def _fitting(self, gold: str, shuffled: Iterable[str]) -> list[str]:
        """The first siblings that fit, with one space for each."""
        room = self.max_passage_characters - len(gold)
        chosen: list[str] = []
        for sibling in shuffled:
            if len(chosen) < self.answers - 1 and len(sibling) < room:
                chosen.append(sibling)
                room -= len(sibling) + 1
        return chosen


def _page(row: FaqRow) -> str:
    return row.url.split("#", 1)[0]


def _is_sibling(other: FaqRow, row: FaqRow) -> bool:
    return other.question != row.question and row.answer.casefold() not in other.answer.casefold()


def _stream(seed: int, row: FaqRow) -> np.random.Generator:
    """The random numbers of one pair: they depend on nothing but the seed, its page and its question."""
    digest = hashlib.sha256(f"{seed}\n{row.url}\n{row.question}".encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest, "big"))))


def _example(row: FaqRow, context: _Context, language: str) -> Example:
    text = "\n".join((row.url, row.question, row.answer)).encode("utf-8", "surrogatepass")
    identity = f"faq-{language}-{hashlib.sha256(text).hexdigest()[:16]}"
    return Example(
        id=identity,
        question=row.question,
        context=context.text,
        answers=(row.answer,),
        answer_starts=(context.start,),
        language=language,
        title=row.origin,
        paragraph=identity,
    )
