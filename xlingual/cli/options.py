"""Arguments and options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

StudyFile = Annotated[str, typer.Argument(metavar="STUDY", help="A study file (YAML).")]
StudyDir = Annotated[str, typer.Argument(metavar="STUDY_DIR", help="A study's directory or URL: STORAGE/NAME.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override one setting, e.g. data.train=train.json."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]

ON = "Test set: xquad, mlqa, tydiqa_goldp, pawsx, xnli, or the path of your own files with {language} for the code."
