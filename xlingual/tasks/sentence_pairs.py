"""Classification of sentence pairs: each pair has one label of a fixed set, and the metric is accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlingual.data.examples import SentencePair
from xlingual.errors import DataError
from xlingual.task_metrics import TaskMetrics
from xlingual.tasks.task import Candidate, Extras

ACCURACY = "accuracy"
ILLEGAL = "illegal"
"""Mark of an answer that is no label: a text-to-text model may write anything."""


@dataclass(frozen=True, kw_only=True)
class SentencePairTask:
    """A task whose example is a pair of sentences, and whose answer is one of its labels.

    Attributes:
        metrics: see `xlingual.task_metrics.accuracy_metrics`.
        words: from each label, in the order of class ids, to the word that a text-to-text model writes for it.
        template: its input, with the sentences as `{first}` and `{second}`.
    """

    metrics: TaskMetrics
    words: Mapping[str, str]
    template: str

    @property
    def name(self) -> str:
        """The name by which families list the tasks they support."""
        return self.metrics.task

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of class ids."""
        return tuple(self.words)

    def prompt(self, pair: SentencePair) -> str:
        """The input of a text-to-text model."""
        return self.template.format(first=pair.first, second=pair.second)

    def label_of(self, text: str) -> str | None:
        """The label of an answer, which is a label or its word; None for any other text. Case is ignored."""
        written = text.strip().lower()
        named = {name.lower(): label for label, word in self.words.items() for name in (label, word)}
        return named.get(written)

    def rows(
        self, examples: Sequence[SentencePair], found: Mapping[int, Sequence[Candidate]], extras: Extras | None = None
    ) -> list[dict[str, Any]]:
        """Score every pair: id, paragraph, predicted and true label, accuracy of 0 or 100, and the n best answers.

        The prediction is the label of the best answer. An answer that is no label is recorded as it is,
        counts as wrong and is marked `illegal`; so is a pair without an answer, whose prediction is empty. `extras`
        adds columns; the marks of a prediction are recorded too.
        """
        rows = []
        for index, example in enumerate(examples):
            candidates = found.get(index, ())
            text = candidates[0].text if candidates else ""
            label = self.label_of(text)
            rows.append(
                {
                    "id": example.id,
                    "paragraph": example.paragraph,
                    **({"article": example.title} if example.title else {}),
                    "prediction": text if label is None else label,
                    "label": example.label,
                    ACCURACY: 100.0 * (label == example.label),
                    "n_best": [{"text": one.text, "score": round(one.score, 4)} for one in candidates],
                    **(extras(example, text) if extras else {}),
                    **({ILLEGAL: True} if label is None else {}),
                    **{mark: True for one in candidates[:1] for mark in one.marks},
                }
            )
        return rows

    def scores(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        """Accuracy in percent of the pairs, their number as `questions`, and the share of illegal answers if any is.

        Raises:
            DataError: when there are no rows.
        """
        if not rows:
            raise DataError("there is no pair to score; name data with at least one pair in every language")
        shares = {ILLEGAL: [row.get(ILLEGAL, False) for row in rows]} if any(ILLEGAL in row for row in rows) else {}
        return {
            ACCURACY: float(np.mean([row[ACCURACY] for row in rows])),
            "questions": len(rows),
            **{name: 100.0 * float(np.mean(marks)) for name, marks in shares.items()},
        }
