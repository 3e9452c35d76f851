"""`xlingual plan STUDY --power`: the smallest difference that a study would find."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from xlingual.activity import doing
from xlingual.errors import XlingualError

if TYPE_CHECKING:
    from xlingual.study import Plan, Study


def check_power(power: bool, like: Path | None, measured: list[Path] | None) -> None:
    """Refuse options of `plan` that do not go together."""
    if like and not power:
        raise XlingualError(f"--like {like}: it says what --power takes its figures from; add --power, or leave it out")
    if measured and power:
        raise XlingualError("--bench: no hours are shown with --power; leave one of the two out")


def show_power(study: Study, planned: Plan, like: Path | None, as_json: bool) -> None:
    """Print the smallest differences of a study's design and of finer ones, and what they cost."""
    from xlingual.progress.activities import activities_shown
    from xlingual.report.deviations import measured, stated
    from xlingual.report.power import power_plan, power_table
    from xlingual.report.summary import summarize

    if like is None:
        deviations = stated(study.data.test.languages, study.data.test.paragraphs)
    else:
        with activities_shown(), doing("reading the records"):
            deviations = measured(summarize(like), like)
    found = power_plan(study, planned, deviations)
    if as_json:
        print(json.dumps(found.as_json(), indent=2))
    else:
        Console().print(power_table(found))
