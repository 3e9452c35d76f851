"""What the examples of a task, and what they are grouped by, are called in tables and notes."""

from __future__ import annotations

from dataclasses import dataclass

from xlingual.task_metrics import SQUAD, TaskMetrics


@dataclass(frozen=True, slots=True)
class Words:
    """Nouns in the plural, as keys of JSON have them too.

    Attributes:
        examples: what is scored.
        groups: examples that share a text.
        clusters: what groups are part of, where the records name it; else the same as `groups`.
    """

    examples: str
    groups: str
    clusters: str

    def kept_together(self, *, named: bool) -> str:
        """What statistics never split: clusters if all are named, else groups."""
        return self.clusters if named else self.groups


QUESTIONS = Words("questions", "paragraphs", "articles")
PAIRS = Words("pairs", "groups", "groups")
"""Of sentence pairs; pairs that share a sentence, directly or over others, are a group."""


def words_of(metrics: TaskMetrics) -> Words:
    """The words of a task."""
    return QUESTIONS if metrics.task == SQUAD.task else PAIRS


def counted(number: int, plural: str) -> str:
    """A number and its noun: "1 question", "2 questions"."""
    return f"{number} {plural.removesuffix('s') if number == 1 else plural}"
