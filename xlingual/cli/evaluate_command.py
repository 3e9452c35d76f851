"""`xlingual evaluate`: scores of any checkpoint, or of answers made by others."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from xlingual.cli import statuses
from xlingual.cli.options import ON, local_path
from xlingual.cli.output import print_json


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
    from xlingual.api.scoring import evaluate as scored
    from xlingual.api.scoring import evaluation_numbers
    from xlingual.evaluation.prediction_store import PredictionsMissing

    not_kept = None
    try:
        numbers = scored(
            model,
            on,
            data=data,
            languages=languages,
            limit=limit,
            paragraphs=paragraphs,
            source_language=source_language,
            predictions=predictions,
            keep=keep,
            published=published,
            address=address,
            workers=workers,
        )
    except PredictionsMissing as error:
        numbers, not_kept = evaluation_numbers(error.evaluation, model, published), error
    except KeyboardInterrupt:
        print("interrupted; answers are kept, and the same command resumes", file=sys.stderr)
        raise typer.Exit(statuses.INTERRUPTED) from None
    if as_json:
        print_json(numbers)
    else:
        Console().print(numbers)
    if not_kept is not None:
        raise not_kept
