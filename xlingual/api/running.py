"""Running a study from Python."""

from __future__ import annotations

from os import PathLike

from xlingual.activity import doing
from xlingual.api.opened_study import OpenedStudy
from xlingual.api.showing import Progress, check_progress, study_told
from xlingual.errors import XlingualError
from xlingual.progress import ScoreNames
from xlingual.study import Study, load_study

STAGES = ("search", "replicate", "test", "report")


class StudyInterrupted(KeyboardInterrupt):
    """A study that was interrupted; its records are whole, and the message says how it goes on."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


def run_study(
    study: Study | str | PathLike[str],
    storage: str | PathLike[str] | None = None,
    until: str = "report",
    address: str = "local",
    progress: Progress = "auto",
) -> OpenedStudy:
    """Run a study, or resume it: what its records have already is not done again.

    An interrupt (Ctrl-C, or a notebook's stop button) leaves the records whole; the same call goes on.

    Args:
        study: what `load_study` returned, or the path of a study file.
        storage: directory or URL of studies; None for the study's own `storage`. Records are written to STORAGE/NAME.
        until: last stage: `search`, `replicate`, `test`, or `report`, which adds nothing to the records.
        address: Ray cluster: `local` starts one for as long as the call lasts, `auto` joins the one of this machine;
            else HOST:PORT.
        progress: `auto` draws one output of a notebook, or a live table in a terminal, or else writes lines; `lines`
            and `json` write to standard output; `none` shows nothing.

    Returns:
        The study, opened. Arms or replicates that failed for good are in its `failures`; they raise nothing.

    Raises:
        StudyFileError: when the study file is wrong; with all mistakes and their lines.
        XlingualError: for everything else that the user has to mend, in one line.
        StudyInterrupted: after an interrupt.
    """
    if until not in STAGES:
        raise XlingualError(f"until: found {until!r}; write one of {', '.join(STAGES)}")
    check_progress(progress)
    checked = study if isinstance(study, Study) else load_study(study)
    try:
        with study_told(progress, ScoreNames.of_study(checked, until)) as view:
            with doing("loading PyTorch and Ray"):
                from xlingual.records.layout import StudyDirectory
                from xlingual.search.driver import drive, study_path
                from xlingual.trackers.background import tracked

            path = study_path(checked, None if storage is None else str(storage))
            with tracked(checked, StudyDirectory(path), view) as listener:
                directory = drive(checked, path, until=until, address=address, listener=listener)
    except KeyboardInterrupt:
        raise StudyInterrupted("finished work is kept, and the same call of run_study goes on from there") from None
    return OpenedStudy(directory.path)
