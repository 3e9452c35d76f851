"""Ray's standard error goes to a file, and nothing else does."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xlingual.errors import StorageError
from xlingual.search.ray_output import kept_in

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
