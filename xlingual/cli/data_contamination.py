"""`xlingual data contamination`: which training data overlaps a test set."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from xlingual.cli import statuses
from xlingual.cli.options import ON
from xlingual.cli.output import print_json
from xlingual.errors import DataError


def contamination(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="SQuAD JSON, JSONL(.gz), Parquet, TSV, text.")],
    on: Annotated[str, typer.Option("--on", metavar="SET", help=ON)] = "xquad",
    data: Annotated[
        str | None, typer.Option(help="Hub id or local directory of the test set [default: the set's hub id].")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show which training data overlaps a test set; exit status 1 if some does, 0 if none.

    Bad input ends with a message on standard error, status 1, and nothing on standard output.
    """
    missing = [file for file in files if not Path(file).exists()]
    if missing:
        raise DataError(f"{', '.join(missing)}: no such file; name files of training data")
    from xlingual.data.contamination.file_check import as_json as counts
    from xlingual.data.contamination.file_check import check_files
    from xlingual.data.contamination.joint_index import index_of_test_sets
    from xlingual.evaluation.benchmark_examples import benchmark_of
    from xlingual.progress.activities import activities_shown
    from xlingual.report.overlap_table import contamination_tables

    began = time.perf_counter()
    with activities_shown():
        benchmark = benchmark_of(on, data)
        source = data or benchmark.source
        try:
            index = index_of_test_sets({benchmark.name: (benchmark, source, None)})
        except DataError as error:
            raise DataError(f"--data: {error}") from error
        checks = check_files(files, index)
    if as_json:
        print_json(counts(checks))
    else:
        Console().print(contamination_tables(checks, index, source, time.perf_counter() - began))
    if any(check.overlapping for check in checks):
        raise typer.Exit(statuses.ERROR)
