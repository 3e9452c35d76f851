"""Print the tables of a study from its records."""

from __future__ import annotations

import json
from pathlib import Path

from rich.console import Console

from xlingual.activity import doing


def show_report(path: Path, as_json: bool) -> None:
    """Print a study's tables, or with `as_json` the same as one JSON object."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.layout import StudyDirectory
    from xlingual.report.summary import summarize
    from xlingual.report.table import report_tables

    with activities_shown(), doing("reading the records"):
        summary = summarize(StudyDirectory(path))
    if as_json:
        print(json.dumps(summary.as_json()))
    else:
        Console().print(report_tables(summary))
