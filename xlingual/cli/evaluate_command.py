"""`xlingual evaluate`: scores of any checkpoint, or of answers made by others."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console

from xlingual.activity import doing
from xlingual.cli import statuses
from xlingual.cli.options import ON, local_path
from xlingual.cli.output import print_json
from xlingual.errors import DataError, XlingualError
from xlingual.languages import two_letter

if TYPE_CHECKING:
    from xlingual.evaluation.evaluation_request import EvaluationRequest
    from xlingual.evaluation.result import Evaluation


def evaluate(
    model: Annotated[
        str | None,
        typer.Argument(metavar="[MODEL]", help="A checkpoint: hub id, local directory, or URL of a study's model."),
    ] = None,
    on: Annotated[str, typer.Option("--on", metavar="SET", help=ON)] = "xquad",
    data: Annotated[
        str | None, typer.Option(help="Hub id or local directory of the test set [default: the set's hub id].")
    ] = None,
    languages: Annotated[str, typer.Option(help="Comma-separated codes, A-B for two languages, or all.")] = "all",
    limit: Annotated[int | None, typer.Option(help="Only the first N questions or pairs of each language.")] = None,
    paragraphs: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="Only N paragraphs of each language [default: as in its study, else all]."),
    ] = None,
    source_language: Annotated[
        str | None,
        typer.Option(
            metavar="CODE", help="Language of the training data, for the means [default: its study's, else en]."
        ),
    ] = None,
    predictions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            parser=local_path,
            help="Score these answers: {id: text}, {language: {id: text}}, or a directory.",
        ),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=local_path,
            help="Directory of the predictions [default: xlingual_evaluations/NAME-BENCHMARK].",
        ),
    ] = None,
    published: Annotated[
        str | None, typer.Option(metavar="NAME", help="Also show this model's published scores [default: MODEL's].")
    ] = None,
    address: Annotated[
        str | None, typer.Option(help="Answer on a Ray cluster: local (embedded), auto, or HOST:PORT.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Ray workers [default: one per GPU; none for a single GPU or CPU].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Score any checkpoint, fine-tuned here or elsewhere, or answers from other software, per language."""
    from xlingual.evaluation.benchmark_examples import benchmark_of
    from xlingual.evaluation.evaluation_request import EvaluationRequest
    from xlingual.evaluation.prediction_store import PredictionsMissing
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import model_directory
    from xlingual.report.evaluation_table import evaluation_table, published_beside

    if model is None and predictions is None:
        raise XlingualError("nothing to score: write a MODEL (hub id or local directory), or --predictions FILE")
    _check_published(published)
    asked = EvaluationRequest(
        benchmark_of(on, data), data, languages, limit, _paragraphs(paragraphs), keep, _code(source_language)
    )
    _check_unused(predictions, {"--workers": workers, "--address": address})
    not_kept = None
    try:
        with activities_shown():
            model = model_directory(model) if model else model
            evaluation = _evaluated(model, predictions, asked, address, workers)
    except PredictionsMissing as error:
        evaluation, not_kept = error.evaluation, error
    rows, notes = published_beside(evaluation, model, published)
    evaluation = replace(evaluation, notes=(*evaluation.notes, *notes))
    if as_json:
        content = {**evaluation.as_json(), "published": [row.as_json() for row in rows]}
        print_json(content)
    else:
        Console().print(evaluation_table(evaluation, rows))
    if not_kept is not None:
        raise not_kept


def _evaluated(
    model: str | None, predictions: Path | None, asked: EvaluationRequest, address: str | None, workers: int | None
) -> Evaluation:
    if predictions is not None:
        with doing("loading PyTorch"):
            from xlingual.evaluation.given_answers import evaluate_predictions

        return evaluate_predictions(model, predictions, asked)
    try:
        with doing("loading PyTorch and Ray"):
            from xlingual.evaluation.checkpoint_evaluation import evaluate_checkpoint
            from xlingual.search.evaluation_workers import crew_of

        crew = crew_of(address, workers)
        return evaluate_checkpoint(model or "", asked, crew=crew)
    except KeyboardInterrupt:
        print("interrupted; answers are kept, and the same command resumes", file=sys.stderr)
        raise typer.Exit(statuses.INTERRUPTED) from None


def _check_unused(predictions: Path | None, options: Mapping[str, object]) -> None:
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


def _paragraphs(asked: str | None) -> int | Literal["all"] | None:
    if asked is None or asked == "all":
        return "all" if asked else None
    if not asked.isascii() or not asked.isdigit() or int(asked) < 1:
        raise XlingualError(f"--paragraphs: found {asked!r}; write a number from 1 on, or all")
    return int(asked)


def _check_published(name: str | None) -> None:
    from xlingual.study.published_models import PUBLISHED_MODELS

    if name is not None and name not in PUBLISHED_MODELS:
        raise XlingualError(f"--published: no published scores of {name!r}; write one of {', '.join(PUBLISHED_MODELS)}")
