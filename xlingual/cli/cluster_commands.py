"""`xlingual cluster COMMAND`: check the file of a cluster, or translate it, before anything is started."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from xlingual.cli import statuses
from xlingual.cli.options import AsJson, Overrides, StudyFile
from xlingual.cli.output import print_json
from xlingual.cli.storage_option import absolute_storage
from xlingual.errors import XlingualError

cluster = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Check a cluster file, or translate it.")


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
        print_json([asdict(finding) for finding in checked.findings])
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


@cluster.command()
def export(
    cluster_yaml: Annotated[str, typer.Argument(metavar="CLUSTER_YAML", help="The file that `ray up` reads.")],
    study: StudyFile,
    to: Annotated[str, typer.Option("--to", help="kuberay (a RayJob) or skypilot (a task).")],
    storage: Annotated[
        str | None, typer.Option(help="Directory of studies, as the nodes see it [default: the study's own].")
    ] = None,
    overrides: Overrides = None,
    as_json: AsJson = False,
) -> None:
    """Print the cluster of a file, and a study on it, for KubeRay or SkyPilot.

    Comments at its top say what to do first, and what could not be translated.
    """
    from xlingual.cluster_file import check_cluster_file
    from xlingual.cluster_file.translation import TRANSLATIONS, Asked
    from xlingual.study import load_study

    if to not in TRANSLATIONS:
        raise XlingualError(f"--to: found {to!r}; write one of {', '.join(TRANSLATIONS)}")
    loaded = load_study(study, overrides or ())
    place = absolute_storage(storage or loaded.storage, storage is not None)
    checked = check_cluster_file(cluster_yaml, loaded, place)
    if checked.findings or checked.cluster is None:
        for finding in checked.findings:
            print(finding.text(cluster_yaml), file=sys.stderr)
        raise typer.Exit(statuses.ERROR)
    text = TRANSLATIONS[to](Asked(checked.cluster, loaded, study, tuple(overrides or ()), place))
    if as_json:
        print_json({"to": to, "study": loaded.name, "storage": place, "file": text})
    else:
        print(text, end="")


_CHECKED = "YAML, Ray's schema, provider, node types, images, start commands, token, files, ports, study, storage"
