"""Workers import the driver's copy of the package, whatever is in their working directory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ray import cloudpickle

import xlingual
from xlingual.search.worker_code import use_package

WORKER = """
import pickle, sys
sys.path.insert(0, {here!r})
with open({pickled!r}, "rb") as file:
    pickle.load(file)()
import xlingual
print(xlingual.__file__)
import xlingual.errors
print(xlingual.errors.__file__)
"""


@pytest.fixture
def worker(tmp_path: Path) -> Path:
    """A program that imports like a worker, in a directory with another package of the same name."""
    (tmp_path / "xlingual").mkdir()
    (tmp_path / "xlingual" / "__init__.py").write_text("")
    (tmp_path / "xlingual" / "errors.py").write_text("")
    return tmp_path


def imported(directory: Path, package: Path | None) -> list[Path]:
    (directory / "begin").write_bytes(cloudpickle.dumps(use_package(package)))
    program = WORKER.format(here=str(directory), pickled=str(directory / "begin"))
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=directory)
    return [Path(line).parent for line in done.stdout.split()]


def test_the_drivers_copy_is_taken_and_all_of_its_modules(worker: Path) -> None:
    assert imported(worker, None) == [Path(xlingual.__file__).parent] * 2


def test_where_the_drivers_copy_is_not_on_the_node_the_nodes_own_is_taken(worker: Path) -> None:
    assert imported(worker, worker / "absent") == [worker / "xlingual"] * 2
