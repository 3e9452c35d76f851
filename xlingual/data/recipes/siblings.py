"""Which answers stand in one passage: of similar length, and none of them an answer to another's question."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from xlingual.data.recipes.prepared_answers import Answer

OPEN = 4
"""Groups that an answer is tried in before it opens one of its own."""


class Group:
    """Answers of one passage: `answers` at most, of `longest` characters at most with one more for each joint.

    `length` is that of the members alone.
    """

    def __init__(self, answers: int, longest: int, similarity: float) -> None:
        self.members: list[Answer] = []
        self.length = 0
        self._answers, self._longest, self._similarity = answers, longest, similarity

    def take(self, answer: Answer) -> bool:
        """Take an answer in when it fits and can be told from every member."""
        length = self.length + len(answer.text)
        if len(self.members) >= self._answers or length + len(self.members) > self._longest:
            return False
        if any(alike(answer, member, self._similarity) for member in self.members):
            return False
        self.members.append(answer)
        self.length = length
        return True


def alike(one: Answer, other: Answer, similarity: float) -> bool:
    """Whether two answers cannot stand in one passage.

    They cannot when they answer the same question, when one holds the other or the words that the other's question asks
    for, and when their word sets have a Jaccard similarity above `similarity`.
    """
    if one.asked == other.asked or one.folded in other.folded or other.folded in one.folded:
        return True
    if (one.wanted and one.wanted in other.folded) or (other.wanted and other.wanted in one.folded):
        return True
    shared = len(one.vocabulary & other.vocabulary)
    return shared > similarity * (len(one.vocabulary) + len(other.vocabulary) - shared)


class Grouping:
    """How the answers of a page or of a site are grouped under the recipe's settings, lengths in characters."""

    def __init__(self, answers: int, shortest: int, longest: int, similarity: float) -> None:
        self.answers, self.shortest, self.longest, self.similarity = answers, shortest, longest, similarity

    def __call__(self, answers: Sequence[Answer], random: np.random.Generator) -> tuple[list[Group], list[Answer]]:
        """Groups that make a passage, and the answers left over.

        The answers go by length, each length first changed by a random factor between 0.7 and 1.4, in a circle that
        begins anywhere: so neighbours are of similar length, and those left over are of any length. Each goes to the
        first of the last OPEN groups that has room. Groups are filled evenly: seven answers in groups of at most six
        make four and three.
        """
        even = math.ceil(len(answers) / max(1, math.ceil(len(answers) / self.answers)))
        groups: list[Group] = []
        for answer in _circle(answers, random):
            open_groups = (group for group in groups[-OPEN:] if not self._is_full(group, even))
            if not any(group.take(answer) for group in open_groups):
                groups.append(self._alone(answer))
        made = [group for group in groups if self.makes_a_passage(group)]
        left = [answer for group in groups if not self.makes_a_passage(group) for answer in group.members]
        return made, left

    def around(self, answer: Answer, fillers: Iterable[Answer]) -> Group:
        """A group of one answer and the first of `fillers` that it can be told from, as few as make a passage."""
        group = self._alone(answer)
        for filler in fillers:
            if self.makes_a_passage(group):
                break
            group.take(filler)
        return group

    def makes_a_passage(self, group: Group) -> bool:
        """Whether a group has two answers and is long enough."""
        return len(group.members) > 1 and group.length >= self.shortest

    def _alone(self, answer: Answer) -> Group:
        group = Group(self.answers, self.longest, self.similarity)
        group.take(answer)
        return group

    def _is_full(self, group: Group, even: int) -> bool:
        return len(group.members) >= even and group.length >= self.shortest


def _circle(answers: Sequence[Answer], random: np.random.Generator) -> list[Answer]:
    lengths = np.array([len(answer.text) for answer in answers]) * 2.0 ** random.uniform(-0.5, 0.5, len(answers))
    order = np.argsort(lengths, kind="stable")
    return [answers[index] for index in np.roll(order, int(random.integers(max(1, len(answers)))))]
