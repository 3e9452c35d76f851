"""What tests of several rooms share: a tiny encoder, tiny questions, the developers' data where it is there."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_DEACTIVATE_ASYNC_LOAD", "1")  # threads that load a tiny model cost more than its loading

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' folder of real data and a real small encoder; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the developers' data folder")
    return SHARED.resolve()


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Tiny models are slower on several threads, and much slower beside other processes."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT that learns the tiny task."""
    from tiny_task import write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(params=[0o022, 0o007], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The umask that a test runs under."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def pytest_collection_finish() -> None:
    """What is there for all tests (PyTorch, the tests themselves) is not looked through again at each collection."""
    gc.collect()
    gc.freeze()
