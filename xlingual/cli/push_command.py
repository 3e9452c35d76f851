"""`xlingual push`: a trained model, or a study's records, to the hub."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from xlingual.cli.options import AsJson, StudyDir, arms_of
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError

if TYPE_CHECKING:
    from xlingual.archive.upload import Upload
    from xlingual.records.layout import StudyDirectory


def push(
    study_dir: StudyDir,
    to: Annotated[str, typer.Option("--to", metavar="USER/NAME", help="Repository on the hub.")],
    trial: Annotated[
        str | None,
        typer.Argument(metavar="[TRIAL]", help="Fingerprint of a replicate or its beginning, or ARM/seed-SEED."),
    ] = None,
    arm: Annotated[
        str | None,
        typer.Option(metavar="ARM", autocompletion=arms_of, help="The model of this arm, in place of TRIAL."),
    ] = None,
    replicate: Annotated[
        int | None, typer.Option(metavar="N", help="Which of the arm's replicates, from 1 on [default: the only one].")
    ] = None,
    records: Annotated[
        bool, typer.Option("--records", help="The records as one file, to a dataset repository, in place of a model.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="Let everyone read it [default: private].")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Send a trained model with its card, or a study's records, to the hub, after showing what would be sent.

    At a terminal it asks; elsewhere nothing is sent without --yes. The repository is private unless --public is there.
    """
    from xlingual.archive.upload import look_ahead, model_folder, replicate_of, send
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.layout import StudyDirectory

    if [trial is not None, arm is not None, records].count(True) != 1:
        raise XlingualError("write what to send: a TRIAL such as baseline/seed-1001, --arm ARM, or --records")
    if replicate is not None and arm is None:
        raise XlingualError("--replicate: numbers the replicates of an arm; add --arm, or leave it out")
    with TemporaryDirectory(prefix="xlingual-push-") as scratch:
        with activities_shown():
            directory = StudyDirectory(study_directory(study_dir))
            if records:
                what, folder = _archive(directory, Path(scratch))
            else:
                what, one = replicate_of(directory, trial, arm, replicate)
                folder = model_folder(directory, one)
            upload = look_ahead(folder, what, to, "dataset" if records else "model", private=not public)
        for line in upload.in_words():
            print(line, file=sys.stderr)
        _confirm(upload, yes)
        with activities_shown():
            commit = send(upload)
    if as_json:
        print_json(upload.as_json() | {"url": upload.address, "commit": commit})
    else:
        print(f"sent: {commit}")


def _archive(directory: StudyDirectory, scratch: Path) -> tuple[str, Path]:
    """Write the archive of the records into a folder."""
    from xlingual.archive.records_archive import write_archive

    made = write_archive(directory, scratch / "records.tar.gz")
    return f"records of study {made.study}, {made.files} files as one (sha256 {made.sha256[:16]})", scratch


def _confirm(upload: Upload, yes: bool) -> None:
    """Ask at a terminal.

    Raises:
        XlingualError: when nobody can be asked, or the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise XlingualError("nothing was sent, as nobody can be asked here; add --yes to send what is listed above")
    if not typer.confirm(f"Send it to {upload.repository}?", err=True):
        raise XlingualError("nothing was sent")
