"""Questions of one language with the answers of one or two replicates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.data.examples import Example, SentencePair
from xlingual.inspection.request import Only
from xlingual.task_metrics import TaskMetrics

Row = Mapping[str, Any]

RIGHT = 100.0
"""Score of an answer that is fully right."""


@dataclass(frozen=True)
class Answer:
    """One replicate's answer to one question, as recorded.

    Attributes:
        arm: that answered.
        row: the record.
        metrics: of the task.
    """

    arm: str
    row: Row
    metrics: TaskMetrics

    @property
    def text(self) -> str:
        """The answer: a text, or a label."""
        return str(self.row.get("prediction", ""))

    @property
    def start(self) -> int | None:
        """First character of the span in its context, where the record says it."""
        start = self.row.get("start")
        return start if isinstance(start, int) else None

    @property
    def scores(self) -> dict[str, float]:
        """Every metric that the record holds, in percent."""
        names = (*self.metrics.names, *self.metrics.partial_names)
        return {name: float(self.row[name]) for name in names if name in self.row}

    @property
    def is_right(self) -> bool:
        """Whether its score by the headline metric is full."""
        return self.scores[self.metrics.headline.name] >= RIGHT

    @property
    def model_score(self) -> float | None:
        """What the model gave the answer: a log-probability up to a constant; None if unknown."""
        best = self.row.get("n_best") or [{}]
        score = best[0].get("score")
        return None if score is None else float(score)

    @property
    def marks(self) -> tuple[str, ...]:
        """What is recorded of a written answer: `illegal` and why, `sentinels`."""
        return tuple(name for name in (*self.metrics.share_names, "sentinels", "missing") if self.row.get(name) is True)

    def as_json(self) -> dict[str, Any]:
        """Plain values; the record's other answers are in `n_best`."""
        return {
            "text": self.text,
            "start": self.start,
            "window": self.row.get("window"),
            "windows": self.row.get("windows"),
            "scores": self.scores,
            "right": self.is_right,
            "model_score": self.model_score,
            "marks": list(self.marks),
            "n_best": list(self.row.get("n_best", ())),
        }


@dataclass(frozen=True)
class Question:
    """One question, or pair of sentences, with its answers.

    Attributes:
        id: of the question.
        number: its place in the test set, from 1.
        answers: of the arm, and of the arm beside it.
        example: its texts; None where they cannot be had.
    """

    id: str
    number: int
    answers: tuple[Answer, ...]
    example: Example | SentencePair | None = None

    @property
    def row(self) -> Row:
        """The record of the first answer."""
        return self.answers[0].row

    @property
    def label(self) -> str | None:
        """The true label of a pair; None of a question."""
        label = self.row.get("label")
        return None if label is None else str(label)

    @property
    def golds(self) -> tuple[tuple[str, int | None], ...]:
        """Gold answers and where they are in the context (None: not in it); a pair's label; none if unknown."""
        if isinstance(self.example, Example):
            stated = zip(self.example.answers, self.example.answer_starts, strict=True)
            return tuple((text, start if start >= 0 else None) for text, start in stated)
        return ((self.label, None),) if self.label is not None else ()

    def as_json(self) -> dict[str, Any]:
        """Plain values; texts that cannot be had are null."""
        example, texts = self.example, dict[str, str | None]()
        if isinstance(example, SentencePair) or self.label is not None:
            first, second = (example.first, example.second) if isinstance(example, SentencePair) else (None, None)
            texts = {"first": first, "second": second}
        else:
            question, passage = (example.question, example.context) if isinstance(example, Example) else (None, None)
            texts = {"question": question, "passage": passage}
        return {
            "id": self.id,
            "number": self.number,
            "paragraph": self.row.get("paragraph"),
            "article": self.row.get("article"),
            **texts,
            "gold": [{"text": text, "start": start} for text, start in self.golds],
            "answers": {one.arm: one.as_json() for one in self.answers},
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """Numbers of questions by whose answer is fully right.

    Attributes:
        both: those of both arms.
        first: that of the arm alone.
        second: that of the arm beside it alone.
        neither: none.
    """

    both: int
    first: int
    second: int
    neither: int

    @classmethod
    def of(cls, right: Iterable[Sequence[bool]]) -> Counts:
        """Count questions from whether each arm's answer is right; of a single arm, `both` stays 0."""
        cells = [(each[0], len(each) > 1 and each[1]) for each in right]
        return cls(*(cells.count(cell) for cell in ((True, True), (True, False), (False, True), (False, False))))

    @property
    def questions(self) -> int:
        """All of them."""
        return self.both + self.first + self.second + self.neither


def selected(questions: Sequence[Question], only: Only | None) -> list[Question]:
    """The questions that are asked for, in an order that is the same everywhere and favours none.

    They are ordered by the hash of their ids, so that the first few are a fair sample, of the same questions in every
    language of a parallel set.
    """
    kept = [one for one in questions if _is_kept(one, only)]
    return sorted(kept, key=lambda one: hashlib.sha256(one.id.encode("utf-8", "surrogatepass")).digest())


def _is_kept(question: Question, only: Only | None) -> bool:
    first, *others = question.answers
    headline = first.metrics.headline.name
    if only == "wrong":
        return not first.is_right
    return only is None or any(first.scores[headline] != other.scores[headline] for other in others)
