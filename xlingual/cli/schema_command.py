"""`xlingual schema`: the JSON Schema of a study file, or one of its keys explained."""

from __future__ import annotations

from typing import Annotated

import typer

from xlingual.cli.options import AsJson
from xlingual.cli.output import print_json


def schema(
    field: Annotated[
        str | None,
        typer.Option(
            "--field", metavar="KEY", help="Explain this key, such as training.learning_rate; * stands for anything."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print the JSON Schema of a study file, for editors; or explain one key."""
    if field is None:
        from xlingual.study import json_schema

        print_json(json_schema())
        return
    from xlingual.study.key_help import explained

    found = explained(field)
    if as_json:
        print_json([one.as_json() for one in found])
    else:
        print("\n\n".join("\n".join(one.in_words()) for one in found))
