"""A study that uses what a package adds from outside runs whole: interrupted, gone on with, recorded and reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from extension_package import ARM, call, install

from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state


@pytest.mark.real
def test_a_study_of_methods_of_another_package_runs_whole(write_study: Callable[..., Path], tmp_path: Path) -> None:
    """Ray's workers find the package as the command does; this process does not know it.

    The default run has `tests/test_extension.py`, where one process trains with the same package.
    """
    package = install(tmp_path / "more")
    path = write_study(
        "extended_whole",
        training={
            "updates": 4, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 3e-3, "precision": "fp32",
            "reports": 2,
        },
        arms={"plain": {"baseline": True}, "extended": ARM},
        search={"trials_per_arm": 1},
        replicates={"searches": 1, "seeds": 1},
    )  # fmt: skip
    directory = StudyDirectory(path.parent / "studies" / "extended_whole")
    first = call("run", path, "--until", "search", folders=(package,))
    assert first.returncode == 0, first.stdout + first.stderr
    second = call("run", path, "--json", folders=(package,))
    assert second.returncode == 0, second.stdout + second.stderr
    summary = json.loads(second.stdout.splitlines()[-1])
    robust = summary["arms"]["extended"]["configuration"]["robust"]
    assert set(robust) == {"token_dropout", "reversal"} and summary["complete"] is True
    (replicate,) = (one for one in read_state(directory).replicates if one.arm == "extended")
    card = (directory.trial(replicate.fingerprint).model / "README.md").read_text()
    assert "by Sign Descent" in card and "Robust training: reversal, token dropout" in card
    absent = call("report", directory.path)
    assert absent.returncode == 1 and "Traceback" not in absent.stderr
    assert "a record names this method of robust training, which no installed package adds" in absent.stderr
