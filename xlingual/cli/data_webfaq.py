"""`xlingual data webfaq`: which FAQ rows the filters keep and drop."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from xlingual.activity import doing
from xlingual.cli.output import print_json
from xlingual.errors import DataError

if TYPE_CHECKING:
    from xlingual.data.faq.overview import TokenCounter
    from xlingual.study.data import FaqSettings

SOURCE = "PaDaS-Lab/webfaq"


def webfaq(
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help=f"Hub id, directory or file [default: {SOURCE}].")
    ] = None,
    languages: Annotated[
        str | None, typer.Option(help="Comma-separated codes of two or three letters, such as deu,tur.")
    ] = None,
    rows: Annotated[int | None, typer.Option(min=1, help="Rows to read per language [default: 2000].")] = None,
    spread: Annotated[int | None, typer.Option(min=1, help="Draw one host in N [default: 1, the first rows].")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the draw of hosts and of the passages.")] = 0,
    study: Annotated[
        str | None,
        typer.Option(metavar="STUDY", help="Take filters, and options that are left out, from its data.faq."),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Hub id or directory of a model: adds lengths in its tokens.")
    ] = None,
    examples: Annotated[
        int, typer.Option(min=0, help="Number of rows to show: kept ones, and drops of each filter.")
    ] = 3,
    passages: Annotated[int, typer.Option(min=0, help="Number of examples to show of the recipe `passage`.")] = 0,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Override one setting of the study.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show which FAQ rows the filters keep and drop: counts, lengths, examples with reasons."""
    settings = _settings(study, overrides or [])
    source = source or (settings.source if settings else SOURCE)
    asked_languages = languages.split(",") if languages else settings.languages if settings else ()
    if source == "toy" and not Path(source).exists():
        raise DataError(
            f"{study or source}: its FAQ rows are the toy world's, which have nothing to filter; "
            "name a study of real data, or a SOURCE"
        )
    codes = [code.strip() for code in asked_languages if code.strip()]
    if not codes:
        raise DataError("no language was asked for; write for example --languages deu,tur")
    from xlingual.data.faq.overview import OverviewRequest, faq_overview
    from xlingual.data.faq.sampling import Draw
    from xlingual.progress.activities import activities_shown
    from xlingual.report.faq_tables import faq_tables
    from xlingual.study.faq_filters import FaqFilters
    from xlingual.study.recipes import PassageSettings

    asked = OverviewRequest(
        draw=Draw(
            rows or (settings.rows_per_language if settings else 2000),
            seed,
            spread or (settings.spread if settings else 1),
        ),
        filters=settings.filters if settings else FaqFilters(),
        passages=settings.passages if settings else PassageSettings(),
        examples=examples,
        passage_examples=passages,
    )
    with activities_shown():
        if model:
            asked = replace(asked, count_tokens=_token_counter(model))
        overviews = faq_overview(source, codes, asked)
    if as_json:
        found = {code: overview.as_json() for code, overview in overviews.items()}
        print_json({"source": source, "languages": found})
    else:
        Console().print(faq_tables(source, overviews))


def _settings(study: str | None, overrides: list[str]) -> FaqSettings | None:
    if study is None:
        if overrides:
            raise DataError("--set overrides a setting of a study, and no study was named; write --study STUDY")
        return None
    from xlingual.study import load_study

    settings = load_study(study, overrides).data.faq
    if settings is None:
        raise DataError(f"{study}: has no data.faq; add `faq: {{source: {SOURCE}}}` to its data, or leave --study out")
    return settings


def _token_counter(model: str) -> TokenCounter:
    with doing("loading PyTorch"):
        from xlingual.families import Checkpoint
        from xlingual.tokens.tokens import encode, prepare, tokens_of

    backend = prepare(Checkpoint.resolve(model).tokenizer)
    return lambda texts: tokens_of(encode(backend, texts, offsets=False)).lengths
