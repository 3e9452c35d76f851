"""A process compares its node with the driver before it trains there."""

from __future__ import annotations

import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from xlingual.errors import NodeError
from xlingual.models.checkpoint_directory import checkpoint_fingerprint
from xlingual.search.failures import PLACE, failure_of
from xlingual.search.node_probe import facts_of_node
from xlingual.search.own_node import Expected, check_software, model_here

FACTS = facts_of_node()


@pytest.fixture
def copied(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))


def test_software_like_the_drivers_passes() -> None:
    check_software(Expected(FACTS))


@pytest.mark.parametrize(
    ("differing", "said"),
    [
        ({"python": "3.9.1"}, "its Python is .*, here it is 3.9.1"),
        ({"versions": {**FACTS["versions"], "torch": "1.0"}}, "its torch is .*, here it is 1.0"),
        ({"code": "0123456789abcdef", "package": "/home/me/xlingual"}, "has other code than the one of this command"),
    ],
)
def test_other_software_is_the_nodes_fault_and_not_the_trials(differing: dict[str, object], said: str) -> None:
    with pytest.raises(NodeError, match=f"its node cannot take part: .*{said}") as refused:
        check_software(Expected({**FACTS, **differing}))
    assert failure_of(refused.value).kind == PLACE


def test_the_drivers_model_is_found(copied: Path, tmp_path: Path) -> None:
    found = model_here(str(copied), checkpoint_fingerprint(copied), tmp_path / "memory")
    assert found == copied


def test_a_model_of_other_content_is_the_nodes_fault(copied: Path, tmp_path: Path) -> None:
    here = checkpoint_fingerprint(copied)
    with pytest.raises(NodeError) as refused:
        model_here(str(copied), "0123456789abcdef", tmp_path / "memory")
    assert str(refused.value) == (
        f"its copy of the model {copied} has other content than this command's ({here}, not 0123456789abcdef, in "
        f"{copied}); copy the model to the same path there, or name one on storage that all nodes share"
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "/models/absent",
            "the model /models/absent cannot be loaded there (not a directory (/models/absent)); copy the model to the "
            "same path there, or name one on storage that all nodes share",
        ),
        (
            f"our/model@{'a' * 40}",
            f"the model our/model@{'a' * 40} cannot be loaded there (not a local directory, not in the hub's cache, "
            "and HF_HUB_OFFLINE is set); let that node reach the hub, or copy this machine's cache there (HF_HOME)",
        ),
    ],
)
def test_a_model_that_is_not_there_is_the_nodes_fault(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(NodeError) as refused:
        model_here(name, "0123456789abcdef", tmp_path / "memory")
    assert str(refused.value) == message


def test_processes_of_a_node_that_begin_together_hash_the_model_once(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint, hashed, together = checkpoint_fingerprint(copied), [], threading.Barrier(3, timeout=60)

    def count(directory: Path) -> str:
        hashed.append(directory)
        return fingerprint

    def begin(_: int) -> Path:
        together.wait()
        return model_here(str(copied), fingerprint, tmp_path / "memory")

    monkeypatch.setattr("xlingual.models.remembered_fingerprint.checkpoint_fingerprint", count)
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(begin, range(3))) == [copied] * 3
    assert hashed == [copied]
