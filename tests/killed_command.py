"""A study's command in a process that a test can kill; a module, because another process imports it."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from typing import Any


class Silent:
    """A listener that ignores everything."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


def command(path: str, storage: str, address: str, concurrent: int, log: str) -> None:
    """One command in a separate process."""
    from xlingual.search.driver import drive, study_path
    from xlingual.study import load_study

    stream = open(log, "a", buffering=1)  # noqa: SIM115 (the process may be killed)
    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)
    warnings.simplefilter("ignore")
    try:
        study = load_study(path, (f"scaling.concurrent_trials={concurrent}",))
        drive(study, study_path(study, storage), until="report", address=address, listener=Silent())
    except BaseException:
        traceback.print_exc()
        sys.exit(1)
