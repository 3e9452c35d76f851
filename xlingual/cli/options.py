"""Arguments and options that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xlingual.errors import XlingualError


def local_path(place: str) -> Path:
    """Return a path; a URL is refused, and not taken for the name of a folder.

    Raises:
        XlingualError: for a URL.
    """
    from xlingual.records.remote import is_url

    if is_url(place):
        raise XlingualError(f"{place}: a URL cannot be used here; write the path of a file or folder of this machine")
    return Path(place)


def arms_of(context: typer.Context, incomplete: str) -> list[str]:
    """The arms of the study whose directory is on the command line, for the shell's completion."""
    from xlingual.json_text import json_of_file
    from xlingual.records.layout import StudyDirectory

    # behind an option without its value the line is not parsed to its end
    place = context.params.get("study_dir") or next(iter(context.args), "")
    try:
        arms = json_of_file(StudyDirectory(Path(str(place))).study_json)["arms"]
    except (XlingualError, KeyError, TypeError):
        return []
    return [str(arm) for arm in arms if str(arm).startswith(incomplete)]


StudyFile = Annotated[str, typer.Argument(metavar="STUDY", help="A study file (YAML).")]
StudyDir = Annotated[str, typer.Argument(metavar="STUDY_DIR", help="A study's directory or URL: STORAGE/NAME.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one setting, e.g. data.train=train.json."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]

ON = "Test set: xquad, mlqa, tydiqa_goldp, pawsx, xnli, or the path of your own files with {language} for the code."
