"""The metrics of a task: what records, tables and objectives call them.

Every layer may read these names. The scores themselves are computed in `xlingual.tasks`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Metric:
    """A score of one answer, whose mean over the questions is the score of a language.

    Scores are percentages from 0 to 100, and higher is better. A mean over languages weighs each language the same.

    Attributes:
        name: key in rows, records and JSON, and column in CSV.
        title: in tables and sentences.
        short: in narrow column headers, and in lower case the column of published scores.
    """

    name: str
    title: str
    short: str = ""


def counted(number: int, plural: str) -> str:
    """Write a number and its noun: "1 question", "2 searches"."""
    singular = plural.removesuffix("es" if plural.endswith("ches") else "s")
    return f"{number} {singular if number == 1 else plural}"


@dataclass(frozen=True, slots=True)
class Words:
    """What the examples of a task, and what they are grouped by, are called: nouns in the plural, and keys of JSON.

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


@dataclass(frozen=True)
class TaskMetrics:
    """The metrics of a task.

    Attributes:
        task: name of the task.
        scorer: identifies the scorer in the signature of a table.
        source: who defines the metrics, as the end of a sentence.
        metrics: those of every row, in the order of columns; the last is the headline.
        partial: metrics of the rows of some languages only.
        shares: marks of some models' rows, true or false, whose share of the questions is shown in percent.
    """

    task: str
    scorer: str
    source: str
    metrics: tuple[Metric, ...]
    partial: tuple[Metric, ...] = ()
    shares: tuple[Metric, ...] = ()

    @property
    def words(self) -> Words:
        """What the examples are called."""
        return QUESTIONS if self.task == "question_answering" else PAIRS

    @property
    def labels(self) -> bool:
        """Whether an answer is one of a few labels."""
        return self.words is PAIRS

    @property
    def headline(self) -> Metric:
        """The metric that a search maximises by default, and that verdicts rest on."""
        return self.metrics[-1]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the metrics of every row, in the order of columns."""
        return tuple(metric.name for metric in self.metrics)

    @property
    def ranked(self) -> tuple[str, ...]:
        """Names of the metrics of every row, the headline first."""
        return self.names[::-1]

    @property
    def partial_names(self) -> tuple[str, ...]:
        """Names of the metrics of some languages."""
        return tuple(metric.name for metric in self.partial)

    @property
    def share_names(self) -> tuple[str, ...]:
        """Names of the shares."""
        return tuple(share.name for share in self.shares)

    def __getitem__(self, name: str) -> Metric:
        """The metric or share of that name.

        Raises:
            KeyError: when the task has none.
        """
        return {one.name: one for one in (*self.metrics, *self.partial, *self.shares)}[name]

    @property
    def described(self) -> str:
        """The metrics in words: "exact match and F1 as SQuAD v1.1's official script computes them"."""
        *before, last = [metric.title for metric in self.metrics]
        return f"{', '.join(before)}{' and ' if before else ''}{last} {self.source}"


SQUAD = TaskMetrics(
    task="question_answering",
    scorer="squad1.1",
    source="as SQuAD v1.1's official script computes them",
    metrics=(Metric("exact_match", "exact match", "EM"), Metric("f1", "F1", "F1")),
    partial=(Metric("character_f1", "character F1"),),
    shares=(
        Metric("illegal", "illegal"),
        Metric("normalised", "illegal: normalised"),
        Metric("accidental_translation", "illegal: accidental translation"),
    ),
)
"""Question answering. Languages written without spaces have character F1 besides; models that write have shares."""

EMPTY_GOLD = "empty_gold"
"""Mark of a question whose gold answers all are normalised to nothing by SQuAD's rule, so that its F1 is always 0."""

MLQA = replace(
    SQUAD,
    scorer="squad1.1+mlqa1",
    source="as the official scripts of SQuAD v1.1 and MLQA compute them",
    metrics=(
        Metric("exact_match", "SQuAD exact match", "EM"),
        Metric("f1", "SQuAD F1", "F1"),
        Metric("mlqa_exact_match", "MLQA exact match", "MLQA EM"),
        Metric("mlqa_f1", "MLQA F1", "MLQA F1"),
    ),
)
"""Question answering as MLQA scores it, with SQuAD's metrics beside; published scores on MLQA are MLQA's."""


def accuracy_metrics(task: str) -> TaskMetrics:
    """The metrics of a task that labels pairs of sentences: accuracy; models that write have a share besides.

    Args:
        task: its name.
    """
    return TaskMetrics(
        task=task,
        scorer="accuracy",
        source="of the labels, in percent of the pairs",
        metrics=(Metric("accuracy", "accuracy", "Acc"),),
        shares=(Metric("illegal", "illegal"),),
    )
