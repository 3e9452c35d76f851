"""Ray's standard error goes to a file, and nothing else does."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xlingual.activity import VERBOSE, told
from xlingual.errors import StorageError
from xlingual.search.ray_output import kept_in, libraries_kept_in

PROGRAM = """
import logging, os, subprocess, sys
from pathlib import Path
import ray
from ray._private import worker
from xlingual.search.ray_output import kept_in
with kept_in(Path(sys.argv[1])) as terminal:
    os.write(2, b"from C++\\n")
    logging.getLogger("ray.tune").error("from Python")
    subprocess.run([sys.executable, "-c", "import sys; print('from a child', file=sys.stderr)"])
    worker.print_to_stdstream({"lines": ["a worker died"], "pid": "raylet", "is_err": False}, ignore_prefix=False)
    print("progress")
    print("busy", file=sys.stderr)
    os.write(terminal, b"told at once\\n")
print("after", file=sys.stderr)
logging.getLogger("ray").error("Ray again")
"""


def test_it_goes_to_the_file_while_progress_and_errors_do_not(tmp_path: Path) -> None:
    log = tmp_path / "ray.log"
    log.write_text("of an earlier command\n")
    ended = subprocess.run([sys.executable, "-c", PROGRAM, str(log)], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "progress\n", ended.stderr)
    assert ended.stderr.startswith("busy\ntold at once\nafter\n") and "Ray again" in ended.stderr
    of_this_one = "from C++\nfrom Python\nfrom a child\n(raylet) a worker died\n"
    assert log.read_text() == f"of an earlier command\n{of_this_one}"


def test_standard_error_comes_back_after_an_error_too(tmp_path: Path) -> None:
    before = os.fstat(2).st_ino
    with pytest.raises(ValueError, match="x"), kept_in(tmp_path / "study" / "ray.log"):
        raise ValueError("x")
    assert os.fstat(2).st_ino == before and (tmp_path / "study" / "ray.log").exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"), kept_in(tmp_path / "file" / "ray.log"):
        pass


def test_a_file_that_takes_nothing_more_troubles_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with kept_in(Path("/dev/full")):
        logging.getLogger("ray.tune").error("a trial failed")
        os.write(1, b"progress\n")
    assert capfd.readouterr() == ("progress\n", "")


LIBRARIES = """
import logging, sys, warnings
from pathlib import Path
from xlingual.activity import told
from xlingual.search.ray_output import libraries_kept_in
with told(sys.argv[2]), libraries_kept_in(Path(sys.argv[1])):
    import huggingface_hub  # adds a handler for standard error to its logger
    logging.getLogger("huggingface_hub").error("from the hub's library")
    logging.getLogger("httpx").warning("from another")
    warnings.warn("a warning")
    logging.getLogger("xlingual.progress").warning("from this program")
    print("busy", file=sys.stderr)
logging.getLogger("httpx").warning("after")
"""


@pytest.mark.parametrize("loudness", ["normal", "verbose"])
def test_libraries_write_to_the_file_unless_they_are_to_be_heard(loudness: str, tmp_path: Path) -> None:
    log = tmp_path / "ray.log"
    done = subprocess.run([sys.executable, "-c", LIBRARIES, str(log), loudness], capture_output=True, text=True)
    theirs = ["from the hub's library", "from another", "UserWarning: a warning"]
    if loudness == "verbose":
        assert not log.exists()
        assert all(line in done.stderr for line in [*theirs, "from this program", "busy", "after"])
    else:
        assert done.stderr.splitlines() == ["from this program", "busy", "after"]
        assert all(line in log.read_text() for line in theirs)


def test_ray_writes_to_standard_error_if_it_is_to_be_heard(tmp_path: Path) -> None:
    with told(VERBOSE), kept_in(tmp_path / "ray.log") as terminal, libraries_kept_in(tmp_path / "ray.log"):
        assert terminal == 2
        assert logging.getLogger("datasets").level == logging.INFO
    assert list(tmp_path.iterdir()) == []
    assert logging.getLogger("datasets").level != logging.INFO
