"""Each check of `xlingual doctor`, fed with made-up facts."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from xlingual.doctor.accelerators import Gpus, check_bf16, check_gpus
from xlingual.doctor.finding import OK, PROBLEM, WARNING, Finding
from xlingual.doctor.hub import Hub, check_hub, within
from xlingual.doctor.machine import GIB, Machine, check_cpus, check_memory, check_open_files, check_shared_memory
from xlingual.doctor.ray_here import Cluster, Token, check_cluster, check_temporary_path, check_token
from xlingual.doctor.software import Software, check_packages, check_python
from xlingual.doctor.storage import Storage, check_storage

SOFTWARE = Software("3.11.7", ">=3.10", ("3.11",), {"ray": "<2.61,>=2.60", "typer": ">=0.20"}, {"ray": "2.60.0"})
MACHINE = Machine(cpus=8, usable_cpus=8, memory=64 * GIB, shared=32 * GIB, files=65536)
NO_GPU = Gpus("", (), (), "2.13.0+cpu")
GPU = Gpus("570.86", ("NVIDIA H200",) * 2, ("NVIDIA H200",) * 2, "2.13.0+cu129", bf16=True)
TOKEN = Token("/home/me/.ray/auth_token", is_there=False, is_open=False, mode="")
CLUSTER = Cluster("auto", is_asked=False, refusal=None, wants_token=True)
HUB = Hub("https://hub.example", False, "", "/cache", 2, 1)
STORAGE = Storage("studies", None, 100 * GIB)

CASES: dict[str, tuple[str, Callable[[], Finding]]] = {
    "Python is fine": (OK, lambda: check_python(SOFTWARE)),
    "Python is newer": (WARNING, lambda: check_python(replace(SOFTWARE, python="3.13.1"))),
    "Python is too old": (PROBLEM, lambda: check_python(replace(SOFTWARE, python="3.9.2"))),
    "Python, no tested one": (OK, lambda: check_python(replace(SOFTWARE, python_tested=()))),
    "CPUs": (OK, lambda: check_cpus(MACHINE)),
    "CPUs, some taken away": (WARNING, lambda: check_cpus(replace(MACHINE, usable_cpus=2))),
    "memory": (OK, lambda: check_memory(MACHINE)),
    "memory is little": (WARNING, lambda: check_memory(replace(MACHINE, memory=4 * GIB))),
    "memory is too little": (PROBLEM, lambda: check_memory(replace(MACHINE, memory=GIB))),
    "memory is unknown": (WARNING, lambda: check_memory(replace(MACHINE, memory=None))),
    "shared memory": (OK, lambda: check_shared_memory(MACHINE)),
    "shared memory of a container": (WARNING, lambda: check_shared_memory(replace(MACHINE, shared=64 << 20))),
    "shared memory of much memory": (OK, lambda: check_shared_memory(replace(MACHINE, memory=2048 * GIB,
                                                                            shared=200 * GIB))),
    "no shared memory": (OK, lambda: check_shared_memory(replace(MACHINE, shared=None))),
    "open files": (OK, lambda: check_open_files(MACHINE)),
    "few open files": (WARNING, lambda: check_open_files(replace(MACHINE, files=1024))),
    "no GPU": (OK, lambda: check_gpus(NO_GPU)),
    "GPUs": (OK, lambda: check_gpus(GPU)),
    "GPUs, one hidden": (OK, lambda: check_gpus(replace(GPU, by_torch=("NVIDIA H200",), hidden="0"))),
    "GPUs, all hidden": (WARNING, lambda: check_gpus(replace(GPU, by_torch=(), hidden=""))),
    "GPUs that PyTorch cannot use": (PROBLEM, lambda: check_gpus(replace(GPU, by_torch=(), torch="2.13.0+cpu"))),
    "GPUs that fail": (PROBLEM, lambda: check_gpus(replace(GPU, fault="CUDA error: no kernel image"))),
    "bf16 of GPUs": (OK, lambda: check_bf16(GPU, None)),
    "no bf16 of GPUs": (OK, lambda: check_bf16(replace(GPU, bf16=False), None)),
    "bf16 is fast": (OK, lambda: check_bf16(NO_GPU, 2.31)),
    "bf16 is slow": (OK, lambda: check_bf16(NO_GPU, 0.25)),
    "bf16 was not measured": (WARNING, lambda: check_bf16(NO_GPU, None)),
    "no token": (OK, lambda: check_token(TOKEN)),
    "a token": (OK, lambda: check_token(replace(TOKEN, is_there=True))),
    "a token of all": (WARNING, lambda: check_token(replace(TOKEN, is_there=True, is_open=True))),
    "a token is asked for": (WARNING, lambda: check_token(replace(TOKEN, mode="token"))),
    "no cluster": (OK, lambda: check_cluster(None)),
    "a cluster with a token": (OK, lambda: check_cluster(CLUSTER)),
    "an open cluster": (WARNING, lambda: check_cluster(replace(CLUSTER, wants_token=False))),
    "a cluster that does not answer": (WARNING, lambda: check_cluster(replace(CLUSTER, refusal="nobody; start it"))),
    "a cluster that was asked for": (PROBLEM, lambda: check_cluster(replace(CLUSTER, refusal="nobody; start it",
                                                                           is_asked=True))),
    "the hub": (OK, lambda: check_hub(HUB)),
    "the hub is away": (WARNING, lambda: check_hub(replace(HUB, refusal="no answer"))),
    "the hub and caches": (WARNING, lambda: check_hub(replace(HUB, refusal="no answer", models=0, data_sets=0))),
    "offline": (OK, lambda: check_hub(replace(HUB, is_offline=True))),
    "offline without caches": (WARNING, lambda: check_hub(replace(HUB, is_offline=True, models=0, data_sets=0))),
    "storage": (OK, lambda: check_storage(STORAGE)),
    "storage is nearly full": (WARNING, lambda: check_storage(replace(STORAGE, free=GIB))),
    "storage at a URL": (OK, lambda: check_storage(Storage("s3://bucket/studies", None, None))),
    "storage is read-only": (PROBLEM, lambda: check_storage(replace(STORAGE, refusal="cannot be written (Read-only)"))),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_AUTH_MODE", raising=False)


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_its_state_and_line(case: str, by_letter: Callable[..., None]) -> None:
    state, check = CASES[case]
    finding = check()
    assert finding.state == state
    assert finding.write or state == OK  # what is not well has a remedy
    by_letter(finding.line(), case)


def lines(found: Iterator[Finding]) -> list[str]:
    return [finding.line() for finding in found]


def test_packages_are_one_line_if_all_fit_else_one_each() -> None:
    fitting = replace(SOFTWARE, installed={"ray": "2.60.0", "typer": "0.29.2"})
    assert lines(check_packages(fitting)) == ["ok       packages: all 2 in the tested ranges (ray 2.60.0)"]
    assert lines(check_packages(replace(SOFTWARE, installed={"ray": "2.61.0"}))) == [
        "problem  ray: 2.61.0, tested is >=2.60 and <2.61; write `pip install 'ray<2.61,>=2.60'`",
        "problem  typer: missing, tested is >=0.20; write `pip install 'typer>=0.20'`",
    ]
    (absent,) = check_packages(replace(SOFTWARE, required=None))
    assert (absent.state, absent.found) == (PROBLEM, "xlingual is not installed here")


def test_the_ranges_are_those_of_the_package() -> None:
    found = Software.here()
    assert found.required is not None
    assert found.required["ray"] == "<2.61,>=2.60"
    assert "pytest" not in found.required  # of an extra
    assert [finding.state for finding in check_packages(found)] == [OK]


def test_a_temporary_path_that_is_too_long_for_sockets_has_a_remedy(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90)
    found = check_temporary_path({"RAY_TMPDIR": str(deep)})
    assert found.state == PROBLEM
    assert "bytes too long for Unix sockets" in found.found
    assert found.write.startswith("write a short path")
    short = check_temporary_path({"RAY_TMPDIR": "/tmp"})
    assert (short.state, short.found) == (OK, "/tmp is short enough for Ray's sockets")
    elsewhere = check_temporary_path({"TMPDIR": str(deep)}, ("/tmp",))
    assert elsewhere.found == f"TMPDIR={deep} does not suit Ray's sockets, so they go to /tmp/ray"


def test_a_token_is_looked_for_where_ray_looks(tmp_path: Path) -> None:
    place = tmp_path / "token"
    environment = {"RAY_AUTH_TOKEN_PATH": str(place), "RAY_AUTH_MODE": "token"}
    assert Token.here(environment) == Token(str(place), is_there=False, is_open=False, mode="token")
    place.write_text("secret")
    place.chmod(0o640)
    assert Token.here(environment).is_open
    place.chmod(0o600)
    assert Token.here(environment) == Token(str(place), is_there=True, is_open=False, mode="token")
    assert Token.here({"RAY_AUTH_TOKEN": "secret"}).place == "RAY_AUTH_TOKEN"


def test_the_hub_is_waited_for_no_longer_than_said() -> None:
    never = threading.Event()
    assert within(0.01, lambda: never.wait() and None) == "no answer in 0.01 s"
    never.set()
    assert within(60.0, lambda: None) == ""

    def refused() -> None:
        raise OSError("no route\nto host")

    assert within(60.0, refused) == "no route"


def test_storage_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "new" / "studies"
    found = Storage.at(str(place))
    assert found.refusal is None and found.free
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    assert Storage.at(str(tmp_path / "file")).refusal == "cannot be written (Not a directory)"
    assert os.listdir(tmp_path) == ["file"]


def test_a_wrong_url_is_told_without_asking_anybody() -> None:
    found = check_storage(Storage.at("ftp://bucket/studies"))
    assert found.state == PROBLEM
    assert "s3://BUCKET/PREFIX" in found.found
