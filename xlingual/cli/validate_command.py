"""`xlingual validate`: every mistake of a study file."""

from __future__ import annotations

from dataclasses import asdict

from xlingual.cli.options import AsJson, Overrides, StudyFile
from xlingual.cli.output import print_json
from xlingual.errors import StudyFileError
from xlingual.task_metrics import counted


def validate(study: StudyFile, overrides: Overrides = None, as_json: AsJson = False) -> None:
    """Check a study file; exit status 0, or 1 with FILE:LINE: message."""
    from xlingual.study import load_study

    try:
        checked = load_study(study, overrides or ())
    except StudyFileError as error:
        if as_json:
            problems = [asdict(problem) for problem in error.problems]
            print_json({"file": study, "valid": False, "study": None, "arms": [], "problems": problems})
        raise
    if as_json:
        found = {"file": study, "valid": True, "study": checked.name, "arms": list(checked.arms), "problems": []}
        print_json(found)
    else:
        print(f"{study}: study {checked.name} with {counted(len(checked.arms), 'arms')} is valid")
