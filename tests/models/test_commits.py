"""A model of the hub is the same everywhere and later: its commit is resolved once."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from xlingual.families import Checkpoint

OLD, NEW = "0" * 40, "1" * 40


@pytest.fixture
def cache(tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache of a machine without network: `main` of a model is its old commit, and `next` a new one."""
    model = tmp_path / "hub" / "models--our--model"
    for commit in (OLD, NEW):
        shutil.copytree(tiny_checkpoint, model / "snapshots" / commit)
    config = model / "snapshots" / NEW / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"hidden_dropout_prob": 0.0}))
    (model / "refs").mkdir()
    (model / "refs" / "main").write_text(OLD)
    (model / "refs" / "next").write_text(NEW)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return model


def test_a_model_of_the_hub_has_its_commit_and_is_sent_to_others_by_it(cache: Path) -> None:
    found = Checkpoint.resolve("our/model")
    assert (found.name, found.commit, found.pinned) == ("our/model", OLD, f"our/model@{OLD}")
    other = Checkpoint.resolve("our/model@next")
    assert (other.commit, other.pinned) == (NEW, f"our/model@{NEW}")
    assert found.fingerprint != other.fingerprint


def test_a_commit_that_was_resolved_before_holds_when_the_branch_moved(cache: Path) -> None:
    before = Checkpoint.resolve("our/model")
    (cache / "refs" / "main").write_text(NEW)
    assert Checkpoint.resolve("our/model").commit == NEW
    again = Checkpoint.resolve("our/model", commit=OLD)
    assert (again.name, again.directory, again.pinned) == ("our/model", before.directory, before.pinned)
    assert Checkpoint.resolve(before.pinned).directory == before.directory


def test_a_local_directory_has_none(cache: Path) -> None:
    directory = cache / "snapshots" / OLD
    found = Checkpoint.resolve(str(directory))
    assert (found.commit, found.pinned) == (None, str(directory))
