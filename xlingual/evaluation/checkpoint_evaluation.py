"""Scoring any checkpoint on a benchmark."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any, TypeAlias

import torch

from xlingual.activity import doing
from xlingual.data.examples import Example, ExampleSet, SentencePair
from xlingual.errors import DataError
from xlingual.evaluation.answer_journal import AnswerJournal
from xlingual.evaluation.answerer import Answerer
from xlingual.evaluation.answering import LocalWorker, Progress, WorkerPool, answer_all
from xlingual.evaluation.benchmark_examples import codes_of, notes_on
from xlingual.evaluation.evaluation_request import EvaluationRequest, scored
from xlingual.evaluation.input_lengths import checkpoint_lengths
from xlingual.evaluation.prediction_store import PredictionStore, Row
from xlingual.evaluation.recorded import TOY, Recorded, compared, recorded_of
from xlingual.evaluation.result import Evaluation, versions
from xlingual.evaluation.sentinels import sentinel_notes
from xlingual.families import Checkpoint, Lengths, ScoringSet
from xlingual.models.fit import unknown_notes
from xlingual.tasks import Candidates
from xlingual.tasks.named import task_of

CrewOf: TypeAlias = Callable[[Checkpoint, Lengths], AbstractContextManager[WorkerPool]]
"""From a checkpoint and the lengths of its inputs to those who answer with it."""


@contextmanager
def alone(checkpoint: Checkpoint, lengths: Lengths) -> Iterator[WorkerPool]:
    """Let this process answer, on its GPU where it has one."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    yield LocalWorker(Answerer.load(checkpoint, lengths, device))


def evaluate_checkpoint(
    model: str, asked: EvaluationRequest, progress: Progress = lambda done, total: None, crew: CrewOf = alone
) -> Evaluation:
    """Score a checkpoint of any family in float32, and keep its predictions.

    Languages with kept predictions are not asked again, and an interrupted command resumes from its journal.

    Args:
        model: hub id or local directory.
        asked: what is scored.
        progress: hears of questions that are answered.
        crew: who answers.

    Raises:
        XlingualError: when data, model or folder cannot be used; PredictionsMissing, which holds the scores, when
            only writing the predictions failed.
    """
    task = task_of(asked.benchmark)
    is_all = asked.languages.strip() == "all"
    codes = [] if is_all else codes_of(asked.benchmark, asked.languages)  # a mistake is told before the model is loaded
    checkpoint = Checkpoint.resolve(model, task)
    directory, family = checkpoint.directory, checkpoint.family
    lengths = checkpoint_lengths(directory, family)
    family.check(directory, lengths)
    study = recorded_of(directory)
    asked = _found(asked, study)
    codes = codes or codes_of(asked.benchmark, asked.languages, asked.data)
    notes = family.notes(directory, checkpoint.tokenizer)
    if study is not None and asked.source_language is None:
        asked = replace(asked, source_language=study.source_language)
    recorded_set = study.test_set(asked.benchmark) if study is not None else None
    if study is not None and recorded_set is not None and recorded_set.paragraphs and asked.paragraphs is None:
        asked = replace(asked, paragraphs=recorded_set.paragraphs)
        groups = asked.benchmark.metrics.words.groups
        notes.append(
            f"{recorded_set.paragraphs} {groups}, as study {study.study} asks them; all of them: --paragraphs all"
        )
    identity = {"fingerprint": checkpoint.fingerprint, "lengths": lengths.tree}
    kept = PredictionStore(asked.folder(model), asked.benchmark.name, identity)
    sets = asked.examples(codes)
    notes += notes_on(asked.benchmark, sets, asked.languages)
    notes += unknown_notes(
        checkpoint.tokenizer, {code: [_text(e) for e in part.examples] for code, part in sets.items()}
    )
    with doing("looking for predictions that are kept"):
        rows = _kept_rows(kept, sets)
    before = list(rows)
    notes += [f"answered before and taken from {kept.path}: {', '.join(before)}"] if before else []
    made_with: dict[str, Any] = {"family": family.name, "precision": "fp32", "versions": versions()}
    new = {code: part for code, part in sets.items() if code not in rows}
    with ExitStack() as stack:
        if new:
            deciding = {
                "benchmark": asked.benchmark.name,
                **identity,
                "versions": versions(),
                "questions": {code: part.fingerprint for code, part in sets.items()},
            }
            answered = stack.enter_context(AnswerJournal.beside(kept.path, deciding, list(new)))
            asking = {code: sets[code].examples for code in answered.languages}
            with crew(checkpoint, lengths) as workers:
                found, how = _answers(workers, checkpoint, lengths, asking, progress, answered)
            made_with |= how
            notes += answered.notes
            with doing("scoring answers"):
                rows |= {code: task.rows(part.examples, found[code], family.row_extras)
                         for code, part in new.items()}  # fmt: skip
        notes += sentinel_notes({code: task.scores(part) for code, part in rows.items()})
        if study is not None:
            scores = {code: task.scores(part) for code, part in rows.items()}
            recorded = study.scores(asked.benchmark, {c: [e.id for e in part.examples] for c, part in sets.items()})
            made_with["recorded"] = {"study": study.study, "languages": recorded}
            notes += compared(study.study, recorded, scores, asked.benchmark.metrics.headline)
        return scored(model, asked, sets, rows, kept, identity, notes, made_with, new)


def _answers(
    crew: WorkerPool,
    checkpoint: Checkpoint,
    lengths: Lengths,
    asking: Mapping[str, Sequence[Example]],
    progress: Progress,
    answered: AnswerJournal,
) -> tuple[dict[str, Candidates], dict[str, Any]]:
    """Answers by language, and with how many workers and which batches they were found."""
    family = checkpoint.family
    questions = {
        code: ScoringSet(tuple(part), family.inputs(checkpoint.tokenizer, part, lengths, targets=False))
        for code, part in asking.items()
    }
    bounds: list[int] = []
    found = answer_all(crew, questions, progress, bounds.append, answered)
    return found, {"workers": crew.workers, "tokens_per_batch": bounds[-1]}


def _found(asked: EvaluationRequest, study: Recorded | None) -> EvaluationRequest:
    """What is asked, with the place of its data where that is a toy world, which only the model's study knows."""
    if asked.data == TOY and study is None:
        raise DataError(
            f"--data: {TOY} is the data of a toy study, and the model is in the directory of none; name a directory or "
            "a hub id"
        )
    if study is not None and (asked.data == TOY or (asked.data is None and study.is_toy(asked.benchmark))):
        return replace(asked, data=study.toy_data(asked.benchmark))
    return asked


def _text(example: Example | SentencePair) -> str:
    return example.context if isinstance(example, Example) else example.first


def _kept_rows(kept: PredictionStore, sets: Mapping[str, ExampleSet]) -> dict[str, list[Row]]:
    found = {code: kept.rows(code, part.fingerprint, [e.id for e in part.examples]) for code, part in sets.items()}
    return {code: rows for code, rows in found.items() if rows is not None}
