"""`xlingual init`: write a first study file."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from xlingual.activity import doing
from xlingual.cli import statuses
from xlingual.cli.options import AsJson
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError


def init(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Name of the study; NAME.yaml is written.")
    ] = "my_study",
    question: Annotated[str, typer.Option(help="What the study asks, in words.")] = "",
    model: Annotated[
        str, typer.Option(help="Hub id or directory [default: XLM-R base with a GPU, else multilingual-e5-small].")
    ] = "",
    train: Annotated[str, typer.Option(help="Training data: hub id or SQuAD file [default: rajpurkar/squad].")] = "",
    source_language: Annotated[str, typer.Option(help="Language of the training data [default: en].")] = "",
    test: Annotated[
        str, typer.Option(help="Test set: a name, hub id, SQuAD file, or path with {language} [default: xquad].")
    ] = "",
    languages: Annotated[
        str, typer.Option("--languages", "--language", help="Tested languages, such as fi,sw [default: all].")
    ] = "",
    faq: Annotated[
        str, typer.Option(help="FAQ pages: hub id, file or directory, or none [default: PaDaS-Lab/webfaq].")
    ] = "",
    gpus: Annotated[int | None, typer.Option(min=0, help="GPUs to train on [default: those of this machine].")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite NAME.yaml.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a commented study file that is valid, from options, or from a few questions at a terminal.

    Your own files are read first, so that a mistake in them is told at once. Where standard input is no terminal,
    nothing is asked, and what is left out gets its default.
    """
    from xlingual.progress.activities import activities_shown
    from xlingual.records.files import write_text
    from xlingual.starter import SCHEMA_FILE, Answers, asked_of, codes, first_study, look_at
    from xlingual.study import json_schema

    file = _target(name, force)
    given = Answers(file.stem, question, model, train, source_language, test, codes(languages), faq, _gpus(gpus))
    try:
        answers = asked_of(given, _ask if sys.stdin.isatty() and sys.stdout.isatty() else None)
    except typer.Abort:
        print("\ninterrupted; nothing was written", file=sys.stderr)
        raise typer.Exit(statuses.INTERRUPTED) from None
    with activities_shown():
        files = look_at(answers)
        text = first_study(answers, files)
    write_text(file, text)
    schema = file.with_name(SCHEMA_FILE)
    if force or not schema.exists():
        write_text(schema, json.dumps(json_schema(), ensure_ascii=False) + "\n")
    following = [f"xlingual {command} {shlex.quote(str(file))}" for command in ("plan", "run")]
    if as_json:
        print_json({"file": str(file), "schema": str(schema), "read": list(files.lines), "next": following})
        return
    lines = [*files.lines, f"wrote {file}, and {schema} for editors", f"next: {following[0]}", f"      {following[1]}"]
    print("\n".join(lines))


def _target(name: str, force: bool) -> Path:
    file = Path(f"{name.removesuffix('.yaml')}.yaml")
    if file.exists() and not force:
        raise XlingualError(f"{file} is there already; write another NAME, or --force to overwrite it")
    return file


def _gpus(given: int | None) -> int:
    """GPUs that were asked for, or those of this machine; PyTorch, which loads slowly, is asked where a driver is."""
    if given is not None:
        return given
    if shutil.which("nvidia-smi") is None and not Path("/dev/kfd").exists():
        return 0
    from xlingual.progress.activities import activities_shown

    with activities_shown(), doing("asking for GPUs"):
        import torch

        return torch.cuda.device_count()


def _ask(question: str, suggestion: str) -> str:
    return str(typer.prompt(question, default=suggestion or None, err=True)).strip()
