"""The interface of a task, independent of the models that perform it.

A task defines its examples, the rows of their answers and its metrics (`xlingual.task_metrics`); a family
(`xlingual.families`) defines which head performs a task and how such a model is trained and asked. A new task is one
file beside `question_answering`, and one entry in the `tasks` of a family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

from xlingual.task_metrics import TaskMetrics


class SpanLocation(NamedTuple):
    """Where a span is.

    Attributes:
        start: its first character in the context.
        window: number of the window that it was found in, from 1.
        windows: number of windows of the context.
    """

    start: int
    window: int
    windows: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible answer to one example.

    Attributes:
        score: log-probability up to a constant.
        text: the answer.
        marks: properties noticed while it was generated, such as `sentinels` left out of its text.
        location: where a span was found; None for an answer that is no span.
    """

    score: float
    text: str
    marks: tuple[str, ...] = ()
    location: SpanLocation | None = None


Candidates: TypeAlias = dict[int, list[Candidate]]
"""From the index of an example to its candidates, best first."""


Extras: TypeAlias = Callable[[Any, str], Mapping[str, Any]]
"""From an example and an answer's text to further columns of its row."""


class Task(Protocol):
    """A task."""

    @property
    def name(self) -> str:
        """The name by which families list the tasks they support."""
        ...

    @property
    def metrics(self) -> TaskMetrics:
        """What `rows` and `scores` hold, in percent."""
        ...

    def rows(
        self, examples: Sequence[Any], found: Mapping[int, Sequence[Candidate]], extras: Extras | None = None
    ) -> list[dict[str, Any]]:
        """Score the answer to every example and return a row for each, in order, with every metric in percent.

        Args:
            examples: of the task.
            found: candidates by the example's index, best first.
            extras: adds columns to a row.
        """
        ...

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """Mean of each metric over rows, and their number as `questions`."""
        ...


def merge(parts: Iterable[Mapping[int, Sequence[Candidate]]], n_best: int = 5) -> Candidates:
    """Join the candidates of several windows or workers: the best of each example, equal texts once."""
    joined: dict[int, list[Candidate]] = {}
    for part in parts:
        for index, candidates in part.items():
            joined.setdefault(index, []).extend(candidates)
    return {index: _distinct(candidates)[:n_best] for index, candidates in sorted(joined.items())}


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: (-one.score, one.text, one.location or ())):
        best.setdefault(candidate.text, candidate)
    return list(best.values())
