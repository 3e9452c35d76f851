"""What a task is, apart from the models that do it.

A task knows its examples, its benchmarks and its metrics; a family (`xlingual.families`) knows which head does a task
and how a model of that kind is trained and asked. Sentence-pair tasks (PAWS-X, XNLI) join as one file each beside
`question_answering`, and as one entry of a family's `tasks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeAlias

from xlingual.task_metrics import TaskMetrics


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A possible answer to one example: its score (a log-probability but for a constant) and its text.

    Attributes:
        score: see above.
        text: likewise.
        marks: names of what was noticed while it was made, such as `sentinels` that were left out of its text.
    """

    score: float
    text: str
    marks: tuple[str, ...] = ()


Candidates: TypeAlias = dict[int, list[Candidate]]
"""From the index of an example to its candidates, best first."""


Extras: TypeAlias = Callable[[Any, str], Mapping[str, Any]]
"""From an example and an answer's text to what else is recorded of it."""


class Task(Protocol):
    """A task.

    Attributes:
        name: as families name what they can do.
        metrics: what `rows` and `scores` hold, in percent.
    """

    name: ClassVar[str]
    metrics: ClassVar[TaskMetrics]

    def rows(
        self, examples: Sequence[Any], found: Mapping[int, Sequence[Candidate]], extras: Extras | None = None
    ) -> list[dict[str, Any]]:
        """Score every example, in order: what is recorded of its answer, with each metric in percent.

        Args:
            examples: of the task.
            found: candidates by the example's index, best first.
            extras: says of an example and its answer's text what else is recorded.
        """
        ...

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """Mean of each metric over rows, and how many there are."""
        ...


def merge(parts: Iterable[Mapping[int, Sequence[Candidate]]], n_best: int = 5) -> Candidates:
    """Join what several windows or workers found: the best candidates of each example, equal texts once."""
    joined: dict[int, list[Candidate]] = {}
    for part in parts:
        for index, candidates in part.items():
            joined.setdefault(index, []).extend(candidates)
    return {index: _distinct(candidates)[:n_best] for index, candidates in sorted(joined.items())}


def _distinct(candidates: Sequence[Candidate]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for candidate in sorted(candidates, key=lambda one: (-one.score, one.text)):
        best.setdefault(candidate.text, candidate)
    return list(best.values())
