"""Shared fixtures: a tiny encoder, tiny questions, and the developers' data if available."""

from __future__ import annotations

import functools
import gc
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import hypothesis
import pytest
from golden_messages import Messages

if TYPE_CHECKING:
    from fake_gpu import FakeGpu
    from robust_families import Family
    from s3_server import S3Server

    from xlingual.data.toy import ToyPaths

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_DEACTIVATE_ASYNC_LOAD", "1")  # loading a tiny model in threads is slower

# No deadlines, and the same examples at each run; HYPOTHESIS_PROFILE=default draws new ones.
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' folder of real data and a real small encoder; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip("needs the developers' data folder")
    return SHARED.resolve()


@pytest.fixture(scope="session")
def studies() -> ModuleType:
    """The builder of study records; test files cannot import each other with importlib imports."""
    path = Path(__file__).with_name("report") / "study_builder.py"
    spec = importlib.util.spec_from_file_location("study_builder", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def family_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Family]:
    """Tiny families by name, each written once a module."""
    from robust_families import FAMILIES, OF_PADDED_ROWS

    written = FAMILIES | OF_PADDED_ROWS
    return functools.cache(lambda name: written[name](tmp_path_factory.mktemp(name)))


@pytest.fixture
def gpu() -> Iterator[FakeGpu]:
    """A GPU that computes nothing and refuses to be waited for."""
    from fake_gpu import fake_gpu

    with fake_gpu() as found:
        yield found


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    """Use one thread: tiny models are slower on several, above all beside other processes."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Skip fsync in this process: what a test writes need not survive a power failure."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT that learns the tiny task."""
    from tiny_task import write_checkpoint

    return write_checkpoint(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="session")
def toy_storage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study storage with the default toy world, for tests that only read the world."""
    from xlingual.data.toy import ToyWorld, write_toy_world

    storage = tmp_path_factory.mktemp("toy_storage")
    write_toy_world(storage / "toy_worlds" / ToyWorld().fingerprint, ToyWorld())
    return storage


@pytest.fixture(scope="session")
def toy(toy_storage: Path) -> ToyPaths:
    """The default toy world, written once per session; tests only read it."""
    from xlingual.data.toy import ToyWorld, write_toy_world

    return write_toy_world(toy_storage / "toy_worlds" / ToyWorld().fingerprint, ToyWorld())


@pytest.fixture(scope="session")
def family_named(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Family]:
    """One of the families of `robust_families`, each made once."""
    from robust_families import FAMILIES

    return functools.cache(lambda name: FAMILIES[name](tmp_path_factory.mktemp(name)))


@pytest.fixture(scope="session")
def write_study(tmp_path_factory: pytest.TempPathFactory, tiny_checkpoint: Path) -> Callable[..., Path]:
    """Write a study file on the tiny task; keyword arguments replace whole sections, `folder` names its folder."""

    import tiny_task
    import yaml

    def write(name: str = "tiny", folder: str = "", **sections: Any) -> Path:
        directory = tmp_path_factory.mktemp(folder or name)
        tiny_task.write_data(directory / "data")
        definition = {
            "name": name,
            "question": "Does it work?",
            "model": str(tiny_checkpoint),
            "data": {
                "train": str(directory / "data" / "train.json"),
                "dev": "held-out-articles",
                "test": {"source": str(directory / "data" / "xquad"), "languages": ["en", "de", "es"]},
                "faq": {
                    "source": str(directory / "data" / "faq"),
                    "languages": ["de"],
                    "allow_shortage": True,
                    "filters": "off",
                    "passages": {"span": "answer", "answers": 4, "min_passage_characters": 1},
                },
            },
            "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 3},
            "training": {
                "updates": 12,
                "batch_size": 8,
                "micro_batch_size": 4,
                "learning_rate": {"log_uniform": [1e-4, 1e-2]},
                "precision": "fp32",
                "reports": 4,
            },
            "arms": {
                "plain": {"baseline": True},
                "both": {
                    "mixture": {"faq_share": {"uniform": [0.1, 0.5]}, "weights": {"de": 1.0}},
                    "robust": {"embedding_noise": {"magnitude": {"log_uniform": [0.01, 0.2]}}},
                },
            },
            "search": {"trials_per_arm": 3, "startup_trials": 2},
            "replicates": {"searches": 1, "seeds": 2},
            "storage": str(directory / "studies"),
        }
        path = directory / "study.yaml"
        path.write_text(yaml.safe_dump(definition | sections, sort_keys=False))
        return path

    return write


class Ended(NamedTuple):
    """Result of a command."""

    status: int
    output: str
    errors: str


Call = Callable[..., Ended]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line in this process."""

    def run(*arguments: object) -> Ended:
        from xlingual.cli import main

        monkeypatch.setattr(sys, "argv", ["xlingual", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return Ended(int(ended.value.code or 0), captured.out, captured.err)

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that updates the golden messages."""
    parser.addoption("--update-messages", action="store_true", help="write tests/messages.txt (not with -n)")


@pytest.fixture(scope="session")
def messages(request: pytest.FixtureRequest) -> Iterator[Messages]:
    """The golden messages of all tests."""
    update = request.config.getoption("--update-messages")
    assert not (update and "PYTEST_XDIST_WORKER" in os.environ), "one process writes the messages: leave -n out"
    made = Messages(update=update)
    yield made
    if update:
        made.write()


@pytest.fixture
def by_letter(messages: Messages, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare a message with this test's in `messages.txt`; `case` tells several apart."""

    def compare(message: str, case: str = "") -> None:
        messages.compare(getattr(request.node, "originalname", request.node.name), case, message)

    return compare


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3-compatible server with an empty bucket."""
    from s3_server import serving

    with serving(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The same, with an environment in which commands of this process use it."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture(params=[0o022, 0o007], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The umask that a test runs under."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def pytest_collection_finish() -> None:
    """Exclude objects that live forever (PyTorch, the tests themselves) from garbage collection."""
    gc.collect()
    gc.freeze()
