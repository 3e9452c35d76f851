"""`xlingual data contamination`: which training data overlaps XQuAD."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from xlingual.cli import statuses
from xlingual.errors import DataError


def contamination(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="SQuAD JSON, JSONL(.gz), Parquet, text.")],
    data: Annotated[str, typer.Option(help="XQuAD: hub id, or a directory with xquad.LANGUAGE.json.")] = "google/xquad",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Show which training data overlaps XQuAD; exit status 1 if some does, 0 if none.

    Bad input ends with a message on standard error, status 1, and nothing on standard output.
    """
    missing = [file for file in files if not Path(file).exists()]
    if missing:
        raise DataError(f"{', '.join(missing)}: no such file; name files of training data")
    from xlingual.data.contamination.file_check import as_json as counts
    from xlingual.data.contamination.file_check import check_files
    from xlingual.data.contamination.joint_index import index_of_test_set
    from xlingual.progress.activities import activities_shown
    from xlingual.report.overlap_table import contamination_tables

    began = time.perf_counter()
    with activities_shown():
        try:
            index = index_of_test_set(data)
        except DataError as error:
            raise DataError(f"--data: {error}") from error
        checks = check_files(files, index)
    if as_json:
        print(json.dumps(counts(checks), indent=2, ensure_ascii=False))
    else:
        Console().print(contamination_tables(checks, index, data, time.perf_counter() - began))
    if any(check.overlapping for check in checks):
        raise typer.Exit(statuses.ERROR)
