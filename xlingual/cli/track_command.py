"""`xlingual track`: a study's records sent to trackers, now."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from xlingual.activity import doing
from xlingual.cli.options import AsJson, StudyDir
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError

if TYPE_CHECKING:
    from xlingual.records.layout import StudyDirectory
    from xlingual.study.trackers import TrackerSettings
    from xlingual.trackers.run import Sent


def track(
    study_dir: StudyDir,
    to: Annotated[
        list[str] | None,
        typer.Option(metavar="TRACKER", help="trackio, tensorboard, mlflow or wandb [default: those of the study]."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Directory, or for mlflow a tracking URI; with one --to [default: the study's].")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="Project, or for mlflow an experiment; with one --to [default: the study's].")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring trackers up to date with a study's records; what they hold is not sent again."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.layout import StudyDirectory

    with activities_shown():
        directory = StudyDirectory(study_directory(study_dir))
        trackers = _trackers(directory, to or [], at, project)
        found = {name: _sent(directory, name, settings) for name, settings in trackers.items()}
    if as_json:
        print_json([{"tracker": name, **asdict(sent)} for name, sent in found.items()])
        return
    for name, sent in found.items():
        waiting = f", {sent.waiting} have nothing to show yet" if sent.waiting else ""
        print(f"{name}: {sent.sent} of {sent.runs} runs sent, {sent.known} were there{waiting} ({sent.place})")


def _trackers(
    directory: StudyDirectory, to: list[str], at: str | None, project: str | None
) -> dict[str, TrackerSettings]:
    """Which trackers are sent the study, with their settings: those of the study, but for what is asked."""
    from pydantic import TypeAdapter

    from xlingual.records.files import read_json
    from xlingual.study.messages import did_you_mean
    from xlingual.study.trackers import TRACKERS, Trackers, TrackerSettings

    of_study = TypeAdapter(Trackers).validate_python(read_json(directory.study_json).get("trackers", {}))
    if not to and not of_study:
        raise XlingualError(
            f"{directory.path}: the study names no tracker; write for example --to {next(iter(TRACKERS))}"
        )
    asked = {key: value for key, value in (("at", at), ("project", project)) if value is not None}
    if asked and len(to) != 1:
        raise XlingualError("--at and --project are of one tracker; write --to TRACKER once")
    for key, value in asked.items():
        if not value.strip():
            raise XlingualError(f"--{key}: found nothing; write --{key} with a value, or leave it out")
    for name in to:
        if name not in TRACKERS:
            raise XlingualError(f"--to: unknown tracker {name!r}; {did_you_mean(name, tuple(TRACKERS))}")
    found = {name: of_study.get(name, TrackerSettings()).model_copy(update=asked) for name in to or of_study}
    missing = [TRACKERS[name] for name in found if not TRACKERS[name].installed]
    if missing:
        raise XlingualError("; ".join(f"{kind.title} is not installed here; run {kind.install}" for kind in missing))
    return found


def _sent(directory: StudyDirectory, name: str, settings: TrackerSettings) -> Sent:
    from xlingual.records.files import read_json
    from xlingual.study.trackers import TRACKERS
    from xlingual.trackers.run_reader import RunReader
    from xlingual.trackers.synchroniser import opened

    kind, study = TRACKERS[name], str(read_json(directory.study_json)["name"])
    with doing(f"sending the study to {kind.title}") as activity:
        try:
            with opened(kind, settings, RunReader(directory), study, activity.reach) as synchroniser:
                return synchroniser.sync()
        except XlingualError:
            raise
        except Exception as error:  # whatever a tracker's library raises
            text = " ".join(str(error).split())[:300]
            raise XlingualError(
                f"{kind.title}: {type(error).__name__}: {text}; what was sent is there, and the same command sends the "
                "rest"
            ) from None
