"""A process that ends without a word has one said for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from xlingual.search.last_word import sudden_end_line

SCRIPT = """
import os, signal
from xlingual.search.last_word import said_at_a_sudden_end

with said_at_a_sudden_end("error: gone; run it again", 2) as take_back:
    {end}
"""


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("os._exit(1)", 1, "error: gone; run it again\n"),
        ("os.kill(os.getpid(), signal.SIGKILL)", -9, "error: gone; run it again\n"),
        ("pass", 0, ""),
        ("take_back(); take_back(); os._exit(1)", 1, ""),
    ],
)
def test_it_is_said_when_nothing_else_can_be(end: str, status: int, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(end=end)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert (done.returncode, done.stderr) == (status, said)


def test_the_line_says_where_ray_said_more_and_how_to_go_on() -> None:
    line = sudden_end_line(Path("studies/toy/ray.log"))
    assert "studies/toy/ray.log" in line and "run the same command again" in line and "\n" not in line
