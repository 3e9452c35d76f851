"""Scoring checkpoints, answers of other software, and answers by SQuAD's rule."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from xlingual.activity import doing
from xlingual.api.numbers import Numbers
from xlingual.api.showing import Progress, check_progress, work_told
from xlingual.errors import DataError, XlingualError
from xlingual.json_text import json_of_file
from xlingual.languages import two_letter

if TYPE_CHECKING:
    from xlingual.data.stated_questions import Question
    from xlingual.evaluation.evaluation_request import EvaluationRequest
    from xlingual.evaluation.result import Evaluation

File: TypeAlias = str | PathLike[str]


def evaluate(
    model: File | None = None,
    on: str = "xquad",
    *,
    data: File | None = None,
    languages: str | Sequence[str] = "all",
    limit: int | None = None,
    paragraphs: int | str | None = None,
    source_language: str | None = None,
    predictions: File | None = None,
    keep: File | None = None,
    published: str | None = None,
    address: str | None = None,
    workers: int | None = None,
    progress: Progress = "auto",
) -> Numbers:
    """Score a checkpoint, or answers from other software, per language; keeps every answer in a folder.

    Args:
        model: hub id, local directory, or URL of a study's model; with `predictions` what these are called.
        on: test set: `xquad`, `mlqa`, `tydiqa_goldp`, `pawsx`, `xnli`, or a path with `{language}` for the code.
        data: hub id or local directory of the test set; None for the set's hub id.
        languages: codes, `A-B` for two languages, or `all`; a text has them separated by commas.
        limit: only so many questions or pairs of each language, from the first.
        paragraphs: only so many paragraphs of each language, or `all`; None for as many as the model's study asks.
        source_language: of the training data, which the first mean leaves out; None for that of the model's study, or
            English.
        predictions: file or directory of answers to score: {id: text} or {language: {id: text}}.
        keep: directory of the answers; None for `xlingual_evaluations/NAME-SET`.
        published: name of a model whose published scores stand beside; None for that of `model`.
        address: answer on a Ray cluster: `local`, `auto` or HOST:PORT.
        workers: number of Ray workers; None for one per GPU, and none for a single GPU or CPU.
        progress: `none` shows nothing, any other tells what is being done on standard error or in the notebook.

    Returns:
        The values of `xlingual evaluate --json`; scores are in percent.

    Raises:
        XlingualError: when model, data, answers or folder cannot be used. `PredictionsMissing` among these holds the
            scores: only writing the answers failed.
    """
    from xlingual.evaluation.benchmark_examples import benchmark_of
    from xlingual.evaluation.evaluation_request import EvaluationRequest
    from xlingual.records.attached import model_directory

    if model is None and predictions is None:
        raise XlingualError("nothing to score: write a MODEL (hub id or local directory), or --predictions FILE")
    if predictions is not None and not isinstance(predictions, str | PathLike):
        raise XlingualError(f"predictions: found a {type(predictions).__name__}; write the path of a file or directory")
    check_progress(progress)
    _check_published(published)
    asked = EvaluationRequest(
        benchmark=benchmark_of(on, _text(data)),
        data=_text(data),
        languages=languages if isinstance(languages, str) else ",".join(languages),
        limit=limit,
        paragraphs=_paragraphs(paragraphs),
        keep=None if keep is None else Path(keep),
        source_language=_code(source_language),
    )
    _check_unused(predictions, {"--workers": workers, "--address": address})
    with work_told(progress):
        name = model_directory(str(model)) if model else None
        if predictions is not None:
            evaluation = _given(name, Path(predictions), asked)
        else:
            evaluation = _answered(name or "", asked, address, workers)
    return evaluation_numbers(evaluation, name, published)


def evaluation_numbers(evaluation: Evaluation, model: str | None, published: str | None) -> Numbers:
    """An evaluation with the published scores that stand beside it."""
    from xlingual.report.evaluation_table import evaluation_table, published_beside

    rows, notes = published_beside(evaluation, model, published)
    evaluation = replace(evaluation, notes=(*evaluation.notes, *notes))
    values = {**evaluation.as_json(), "published": [row.as_json() for row in rows]}
    return Numbers(values, evaluation_table(evaluation, rows))


def score(gold: File | Any, predictions: File | Any, note: Callable[[str], None] | None = None) -> dict[str, float]:
    """Score answers by SQuAD v1.1's official rule.

        >>> xlingual.score({"q1": ["the red cat", "a cat"]}, {"q1": "Red cat house"})
        {'exact_match': 0.0, 'f1': 80.0}

    Args:
        gold: gold answers: {id: [texts]}, SQuAD's format ({"data": [...]}), flat rows, or the path of a file with one
            of the latter two.
        predictions: {id: text}, or the path of a JSON file with that.
        note: called with a sentence about questions without an answer, which score 0; None for a Python warning.

    Returns:
        Means over the questions in percent: `exact_match`, `f1`, and `character_f1` where the gold answers are in a
        script without spaces.

    Raises:
        DataError: when gold answers or predictions cannot be used.
        XlingualError: when a file cannot be read.
    """
    from xlingual.tasks.question_answering import answer_scores, file_scores

    told: list[str] = []
    with doing("scoring answers"):
        answers = json_of_file(Path(predictions)) if isinstance(predictions, str | PathLike) else predictions
        if isinstance(answers, Mapping):
            answers = {str(key): text for key, text in answers.items()}
        if isinstance(gold, str | PathLike):
            scores = file_scores(Path(gold), answers, told.append)
        else:
            scores = answer_scores(GOLD, _questions(gold), answers, told.append)
    for sentence in told:
        if note is not None:
            note(sentence)
        else:
            warnings.warn(sentence, stacklevel=2)
    return scores


GOLD = "the gold answers"


def _questions(gold: Any) -> list[Question]:
    """Questions with their gold answers, of {id: [texts]} or of SQuAD's format."""
    from xlingual.data.stated_questions import Question, questions_of_document
    from xlingual.metrics.squad import refuse_no_answers

    if not isinstance(gold, Mapping) or not gold or not all(map(_are_texts, gold.values())):
        return questions_of_document(gold, GOLD, texts=False)
    for key, answers in gold.items():
        refuse_no_answers(answers, f"{GOLD}: question {key!r}")
    return [
        Question(
            id=str(key),
            question="",
            context="",
            answers=tuple(answers),
            answer_starts=(-1,) * len(answers),
            title="",
            paragraph=str(key),
        )
        for key, answers in gold.items()
    ]


def _are_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list | tuple) and all(isinstance(text, str) for text in value))


def _given(name: str | None, predictions: Path, asked: EvaluationRequest) -> Evaluation:
    with doing("loading PyTorch"):
        from xlingual.evaluation.given_answers import evaluate_predictions

    return evaluate_predictions(name, predictions, asked)


def _answered(name: str, asked: EvaluationRequest, address: str | None, workers: int | None) -> Evaluation:
    with doing("loading PyTorch and Ray"):
        from xlingual.evaluation.checkpoint_evaluation import evaluate_checkpoint
        from xlingual.search.evaluation_workers import crew_of

    return evaluate_checkpoint(name, asked, crew=crew_of(address, workers))


def _text(place: File | None) -> str | None:
    return None if place is None else str(place)


def _check_unused(predictions: File | None, options: Mapping[str, object]) -> None:
    written = [name for name, value in options.items() if value is not None]
    if predictions is not None and written:
        raise XlingualError(
            f"{written[0]}: answers of --predictions are scored by this process, no model has to answer; leave it out"
        )


def _code(language: str | None) -> str | None:
    try:
        return None if language is None else two_letter(language)
    except DataError as error:
        raise DataError(f"--source-language: {error}") from None


def _paragraphs(asked: int | str | None) -> int | Literal["all"] | None:
    if asked is None or asked == "all":
        return "all" if asked else None
    text = str(asked)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise XlingualError(f"--paragraphs: found {text!r}; write a number from 1 on, or all")
    return int(text)


def _check_published(name: str | None) -> None:
    from xlingual.study.published_models import PUBLISHED_MODELS

    if name is not None and name not in PUBLISHED_MODELS:
        raise XlingualError(f"--published: no published scores of {name!r}; write one of {', '.join(PUBLISHED_MODELS)}")
