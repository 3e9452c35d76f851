"""A node's storage is the driver's when each reads what the other wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.search.storage_probe import StorageProbe, storage_of_node

NODE = "a1b2"


def asked(study: Path, seen_there: Path) -> str | None:
    """Ask a node that finds `seen_there` under the name of the study's directory."""
    probe = StorageProbe(study)
    with probe.open() as fault:
        assert fault is None
        told = storage_of_node(NODE, str(seen_there / probe.folder.name), probe.token)
        return probe.difference(NODE, told)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    (tmp_path / "study").mkdir()
    return tmp_path / "study"


def test_shared_storage_passes_and_nothing_stays_there(study: Path) -> None:
    assert asked(study, study) is None
    assert list(study.iterdir()) == []


def test_a_directory_of_the_same_name_that_is_not_shared_is_told(study: Path, tmp_path: Path, by_letter: Any) -> None:
    (tmp_path / "other").mkdir()
    told = asked(study, tmp_path / "other")
    assert f"{study} is not shared" in told
    by_letter(told.replace(str(study), "STUDY"))
    assert list((tmp_path / "other").iterdir()) == []


def test_a_node_that_reads_and_does_not_write_is_told(study: Path) -> None:
    probe = StorageProbe(study)
    with probe.open():
        (probe.folder / NODE).mkdir()
        told = probe.difference(NODE, storage_of_node(NODE, str(probe.folder), probe.token))
    assert told == f"{study} cannot be written there (Is a directory)"


def test_a_node_whose_writing_does_not_arrive_is_told(study: Path, by_letter: Any) -> None:
    probe = StorageProbe(study)
    with probe.open():
        told = probe.difference(NODE, None)
    assert f"{study} is another directory there" in told
    by_letter(told.replace(str(study), "STUDY"))


def test_a_driver_that_cannot_write_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with StorageProbe(tmp_path / "file").open() as fault:
        assert fault == "cannot be written there (Not a directory)"
