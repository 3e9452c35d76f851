"""Every view of a study: what it writes, where, and that it never disturbs the study."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from dataclasses import replace
from datetime import datetime, timezone

import pytest
from rich.console import Console

from xlingual.progress import ScoreNames, choose_view
from xlingual.progress.board import draw
from xlingual.progress.json_lines import JsonLines
from xlingual.progress.live import LiveView
from xlingual.progress.plain import PlainView
from xlingual.progress.study_view import StudyState
from xlingual.progress.views import Guarded
from xlingual.search.listener import TrialView

CONFIGURATION = {
    "training": {"learning_rate": 3.1e-5},
    "mixture": {"faq_share": 0.31, "weights": {"de": 0.4, "es": 0.2, "ru": 0.2, "zh": 0.2}},
    "robust": {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.05}},
}
SCORES = {"en": {"f1": 90.0, "exact_match": 80.0}, "de": {"f1": 61.0, "exact_match": 50.0}}
ESCAPE = "\x1b"


def trial(number: int = 0, arm: str = "webfaq+noise", **fields) -> TrialView:
    plain = {"state": "running", "updates": 0, "total_updates": 500, "configuration": CONFIGURATION}
    return TrialView(f"{arm}/{number}", arm, f"trial {number}", **{**plain, **fields})


def tell_a_study(view) -> None:
    """All events of a small study."""
    view.note("a [toy] world")
    view.stage_started("search", 4, 1)
    view.trial_changed(trial(0, "baseline", configuration={"training": {"learning_rate": 1e-5}}))
    view.trial_changed(trial(1))
    view.trial_changed(trial(1, updates=100, objective=55.5))
    view.trial_changed(trial(1, updates=100, objective=55.5))
    view.trial_changed(trial(0, "baseline", state="finished", updates=500, objective=70.25))
    view.trial_changed(trial(1, state="failed", updates=200, reason="the loss is nan [update 200]"))
    view.stage_ended("search")
    view.stage_started("test", 1, 0)
    view.test_scored("baseline", 1001, "xquad", SCORES)
    view.stage_ended("test")
    view.close()


def terminal(width: int = 80, height: int = 20) -> Console:
    return Console(
        file=io.StringIO(), width=width, height=height, force_terminal=True, record=True, color_system=None,
        _environ={"TERM": "xterm"},
    )  # fmt: skip


def rendered(state: StudyState, width: int, height: int = 20) -> list[str]:
    console = Console(file=io.StringIO(), width=width, record=True)
    console.print(draw(state, width, height, ScoreNames()))
    return [line.rstrip() for line in console.export_text().splitlines()]


def busy_state(trials: int) -> StudyState:
    times = iter(range(10_000))
    state = StudyState(lambda: float(next(times)))
    state.stage_started("search", trials + 4, 0)
    for number in range(trials):
        state.trial_changed(trial(number))
        state.trial_changed(trial(number, state="finished", updates=500, objective=50.0 + number))
    state.trial_changed(trial(trials, "baseline", updates=0))
    state.trial_changed(trial(trials, "baseline", updates=250, objective=12.34))
    return state


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_shows_every_column_whole_but_for_the_mixture(width):
    lines = rendered(busy_state(3), width)
    squeezed = [re.sub(" +", " ", line) for line in lines]
    assert max(map(len, lines)) <= width
    assert squeezed[0] == "● search 3 of 7"
    assert re.match(r"█+░+ \d+ s, about .* left", squeezed[1])
    assert "arm ended pruned failed best F1 vs baseline trial" in squeezed
    assert "webfaq+noise 3 0 0 52.00 - 2" in squeezed
    assert "arm trial state updates lr F1 robust mixture" in squeezed
    at = squeezed.index("arm trial state updates lr F1 robust mixture")
    assert re.match(r"baseline 3 running █+░+ 250/500 3.1e-05 12.34 noise .05 faq 0.31", squeezed[at + 1])
    assert re.match(r"webfaq\+noise 2 finished █+ 500/500 3.1e-05 52.00 noise .05 faq 0.31", squeezed[at + 2])


def test_a_wide_table_has_room_for_the_mixture():
    assert "faq 0.31: de .4 es .2 ru .2 zh .2" in "\n".join(rendered(busy_state(3), 120))


def test_columns_that_no_trial_uses_are_left_out():
    state = StudyState(lambda: 0.0)
    state.stage_started("search", 1, 0)
    state.trial_changed(trial(0, "baseline", configuration={"training": {"learning_rate": 1e-5}}))
    text = "\n".join(rendered(state, 80))
    assert "baseline" in text
    assert "robust" not in text
    assert "mixture" not in text


def test_a_long_text_of_robust_training_is_cut_before_a_number_is():
    state = StudyState(lambda: 0.0)
    state.stage_started("search", 1, 0)
    attack = {"attack": "freelb", "steps": 3, "step_size": 0.1, "radius": 0.3, "against": "prediction"}
    robust = {"adversarial": attack, "averaging": {"kind": "last", "checkpoints": 3}}
    state.trial_changed(trial(updates=250, objective=12.34, configuration={**CONFIGURATION, "robust": robust}))
    lines = rendered(state, 80)
    assert max(map(len, lines)) <= 80
    assert "12.34 freelb3 .1 r.3… faq 0.3…" in "\n".join(lines)
    assert "12.34  freelb3 .1 r.3 vs prediction, avg 3" in "\n".join(rendered(state, 140))


@pytest.mark.parametrize("height", [14, 24])
def test_the_table_fits_the_screen_and_counts_what_it_hides(height):
    lines = rendered(busy_state(40), 80, height)
    assert len(lines) <= height
    shown = sum("/500" in line for line in lines)
    assert lines[-1] == f"and {41 - shown} more, not shown"


def test_brackets_in_names_are_no_markup():
    state = StudyState(lambda: 0.0)
    state.stage_started("search", 1, 0)
    state.trial_changed(trial(0, "[red]arm[/]"))
    assert "[red]arm[/]" in "\n".join(rendered(state, 120))


def test_plain_lines_one_per_event_with_time_and_without_colours():
    stream = io.StringIO()
    view = PlainView(stream, clock=lambda: 0.0, now=lambda: datetime(2026, 1, 2, 3, 4, 5))
    tell_a_study(view)
    lines = stream.getvalue().splitlines()
    assert all(line.startswith("2026-01-02 03:04:05  ") for line in lines)
    assert ESCAPE not in stream.getvalue()
    assert [line[21:] for line in lines] == [
        "a [toy] world",
        "search: begins, 4 to do, 1 of them done before",
        "baseline trial 0: running, learning rate 1.0e-05",
        "webfaq+noise trial 1: running, learning rate 3.1e-05, mixture faq 0.31: de 0.4 es 0.2 ru 0.2 zh 0.2, "
        "robust noise 0.05",
        "webfaq+noise trial 1: running, 100 of 500 updates, development F1 55.50",
        "baseline trial 0: finished, 500 of 500 updates, development F1 70.25 [2 of 4 done]",
        "webfaq+noise trial 1: failed, 200 of 500 updates, the loss is nan [update 200] [3 of 4 done]",
        "search: ended 0 s after the start; best development F1 of this command: baseline 70.25 (trial 0)",
        "test: begins, 1 to do",
        "baseline seed 1001: xquad F1 beyond English 61.00 (en 90.00 de 61.00) [1 of 1 done]",
        "test: ended 0 s after the start",
    ]


def test_a_plain_line_shows_the_configuration_once_the_trial_no_longer_waits():
    stream = io.StringIO()
    view = PlainView(stream)
    for state in ("waiting", "running", "waiting", "running"):
        view.trial_changed(trial(state=state))
    lines = [line[21:].partition(": ")[2] for line in stream.getvalue().splitlines()]
    assert lines[1].startswith("running, learning rate ")
    assert [lines[0], *lines[2:]] == ["waiting", "waiting", "running"]


def test_a_plain_line_names_the_studys_objective():
    stream = io.StringIO()
    view = PlainView(stream, ScoreNames("test.f1"))
    view.trial_changed(trial(objective=50.0))
    assert "ORACLE test F1 50.00" in stream.getvalue()


def test_a_log_of_a_long_trial_says_twice_a_minute_that_the_study_goes_on():
    stream, now = io.StringIO(), [0.0]
    view = PlainView(stream, clock=lambda: now[0])
    view.look()
    view.stage_started("search", 4, 0)
    view.trial_changed(trial())
    before = stream.getvalue()
    for _ in range(100):
        now[0] += 1
        view.look()
    lines = [line[21:] for line in stream.getvalue().removeprefix(before).splitlines()]
    assert lines == ["search: 1 trial running [0 of 4 done]"] * 3
    view.stage_ended("search")
    now[0] += 100
    view.look()
    assert "search: ended" in stream.getvalue().splitlines()[-1]


def test_a_reason_of_several_lines_stays_one_line():
    stream = io.StringIO()
    PlainView(stream).trial_changed(trial(state="failed", reason="first\n  second"))
    assert len(stream.getvalue().splitlines()) == 1
    assert "first second" in stream.getvalue()


def test_json_lines_hold_every_event():
    stream = io.StringIO()
    tell_a_study(JsonLines(stream, now=lambda: datetime(2026, 1, 2, tzinfo=timezone.utc)))
    records = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [record["event"] for record in records] == [
        "note", "stage_started", *["trial_changed"] * 6, "stage_ended", "stage_started", "test_scored", "stage_ended",
    ]  # fmt: skip
    assert {record["time"] for record in records} == {"2026-01-02T00:00:00+00:00"}
    assert records[4]["updates"] == 100
    assert records[4]["objective"] == 55.5
    assert records[4]["configuration"] == CONFIGURATION
    assert records[-2]["scores"] == SCORES


def test_a_number_that_is_not_finite_is_null_in_json():
    stream = io.StringIO()
    JsonLines(stream).trial_changed(trial(objective=float("nan"), configuration={"x": float("inf")}))
    record = json.loads(stream.getvalue(), parse_constant=pytest.fail)
    assert record["objective"] is None
    assert record["configuration"] == {"x": None}


def test_the_live_view_draws_the_table_and_says_what_failed():
    console = terminal()
    tell_a_study(LiveView(console))
    text = console.export_text()
    assert "a [toy] world" in text
    assert "webfaq+noise trial 1 failed: the loss is nan [update 200]" in text
    assert "mean beyond English" in text and "F1 61.00" in text
    assert "61.00" in text


def test_a_failure_is_said_once():
    console = terminal(width=120)
    view = LiveView(console)
    for _ in range(3):
        view.trial_changed(trial(state="failed", reason="no memory"))
    view.close()
    assert console.export_text().count("trial 0 failed: no memory") == 1


def test_an_interrupted_live_view_gives_the_terminal_back():
    console = terminal()
    before = sys.stdout
    with pytest.raises(KeyboardInterrupt), Guarded(LiveView(console)) as view:
        view.stage_started("search", 1, 0)
        assert sys.stdout is not before
        raise KeyboardInterrupt
    written = console.file.getvalue()
    assert sys.stdout is before
    assert written.count(f"{ESCAPE}[?25l") == 1
    assert written.rindex(f"{ESCAPE}[?25h") > written.index(f"{ESCAPE}[?25l")


def test_closing_twice_or_before_the_first_event_is_harmless():
    console = terminal()
    view = LiveView(console)
    view.close()
    view.note("still there")
    view.close()
    assert "still there" in console.export_text()
    assert ESCAPE not in console.file.getvalue()


def test_before_the_first_stage_the_live_view_says_that_it_starts():
    console = terminal()
    view = LiveView(console, clock=lambda: 0.0)
    view.note("train: 40 kept")
    assert "starting, 0 s" in console.export_text()
    view.close()


def test_a_table_that_cannot_be_drawn_says_so_in_its_place():
    console = terminal()
    view = LiveView(console)
    view.trial_changed(trial(configuration={"mixture": {"faq_share": "much"}}))
    view.close()
    assert "the table cannot be drawn" in console.export_text()


def views():
    return {
        "plain": PlainView(io.StringIO()),
        "live": LiveView(terminal()),
        "json": JsonLines(io.StringIO()),
    }


class Gone(io.StringIO):
    """A stream whose reader is gone."""

    def __init__(self, error: type[OSError]) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error(text)


@pytest.mark.parametrize(("kind", "error"), [("plain", BrokenPipeError), ("json", BrokenPipeError), ("live", OSError)])
def test_a_broken_stream_does_not_reach_the_study(kind, error, caplog):
    console = Console(file=Gone(error), force_terminal=kind == "live", width=80, _environ={"TERM": "xterm"})
    view = choose_view(kind == "json", console)
    with caplog.at_level(logging.WARNING):
        tell_a_study(view)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


@pytest.mark.parametrize("kind", ["plain", "live", "json"])
def test_events_in_any_order_are_taken(kind):
    view = views()[kind]
    view.test_scored("baseline", 1, "xquad", SCORES)
    view.stage_ended("replicate")
    view.trial_changed(trial(state="pruned", total_updates=0))
    view.stage_started("report", 0, 0)
    assert view.close() is None


class Failing:
    """A view that fails at everything."""

    def __getattr__(self, name: str):
        def fail(*_: object) -> None:
            raise ValueError(name)

        return fail


def test_a_failing_view_is_warned_of_once_and_never_raises(caplog):
    with caplog.at_level(logging.WARNING):
        tell_a_study(Guarded(Failing()))
    assert [record.getMessage() for record in caplog.records] == [
        "The progress view failed (ValueError('note')); the study continues."
    ]


class Raising(Failing):
    """A view that raises an error at a note."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def note(self, text: str) -> None:
        raise self.error


def test_an_interrupt_passes_the_guard():
    with pytest.raises(KeyboardInterrupt):
        Guarded(Raising(KeyboardInterrupt())).note("")


def test_a_view_cannot_end_the_process(caplog):
    with caplog.at_level(logging.WARNING):
        Guarded(Raising(SystemExit(1))).note("")
    assert len(caplog.records) == 1


def test_the_view_follows_the_output():
    assert isinstance(choose_view(True, terminal()).view, JsonLines)
    assert isinstance(choose_view(False, terminal()).view, LiveView)
    assert isinstance(choose_view(False, Console(file=io.StringIO())).view, PlainView)
    dumb = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    assert isinstance(choose_view(False, dumb).view, PlainView)


def test_trials_of_several_searches_are_named_by_both_numbers_and_no_score_is_cut():
    state = busy_state(0)
    for search in (1, 12):
        view = trial(3, "webfaq_noise_both", updates=100, objective=55.5)
        state.trial_changed(replace(view, key=f"{view.arm}/search-{search}/3", label=f"search {search}, trial 3"))
    lines = rendered(state, 80)
    assert max(map(len, lines)) <= 80 and any("search:trial" in line for line in lines)
    for name in ("1:3", "12:3"):
        (row,) = [line for line in lines if f" {name} " in line]
        assert "55.5" in row and "100/500" in row
