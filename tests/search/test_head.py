"""A head that is gone for too long is reported; one that comes back is not."""

from __future__ import annotations

import socket
import subprocess
import sys

from xlingual.search.head import HeadWatch, answers, head_watched, lost_line

ENDING = """
import os
from xlingual.search.head import end_with
end_with("error: the head, caf\\u00e9", os.dup(1), 1)
"""


class Head:
    """A head that responds to some checks, one per second."""

    def __init__(self, looks: str) -> None:
        self.looks, self.now = iter(looks), -1.0

    def answers(self) -> bool:
        self.now += 1
        return next(self.looks) == "+"

    def clock(self) -> float:
        return self.now


def test_it_is_lost_only_after_a_time_without_any_answer() -> None:
    head = Head("+--+-----+")
    watch = HeadWatch(head.answers, patience=3, clock=head.clock)
    assert [watch.is_lost() for _ in range(10)] == [False] * 6 + [True] * 3 + [False]


def test_an_open_port_answers_and_a_closed_one_does_not() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        assert not answers(address)
        listener.listen()
        assert answers(address)


def test_a_head_that_answers_is_left_in_peace() -> None:
    told: list[str] = []
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with head_watched(f"127.0.0.1:{listener.getsockname()[1]}", told.append, looks=0.001):
            listener.accept()[0].close()
    assert told == []


def test_the_line_says_how_to_go_on_and_the_process_ends() -> None:
    assert "10.0.0.1:6379" in lost_line("10.0.0.1:6379") and "run the same command" in lost_line("")
    ended = subprocess.run([sys.executable, "-c", ENDING], capture_output=True)
    assert (ended.returncode, ended.stdout) == (1, "error: the head, café\n".encode())
