"""An archive of a study's records: always the same bytes, and the same report elsewhere."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from xlingual.records.layout import StudyDirectory


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> StudyDirectory:
    """A finished study, with all that an archive leaves out."""
    directory: StudyDirectory = studies.finished_study(tmp_path / "here").directory
    trial = directory.trial("baseline-1-seed-1")
    for left_out in (
        directory.lock, directory.ray_output, directory.path / "ray" / "x" / "state.json", trial.checkpoint, trial.lock,
        trial.model / "model.safetensors", trial.model / "config.json", trial.path / "training.lock.guard",
        directory.path / ".journal.jsonl.partial-1", trial.predictions("xquad", "de").with_suffix(".parquet"),
    ):  # fmt: skip
        left_out.parent.mkdir(parents=True, exist_ok=True)
        left_out.write_text("left out")
    return directory


def unpacked(archive: Path, folder: Path) -> Path:
    """The study's directory, as the user's own tar unpacks it."""
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "small"


def test_the_report_and_the_status_of_an_archive_are_the_same_elsewhere(
    study: StudyDirectory, tmp_path: Path, call: Any
) -> None:
    printed = [call(*command).output for command in (("report", study.path), ("status", study.path, "--json"))]
    numbers = call("report", study.path, "--json").output
    ended = call("export", study.path, tmp_path / "small.tar.gz")
    assert ended.status == 0, ended.errors
    elsewhere = unpacked(tmp_path / "small.tar.gz", tmp_path / "there")
    shutil.rmtree(study.path)
    again = [call(*command).output for command in (("report", elsewhere), ("status", elsewhere, "--json"))]
    assert printed == again and "mean of" in printed[0]
    assert call("report", elsewhere, "--json").output == numbers
    assert json.loads(numbers)["arms"]["webfaq"]["mean"]["f1"]


def test_an_archive_holds_records_alone_each_as_it_is(study: StudyDirectory, tmp_path: Path, call: Any) -> None:
    whole = study.journal.read_bytes()
    with study.journal.open("ab") as stream:
        stream.write(b'{"event": "torn')
    found = json.loads(call("export", study.path, tmp_path / "small.tgz", "--json").output)
    elsewhere = unpacked(tmp_path / "small.tgz", tmp_path / "there")
    kept = {path.relative_to(elsewhere): path.read_bytes() for path in elsewhere.rglob("*") if path.is_file()}
    assert found["files"] == len(kept) and b"left out" not in kept.values()
    assert kept.pop(Path("journal.jsonl")) == whole
    assert Path("trials/baseline-1-seed-1/predictions/xquad/de.jsonl") in kept
    assert {(study.path / path).read_bytes() == content for path, content in kept.items()} == {True}
    left_out = {path.relative_to(study.path) for path in study.path.rglob("*") if path.is_file()} - {*kept}
    assert len(left_out) == 11  # ten, and the journal


def test_the_same_records_give_the_same_bytes(study: StudyDirectory, tmp_path: Path, call: Any) -> None:
    """Whenever and wherever, and in whatever order the file system lists them."""
    copy = tmp_path / "elsewhere" / "renamed"
    shutil.copytree(study.path, copy)
    for path in sorted(copy.rglob("*"), reverse=True):
        os.utime(path, (1.0, 1.0))
        path.chmod(0o700)
    first, second = (
        json.loads(call("export", path, tmp_path / f"{number}.tar.gz", "--json").output)
        for number, path in enumerate((study.path, copy))
    )
    assert first["sha256"] == second["sha256"] and first["study"] == "small"
    assert (tmp_path / "0.tar.gz").read_bytes() == (tmp_path / "1.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "0.tar.gz") as tar:
        entries = tar.getmembers()
    assert [one.name for one in entries] == sorted(one.name for one in entries)
    assert {(one.mtime, one.uid, one.gid, one.uname, one.mode, one.isreg()) for one in entries} == {
        (0, 0, 0, "", 0o644, True)
    }


@pytest.mark.parametrize("case", ["is there", "other ending", "no study"])
def test_an_archive_is_refused_in_one_line(
    case: str, study: StudyDirectory, tmp_path: Path, call: Any, by_letter: Any
) -> None:
    target = tmp_path / ("small.zip" if case == "other ending" else "small.tar.gz")
    if case == "is there":
        target.write_text("precious")
    ended = call("export", tmp_path / "none" if case == "no study" else study.path, target)
    assert ended.status == 1 and ended.errors.count("\n") == 1
    assert target.exists() == (case == "is there")
    by_letter(ended.errors.strip().replace(str(tmp_path), "FOLDER"), case)
