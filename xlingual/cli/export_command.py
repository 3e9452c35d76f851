"""`xlingual export`: a study's records as one file, or its searches for Optuna's dashboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from xlingual.cli.options import AsJson, StudyDir, local_path
from xlingual.cli.output import print_json
from xlingual.errors import XlingualError
from xlingual.task_metrics import counted


def export(
    study_dir: StudyDir,
    archive: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE.tar.gz]", parser=local_path, help="The archive; it must not be there yet."),
    ] = None,
    optuna: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.db",
            parser=local_path,
            help="Write the searches as a database for optuna-dashboard; it must not be there yet.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a study's records as one file, without data and models; unpacked elsewhere, it gives the same report."""
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.layout import StudyDirectory

    if archive is None and optuna is None:
        raise XlingualError(
            "write FILE.tar.gz for an archive of the records, or --optuna FILE.db for Optuna's dashboard"
        )
    found: dict[str, Any] = {}
    lines = []
    with activities_shown():
        directory = StudyDirectory(study_directory(study_dir))
        if archive is not None:
            from xlingual.archive.records_archive import write_archive

            made = write_archive(directory, archive)
            found |= made.as_json()
            lines.append(
                f"{made.file}: {made.files} files of study {made.study}, {made.bytes:,} bytes, sha256 {made.sha256}"
            )
        if optuna is not None:
            from xlingual.trackers.optuna_storage import write_optuna

            written = write_optuna(directory, optuna)
            found |= {"study": written.study, "optuna": written.as_json()}
            lines.append(
                f"{written.file}: {counted(written.trials, 'trials')} of {counted(written.studies, 'searches')}; "
                f"optuna-dashboard sqlite:///{written.file} shows them"
            )
    if as_json:
        print_json(found)
    else:
        print("\n".join(lines))
