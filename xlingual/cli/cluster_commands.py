"""`xlingual cluster COMMAND`: look at a cluster before it is started."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from xlingual.cli import statuses
from xlingual.cli.options import AsJson, Overrides

cluster = typer.Typer(no_args_is_help=True, help="Look at a cluster before it is started.")


@cluster.callback()
def _group() -> None:
    """Keep `check` a command by name, though it is the only one."""


@cluster.command()
def check(
    cluster_yaml: Annotated[str, typer.Argument(metavar="CLUSTER_YAML", help="The file that `ray up` reads.")],
    study: Annotated[
        str | None, typer.Argument(metavar="[STUDY]", help="A study file (YAML): do its trials fit there?")
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(help="Directory of studies, as `xlingual run` will be given [default: the study's own]."),
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Check the file of a Ray cluster: one line for each mistake, and what to write; exit status 1 if there is one.

    Nothing is started, and no cloud is asked. Run it where you would run `ray up`: relative paths, the token and the
    versions of Ray and Python are those of this machine.
    """
    from xlingual.cluster_file import CHECKS, check_cluster_file
    from xlingual.study import load_study

    loaded = load_study(study, overrides or ()) if study else None
    checked = check_cluster_file(cluster_yaml, loaded, storage)
    if as_json:
        print(json.dumps([asdict(finding) for finding in checked.findings], indent=2, ensure_ascii=False))
    else:
        for finding in checked.findings:
            print(finding.text(cluster_yaml))
        if not checked.findings:
            fits = f", study {loaded.name} fits" if loaded else ""
            print(f"{cluster_yaml}: no mistake found{fits} ({CHECKS} checks: {_CHECKED})")
        for note in checked.notes:
            print(f"{cluster_yaml}: note: {note}", file=sys.stderr)
    if checked.findings:
        raise typer.Exit(statuses.ERROR)


_CHECKED = "YAML, Ray's schema, provider, node types, images, start commands, token, files, ports, study, storage"
