"""`xlingual export`: a study's records as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xlingual.cli.options import AsJson, StudyDir, local_path
from xlingual.cli.output import print_json


def export(
    study_dir: StudyDir,
    archive: Annotated[
        Path, typer.Argument(metavar="FILE.tar.gz", parser=local_path, help="The archive; it must not be there yet.")
    ],
    as_json: AsJson = False,
) -> None:
    """Write a study's records as one file, without data and models; unpacked elsewhere, it gives the same report."""
    from xlingual.archive.records_archive import write_archive
    from xlingual.progress.activities import activities_shown
    from xlingual.records.attached import study_directory
    from xlingual.records.layout import StudyDirectory

    with activities_shown():
        made = write_archive(StudyDirectory(study_directory(study_dir)), archive)
    if as_json:
        print_json(made.as_json())
    else:
        print(f"{made.file}: {made.files} files of study {made.study}, {made.bytes:,} bytes, sha256 {made.sha256}")
