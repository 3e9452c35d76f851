"""What a user asks to be scored, and the evaluation made of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from xlingual.data.examples import ExampleSet
from xlingual.data.scorable import notes_of
from xlingual.errors import RecordError
from xlingual.evaluation.benchmark_examples import examples_of
from xlingual.evaluation.intervals import intervals
from xlingual.evaluation.prediction_store import PredictionsMissing, PredictionStore, Row, usual_folder
from xlingual.evaluation.result import ENGLISH, Evaluation, means
from xlingual.study.benchmarks import Benchmark
from xlingual.task_metrics import counted
from xlingual.tasks.named import task_of
from xlingual.tasks.question_answering import SENTINELS
from xlingual.tasks.sentence_pairs import ILLEGAL

TOY = "TOY: the {examples} are made up, and no number here says anything about real languages"


@dataclass(frozen=True)
class EvaluationRequest:
    """What a user asks to be scored.

    Attributes:
        benchmark: to score on.
        data: hub id or local directory; None for the benchmark's own.
        languages: comma-separated codes, or `all`.
        limit: number of questions of each language, from the first; None for all.
        paragraphs: number of paragraphs of each language, evenly spread; None for as many as the checkpoint's study
            asks, if it lies in the directory of one.
        keep: where predictions are kept; None for the usual folder.
        source_language: two-letter code of the training data's language; None for that of the checkpoint's study, or
            English.
    """

    benchmark: Benchmark
    data: str | None = None
    languages: str = "all"
    limit: int | None = None
    paragraphs: int | Literal["all"] | None = None
    keep: Path | None = None
    source_language: str | None = None

    @property
    def most_paragraphs(self) -> int | None:
        """How many paragraphs of each language; None for all."""
        return None if self.paragraphs == "all" else self.paragraphs

    @property
    def part(self) -> str:
        """Which part of the benchmark is asked, in words; empty for all of it."""
        words = self.benchmark.metrics.words
        parts = [counted(self.most_paragraphs, words.groups)] if self.most_paragraphs else []
        parts += [f"the first {counted(self.limit, words.examples)}"] if self.limit else []
        return f"{' and of these '.join(parts)} of each language only" if parts else ""

    def folder(self, name: str, fingerprint: str = "") -> Path:
        """Where the predictions of a model are kept; those of a file of others' in one that its answers have alone."""
        part = f"{self.benchmark.name}-{fingerprint[:8]}" if fingerprint else self.benchmark.name
        return self.keep or usual_folder(name, part, self.limit, self.most_paragraphs)

    def examples(self, codes: list[str]) -> dict[str, ExampleSet]:
        """The questions of some languages."""
        return examples_of(self.benchmark, self.data, codes, self.limit, self.most_paragraphs)


def scored(
    model: str,
    asked: EvaluationRequest,
    sets: Mapping[str, ExampleSet],
    rows: Mapping[str, list[Row]],
    kept: PredictionStore,
    identity: Mapping[str, Any],
    notes: list[str],
    made_with: Mapping[str, Any],
    new: Iterable[str],
    counts: Mapping[str, Mapping[str, int]] | None = None,
) -> Evaluation:
    """Score rows, and keep those that are new.

    Args:
        model: as asked, or what the answers are called.
        asked: what is scored.
        sets: the questions by language.
        rows: of all of them.
        kept: the folder.
        identity: see `Evaluation`.
        notes: likewise.
        made_with: likewise.
        new: languages whose rows are not kept yet.
        counts: language -> what else is counted of its questions.

    Raises:
        PredictionsMissing: when the rows cannot be kept; it holds the evaluation.
    """
    task = task_of(asked.benchmark)
    scores = {code: {**task.scores(rows[code]), **(counts or {}).get(code, {})} for code in sets}
    scores = _with_shares(scores, ILLEGAL if asked.benchmark.of_pairs else SENTINELS)
    fingerprints = {code: part.fingerprint for code, part in sets.items()}
    data = asked.data or asked.benchmark.source
    toy = TOY.format(examples=asked.benchmark.metrics.words.examples)
    said = (*([toy] if of_toy_world(data) else []), *notes_of(sets), *notes)
    source_language = asked.source_language or ENGLISH
    over = [mean.languages for mean in means(asked.benchmark, scores, source_language)]
    precision = intervals(asked.benchmark.metrics.names, sets, rows, over)
    evaluation = Evaluation(
        model, asked.benchmark, data, asked.part, scores, identity, fingerprints, said, kept.path, made_with,
        intervals=precision, source_language=source_language,
    )  # fmt: skip
    unwritten = {code: rows[code] for code in new}
    if unwritten:
        try:
            kept.write(evaluation, unwritten)
        except RecordError as error:
            raise PredictionsMissing(str(error), replace(evaluation, is_kept=False)) from None
    return evaluation


def _with_shares(scores: Mapping[str, Mapping[str, float]], name: str) -> dict[str, dict[str, float]]:
    """Write out a share of 0 where only other languages have answers of a kind that is told if there are any."""
    told = any(name in row for row in scores.values())
    return {code: {**row, **({name: row.get(name, 0.0)} if told else {})} for code, row in scores.items()}


def of_toy_world(source: str) -> bool:
    """Whether a directory of questions is one that a toy study wrote."""
    return (Path(source).expanduser().resolve().parent / "world.json").is_file()
