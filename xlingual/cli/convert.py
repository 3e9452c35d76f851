"""`xlingual convert`: a safetensors copy of a checkpoint that has only pickled weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xlingual.activity import doing
from xlingual.cli.options import local_path
from xlingual.cli.output import print_json


def convert(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A checkpoint with pytorch_model.bin: hub id or local directory.")
    ],
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", parser=local_path, help="Directory to write the copy to; must not exist."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")] = False,
) -> None:
    """Copy a checkpoint with its pickled weights as safetensors, without running code from the pickle."""
    from xlingual.progress.activities import activities_shown

    with activities_shown():
        with doing("loading PyTorch"):
            from xlingual.models.conversion import convert_checkpoint

        made = convert_checkpoint(name, directory)
    if as_json:
        counts = {"tensors": made.tensors, "tied": made.tied, "tokenizer": made.tokenizer}
        print_json({"model": name, "directory": str(directory), **counts})
        return
    ties = f" ({made.tied} more names of tied weights left out)" if made.tied else ""
    tokenizer = "; tokenizer.json made of its SentencePiece model" if made.tokenizer else ""
    print(f"{directory}: {made.tensors} tensors of {name} as safetensors{ties}{tokenizer}")
