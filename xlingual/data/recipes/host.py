"""Form the passages of one host: first from each page, then from the answers left over."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xlingual.data.recipes.prepared_answers import Answer
from xlingual.data.recipes.siblings import Group, Grouping

TRIES = 40
"""Maximum number of fillers to try for a passage, for answers with a span and again for those without."""


@dataclass(frozen=True, slots=True)
class Passage:
    """The answers of a passage in order, and those whose question is asked."""

    members: tuple[Answer, ...]
    asked: tuple[Answer, ...]
    from_site: bool


class Host:
    """Forms passages from the answers of one host, given sorted so that the order of rows does not matter."""

    def __init__(self, answers: Sequence[Answer], grouping: Grouping, seed: int) -> None:
        self.answers, self.grouping, self.seed = answers, grouping, seed
        self.left: dict[Answer, str] = {}
        """Answers with a span that are in no passage, and why; complete once all passages were consumed."""

    def passages(self) -> Iterator[Passage]:
        """Every passage.

        If the host is unknown, siblings come from the same page only; if the page is unknown too, there are none.
        """
        pages: defaultdict[str, list[Answer]] = defaultdict(list)
        for answer in self.answers:
            pages[page_of(answer)].append(answer)
        unpaged = pages.pop("", [])
        origin = self.answers[0].row.origin if self.answers else ""
        self.left = dict.fromkeys(_with_span(unpaged), "dropped_no_sibling")
        for page, answers in pages.items():
            yield from self._together(_with_span(answers), answers, ("page", origin, page))
        if origin and self.left:
            left = list(self.left)
            self.left = {}
            yield from self._together(left, self.answers, ("site", origin))

    def _together(self, gold: list[Answer], around: Sequence[Answer], path: tuple[str, ...]) -> Iterator[Passage]:
        """Passages from groups of `gold`; each answer left over gets a passage with fillers from `around`."""
        random = stream(self.seed, *path)
        from_site = path[0] == "site"
        groups, left = self.grouping(gold, random)
        spanless = [answer for answer in around if isinstance(answer.span, str)]
        kinds = (_with_span(around), spanless)
        for group in groups:
            yield Passage(_shuffled(group, random), tuple(group.members), from_site)
        for answer in left:
            group = self.grouping.around(answer, _fillers(answer, kinds, random))
            if self.grouping.makes_a_passage(group):
                yield Passage(_shuffled(group, random), (answer,), from_site)
            else:
                self.left[answer] = "dropped_no_sibling" if len(group.members) < 2 else "dropped_short_passage"


def page_of(answer: Answer) -> str:
    """The URL without its fragment."""
    return answer.row.url.split("#", 1)[0]


def _with_span(answers: Sequence[Answer]) -> list[Answer]:
    return [answer for answer in answers if not isinstance(answer.span, str)]


def _fillers(answer: Answer, kinds: Sequence[list[Answer]], random: np.random.Generator) -> Iterator[Answer]:
    """A sample of the other answers in random order, the first kind first."""
    for kind in kinds:
        if kind:
            drawn = random.choice(len(kind), min(TRIES, len(kind)), replace=False)
            yield from (kind[index] for index in drawn if kind[index] is not answer)


def _shuffled(group: Group, random: np.random.Generator) -> tuple[Answer, ...]:
    return tuple(group.members[index] for index in random.permutation(len(group.members)))


def stream(seed: int, *path: str) -> np.random.Generator:
    """A random generator that depends only on the seed and a path of names."""
    digest = hashlib.sha256("\n".join((str(seed), *path)).encode("utf-8", "surrogatepass")).digest()
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(int.from_bytes(digest, "big"))))
