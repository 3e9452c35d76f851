"""Answers made by others, scored as a checkpoint's are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xlingual.data.examples import Example, SentencePair
from xlingual.errors import DataError
from xlingual.evaluation.benchmark_examples import notes_on
from xlingual.evaluation.evaluation_request import EvaluationRequest, scored
from xlingual.evaluation.prediction_files import first_few, read_predictions
from xlingual.evaluation.prediction_store import PredictionStore, Row
from xlingual.evaluation.result import Evaluation, versions
from xlingual.families.text_to_text.illegal_answers import classify_illegal
from xlingual.study.benchmarks import Benchmark
from xlingual.task_metrics import Words, counted
from xlingual.tasks import Candidate
from xlingual.tasks.named import task_of


def evaluate_predictions(label: str | None, path: Path, asked: EvaluationRequest) -> Evaluation:
    """Score answers that others made, and keep them in the layout of a checkpoint's.

    A question without an answer scores 0, as in SQuAD's official script, and is counted in `missing`; answers to
    questions that are not there are counted in `unknown`.

    Args:
        label: what they are called; None for the file's name.
        path: see `read_predictions`.
        asked: what is scored.

    Raises:
        XlingualError: when the answers, the data or the folder cannot be used; PredictionsMissing, which holds the
            scores, when only writing failed.
    """
    predictions = read_predictions(path, asked.benchmark, asked.languages)
    identity = {"fingerprint": predictions.fingerprint, "predictions": True}
    kept = PredictionStore(asked.folder(label or str(path), predictions.fingerprint), asked.benchmark.name, identity)
    sets = asked.examples(list(predictions.answers))
    rows, counts, notes = {}, {}, notes_on(asked.benchmark, sets, "")
    for code, part in sets.items():
        given = predictions.answers[code]
        words = asked.benchmark.metrics.words
        counts[code], said = _matched(f"--predictions {path}", code, part.examples, given, bool(asked.part), words)
        rows[code] = _given_rows(asked.benchmark, part.examples, given)
        notes += said
    made_with = {"predictions_from": str(path), "versions": versions()}
    return scored(label or path.stem, asked, sets, rows, kept, identity, notes, made_with, sets, counts)


def _matched(
    source: str,
    code: str,
    examples: Sequence[Example | SentencePair],
    given: Mapping[str, str],
    cut: bool,
    words: Words,
) -> tuple[dict[str, int], list[str]]:
    """Count questions without an answer and (where all are asked) answers without a question; say so in words."""
    ids = [example.id for example in examples]
    absent = [key for key in ids if key not in given]
    unknown = [key for key in given if key not in set(ids)] if not cut else []
    if len(absent) == len(ids):
        raise DataError(
            f"{source}: none of its {len(given)} ids is that of one of the {words.examples} in {code}; found "
            f"{first_few(list(given)) or 'nothing'}, looked for {first_few(ids)}"
        )
    notes = []
    if absent:
        verbs = "has no answer and scores 0" if len(absent) == 1 else "have no answer and score 0"
        notes.append(f"{code}: {len(absent)} of {counted(len(ids), words.examples)} {verbs}: {first_few(absent)}")
    if unknown:
        one = len(unknown) == 1
        belong, are = ("belongs", "is") if one else ("belong", "are")
        what = f"{counted(len(unknown), 'answers')} {belong} to none of the {words.examples} and {are} ignored"
        notes.append(f"{code}: {what}: {first_few(unknown)}")
    return {"missing": len(absent), **({} if cut else {"unknown": len(unknown)})}, notes


def _illegal(example: Example | SentencePair, text: str) -> Mapping[str, Any]:
    """Marks of an answer that is not in its context; whether a label is one, the task says."""
    return classify_illegal(example.context, text) if isinstance(example, Example) else {}


def _given_rows(
    benchmark: Benchmark, examples: Sequence[Example | SentencePair], given: Mapping[str, str]
) -> list[Row]:
    """Rows of answers without scores of their own; a question that has none scores 0."""
    found = {i: [Candidate(0.0, given[e.id])] for i, e in enumerate(examples) if e.id in given}
    rows = task_of(benchmark).rows(examples, found, _illegal)
    for row in rows:
        del row["n_best"]
        if row["id"] not in given:
            row |= {"missing": True, **{metric: 0.0 for metric in benchmark.metrics.names}}
    return rows
