from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from xlingual.models.checkpoint_directory import checkpoint_fingerprint
from xlingual.models.remembered_fingerprint import remembered_fingerprint


@pytest.fixture
def copied(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))


def test_a_checkpoint_is_not_hashed_again_while_its_files_are_the_same(copied: Path, tmp_path: Path) -> None:
    folder, config = tmp_path / "memory", copied / "config.json"
    first = remembered_fingerprint(copied, folder)
    assert first == checkpoint_fingerprint(copied)
    before = config.stat()
    config.write_bytes(config.read_bytes().replace(b" ", b"\n", 1))  # in place, and as long
    os.utime(config, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert checkpoint_fingerprint(copied) != first
    assert remembered_fingerprint(copied, folder) == first


def test_it_is_hashed_again_when_a_file_changed_or_was_replaced(copied: Path, tmp_path: Path) -> None:
    folder, config = tmp_path / "memory", copied / "config.json"
    first = remembered_fingerprint(copied, folder)
    before = config.stat()
    (tmp_path / "other").write_bytes(config.read_bytes().replace(b" ", b"\n", 1))
    os.utime(tmp_path / "other", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(tmp_path / "other", config)
    second = remembered_fingerprint(copied, folder)
    assert second == checkpoint_fingerprint(copied) != first
    (copied / "vocab.txt").write_text("one more file")
    assert remembered_fingerprint(copied, folder) == checkpoint_fingerprint(copied) != second


def test_a_memory_that_was_cut_short_is_made_again(copied: Path, tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    first = remembered_fingerprint(copied, folder)
    (memory,) = folder.glob("*.json")
    memory.write_text("{")
    assert remembered_fingerprint(copied, folder) == first
