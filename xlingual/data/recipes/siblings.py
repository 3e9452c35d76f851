"""Group answers into passages: similar in length, and none an answer to another's question."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from xlingual.data.recipes.prepared_answers import Answer

OPEN = 4
"""Number of most recent groups in which an answer is tried before a new group is opened."""


class Group:
    """The answers of one passage: at most `answers`, and at most `longest` characters including separators.

    `length` is the total length of the members, without separators.
    """

    def __init__(self, answers: int, longest: int, similarity: float) -> None:
        self.members: list[Answer] = []
        self.length = 0
        self._answers, self._longest, self._similarity = answers, longest, similarity

    def take(self, answer: Answer) -> bool:
        """Add an answer if it fits and can be told from every member; return whether it was added."""
        length = self.length + len(answer.text)
        if len(self.members) >= self._answers or length + len(self.members) > self._longest:
            return False
        if any(alike(answer, member, self._similarity) for member in self.members):
            return False
        self.members.append(answer)
        self.length = length
        return True


def alike(one: Answer, other: Answer, similarity: float) -> bool:
    """Whether two answers are too similar for one passage.

    They are if they answer the same question, if one contains the other or the other's span, or if their word sets have
    a Jaccard similarity above `similarity`.
    """
    if one.asked == other.asked or one.folded in other.folded or other.folded in one.folded:
        return True
    if (one.wanted and one.wanted in other.folded) or (other.wanted and other.wanted in one.folded):
        return True
    shared = len(one.vocabulary & other.vocabulary)
    return shared > similarity * (len(one.vocabulary) + len(other.vocabulary) - shared)


class Grouping:
    """Groups the answers of a page or site by the recipe's settings; lengths are in characters."""

    def __init__(self, answers: int, shortest: int, longest: int, similarity: float) -> None:
        self.answers, self.shortest, self.longest, self.similarity = answers, shortest, longest, similarity

    def __call__(self, answers: Sequence[Answer], random: np.random.Generator) -> tuple[list[Group], list[Answer]]:
        """Groups that make a passage, and the answers left over.

        Answers are sorted by length times a random factor between 0.7 and 1.4, and rotated by a random offset, so that
        neighbours have similar lengths while those left over have any length. Each goes to the first of the last OPEN
        groups with room for it. Groups are filled evenly: seven answers with at most six per group make four and three.
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
        """A group of one answer and as few `fillers` as make a passage, skipping those too similar."""
        group = self._alone(answer)
        for filler in fillers:
            if self.makes_a_passage(group):
                break
            group.take(filler)
        return group

    def makes_a_passage(self, group: Group) -> bool:
        """Whether a group has at least two answers and is long enough."""
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
