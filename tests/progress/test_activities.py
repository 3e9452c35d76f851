"""No silence for more than two seconds, and no lines about short activities."""

from __future__ import annotations

import io
import threading
from itertools import pairwise

import pytest
from rich.console import Console

from xlingual.activity import Activities, doing
from xlingual.progress import ScoreNames, study_shown
from xlingual.progress.activities import (
    ActivityLines,
    activities_shown,
    activity_line,
    activity_text,
    every,
    quiet_seconds,
)


class Clock:
    """A manual clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def written(clock: Clock, activities: Activities, seconds: int) -> list[tuple[float, str]]:
    """Lines and when they are written, checked four times per second."""
    stream, found = io.StringIO(), []
    lines = ActivityLines(Console(file=stream, width=20), activities)
    for _ in range(4 * seconds):
        clock.now += 0.25
        stream.truncate(0)
        stream.seek(0)
        lines.look()
        if stream.getvalue():
            found.append((clock.now, stream.getvalue().rstrip("\n")))
    return found


def test_a_log_is_never_silent_for_two_seconds_from_the_start_of_the_process_on(clock: Clock) -> None:
    activities = Activities(clock)
    with activities.doing("loading [the] model"):
        found = written(clock, activities, 5)
    assert found == [
        (1, "loading [the] model: 1 s"),
        (2.5, "loading [the] model: 2 s"),
        (4, "loading [the] model: 4 s"),
    ]


def test_short_activities_one_after_another_are_not_silent_either(clock: Clock) -> None:
    activities = Activities(clock)
    stream = io.StringIO()
    lines = ActivityLines(Console(file=stream), activities)
    for number in range(6):
        with activities.doing(f"part {number}"):
            clock.now += 0.75
            lines.look()
    assert stream.getvalue().splitlines() == ["part 1: 1 s", "part 3: 1 s", "part 5: 1 s"]


def test_a_log_of_hours_stays_readable(clock: Clock) -> None:
    activities = Activities(clock)
    with activities.doing("training"):
        times = [when for when, _ in written(clock, activities, 3600)]
    gaps = {after - before for before, after in pairwise(times)}
    assert gaps == {1.5, 30.0}
    assert len(times) < 510
    assert (quiet_seconds(599), quiet_seconds(600)) == (1.5, 30)


def test_nothing_is_written_while_nothing_goes_on(clock: Clock) -> None:
    activities = Activities(clock)
    assert written(clock, activities, 10) == []
    with activities.doing("scoring"):
        assert [when for when, _ in written(clock, activities, 2)] == [11]


def test_what_is_counted_says_how_much_is_left(clock: Clock) -> None:
    activities = Activities(clock)
    activity = activities.begin("answering questions", 400)
    assert activity_text(activity, 30) == "answering questions: 0 of 400, 30 s"
    activity.reach(100)
    assert activity_text(activity, 30) == "answering questions: 100 of 400, 30 s, about 1 min 30 s left"
    activity.reach(400)
    assert activity_text(activity, 30) == "answering questions: 400 of 400, 30 s"
    activity.reach(5, 0)
    assert activity_text(activity, 30) == "answering questions: 30 s"


def test_a_terminal_shows_what_is_no_longer_young(clock: Clock) -> None:
    activities = Activities(clock)
    assert not activity_line(activities)
    activities.begin("loading")
    assert not activity_line(activities)
    clock.now = 2
    assert activity_line(activities).plain == "loading: 2 s"


class Heard(io.StringIO):
    """A stream that records when text with a certain word was written."""

    def __init__(self, word: str) -> None:
        super().__init__()
        self._word, self.event = word, threading.Event()

    def write(self, text: str) -> int:
        if self._word in text:
            self.event.set()
        return super().write(text)


@pytest.mark.parametrize("terminal", [False, True])
def test_what_goes_on_is_seen_from_a_thread_while_it_goes_on(clock: Clock, terminal: bool) -> None:
    stream, activities = Heard("hashing"), Activities(clock)
    console = Console(file=stream, force_terminal=terminal, width=80, _environ={"TERM": "xterm"})
    with activities_shown(console, activities), doing("hashing"):
        clock.now = 5
        assert stream.event.wait(30)
    assert activities.innermost is None


def test_a_command_that_is_quick_says_nothing(clock: Clock) -> None:
    stream = io.StringIO()
    with activities_shown(Console(file=stream), Activities(clock)), doing("hashing"):
        pass
    assert stream.getvalue() == ""


def test_a_reader_that_has_gone_ends_the_telling_and_not_the_work() -> None:
    called, over = [], threading.Event()

    def gone() -> None:
        called.append(1)
        over.set()
        raise BrokenPipeError

    with every(0.001, gone):
        assert over.wait(30)
    assert called == [1]


def test_a_study_is_prepared_until_its_first_stage(capsys: pytest.CaptureFixture[str]) -> None:
    stream = Heard("preparing the study")
    terminal = Console(file=stream, force_terminal=True, width=80, height=20, _environ={"TERM": "xterm"})
    with study_shown(False, terminal, ScoreNames()) as view:
        assert stream.event.wait(30)
        view.stage_started("search", 2, 0)
        assert view._activities.innermost is None
    with study_shown(True, Console(file=io.StringIO()), ScoreNames()) as view:
        assert view._activities.innermost.text == "preparing the study"
        view.stage_started("search", 2, 0)
        assert view._activities.innermost is None
