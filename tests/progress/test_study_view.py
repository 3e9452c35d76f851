from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from xlingual.progress.outline import ArmOutline, Outline
from xlingual.progress.study_view import StudyState, TimeLeft
from xlingual.search.listener import TrialView


class Clock:
    """A manual clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def trial(number: int = 0, arm: str = "baseline", state: str = "running", updates: int = 0, **fields) -> TrialView:
    return TrialView(f"{arm}/{number}", arm, f"trial {number}", state, updates, 100, **fields)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> StudyState:
    return StudyState(clock)


def seconds_left(state: StudyState) -> float | None:
    left = state.time_left()
    return None if left is None else left.seconds


def test_nothing_is_said_of_the_time_left_before_anything_is_known(state, clock):
    assert seconds_left(state) is None
    state.stage_started("search", 4, 0)
    clock.now += 30
    state.trial_changed(trial(state="waiting"))
    state.trial_changed(trial(state="running"))
    assert seconds_left(state) is None


def half_train(state, clock):
    """One trial makes 50 of its 100 updates in 10 s, in two reports."""
    state.trial_changed(trial())
    clock.now += 5
    state.trial_changed(trial(updates=25))
    clock.now += 5
    state.trial_changed(trial(updates=50))


def test_the_time_left_is_the_updates_to_do_over_the_speed_so_far(state, clock):
    state.stage_started("search", 4, 0)
    half_train(state, clock)
    # 50 updates in 10 s; to do: 50 of this trial and 3 trials of 100
    assert seconds_left(state) == pytest.approx(350 / 5)


def test_the_time_left_counts_down_between_events_and_stops_at_zero(state, clock):
    state.stage_started("search", 1, 0)
    half_train(state, clock)
    clock.now += 4
    assert seconds_left(state) == pytest.approx(6)
    clock.now += 60
    assert seconds_left(state) == 0


def test_a_trial_to_come_counts_as_long_as_the_ended_ones_were(state, clock):
    state.stage_started("search", 3, 0)
    state.trial_changed(trial(0))
    state.trial_changed(trial(1))
    clock.now += 12
    state.trial_changed(trial(0, state="finished", updates=100))
    state.trial_changed(trial(1, state="pruned", updates=20))
    # 120 updates in 12 s of each of two; one trial to come, alone, at the mean of 100 and 20 updates
    assert seconds_left(state) == pytest.approx(12)


def test_updates_of_an_earlier_process_are_not_taken_for_speed(state, clock):
    state.stage_started("search", 1, 0)
    state.trial_changed(trial(resumed=True))
    clock.now += 5
    state.trial_changed(trial(updates=80))
    assert seconds_left(state) is None
    clock.now += 5
    state.trial_changed(trial(updates=90))
    assert seconds_left(state) == pytest.approx(5)


def test_updates_done_a_second_time_are_not_counted_twice(state, clock):
    state.stage_started("search", 1, 0)
    half_train(state, clock)
    clock.now += 10
    state.trial_changed(trial(updates=40))
    state.trial_changed(trial(updates=60))
    # after the first report 35 updates in 15 s, 40 to do
    assert seconds_left(state) == pytest.approx(40 * 15 / 35)


def test_nothing_is_left_of_a_stage_that_is_done(state, clock):
    state.stage_started("search", 1, 0)
    state.trial_changed(trial())
    clock.now += 10
    state.trial_changed(trial(state="finished", updates=100))
    assert seconds_left(state) is None
    assert state.stage.done == 1


@pytest.mark.parametrize("told_again", [0, 2])
def test_trials_of_an_earlier_process_count_once_whether_they_are_told_again_or_not(state, told_again):
    state.stage_started("search", 5, 2)
    for number in range(told_again):
        state.trial_changed(trial(number, state="finished", updates=100))
    assert state.stage.done == 2
    state.trial_changed(trial(7))
    assert state.stage.done == 2
    state.trial_changed(trial(7, state="finished", updates=100))
    assert state.stage.done == 3


def test_a_trial_told_as_ended_and_then_begun_again_is_not_done(state, clock):
    state.stage_started("search", 2, 1)
    state.trial_changed(trial(0, state="finished", updates=100))
    state.trial_changed(trial(1, state="failed", updates=30))
    state.trial_changed(trial(1, state="running", updates=30, resumed=True))
    assert state.stage.done == 1
    clock.now += 10
    state.trial_changed(trial(1, updates=65, resumed=True))
    assert seconds_left(state) == pytest.approx(10)


def test_the_test_stage_is_timed_by_replicates(state, clock):
    state.stage_started("test", 4, 1)
    assert seconds_left(state) is None
    clock.now += 20
    state.test_scored("baseline", 1001, "xquad", {"de": {"f1": 50.0}})
    assert state.stage.done == 2
    assert seconds_left(state) == pytest.approx(40)


def test_the_best_of_an_arm_is_its_finished_trial_with_the_highest_score(state):
    state.stage_started("search", 8, 0)
    for number, (kind, score) in enumerate(
        [("finished", 60.0), ("finished", 70.0), ("pruned", 80.0), ("failed", 90.0), ("running", 95.0)]
    ):
        state.trial_changed(trial(number, state=kind, objective=score))
    state.trial_changed(trial(0, arm="noise", state="finished"))
    assert {arm: best.label for arm, best in state.best().items()} == {"baseline": "trial 1"}


def test_replicates_do_not_change_the_best_of_the_search(state):
    state.stage_started("search", 1, 0)
    state.trial_changed(trial(state="finished", objective=60.0))
    state.stage_ended("search")
    state.stage_started("replicate", 1, 0)
    state.trial_changed(replace(trial(state="finished", objective=75.0), key="baseline/seed-1", label="seed 1"))
    assert state.best()["baseline"].objective == 60.0
    assert [row.label for row in state.rows(9)[0]] == ["seed 1"]


def test_time_spent_is_read_from_the_clock(state, clock):
    clock.now += 90
    assert state.elapsed() == 90


def test_rows_say_how_many_are_hidden(state):
    state.stage_started("search", 9, 0)
    for number in range(9):
        state.trial_changed(trial(number, state="finished", objective=float(number)))
    shown, hidden = state.rows(4)
    assert (len(shown), hidden) == (4, 5)


def test_the_time_left_counts_the_passes_of_an_update(state, clock):
    state.stage_started("search", 3, 0)
    state.trial_changed(trial(0))
    state.trial_changed(trial(1, passes=3))
    clock.now += 10
    state.trial_changed(trial(0, state="finished", updates=100))
    # 100 passes in 10 s; to do: 200 of the expensive trial, beside one more trial like the finished one
    assert seconds_left(state) == pytest.approx(20)


def studied(clock: Clock, until: str = "report") -> StudyState:
    """A study of two arms with two trials and three replicates each."""
    arms = {"baseline": ArmOutline(2, 3), "noise": ArmOutline(2, 3)}
    return StudyState(clock, Outline("s", arms, "baseline", 1, until))


def test_the_time_left_includes_the_replicates_to_come_and_says_that_the_test_follows(clock):
    state = studied(clock)
    state.stage_started("search", 4, 0)
    half_train(state, clock)
    # 50 updates in 10 s; to do: 350 of the search and 6 replicates of 100
    assert state.time_left() == TimeLeft(pytest.approx(190.0), pytest.approx(190.0), before_test=True)


def test_a_study_that_ends_with_its_search_has_nothing_after_it(clock):
    state = studied(clock, until="search")
    state.stage_started("search", 4, 0)
    half_train(state, clock)
    assert state.time_left() == TimeLeft(pytest.approx(70.0), pytest.approx(70.0), before_test=False)
    state.stage_ended("search")
    assert state.over


def test_pruned_trials_shorten_the_estimate_but_not_the_bound(clock):
    state = studied(clock)
    state.stage_started("search", 4, 0)
    for number, (kind, updates) in enumerate([("finished", 100), ("pruned", 20)]):
        state.trial_changed(trial(number))
        clock.now += updates / 10
        state.trial_changed(trial(number, state=kind, updates=updates))
    # 120 updates in 12 s; two trials of 60 updates, of 100 at most; replicates are never stopped
    assert state.time_left() == TimeLeft(pytest.approx(12 + 60), pytest.approx(20 + 60), before_test=True)


def test_replicates_take_the_speed_of_the_search_until_one_has_reported(clock):
    state = studied(clock)
    state.stage_started("search", 1, 0)
    state.trial_changed(trial())
    clock.now += 10
    state.trial_changed(trial(state="finished", updates=100))
    state.stage_ended("search")
    state.stage_started("replicate", 6, 0)
    state.trial_changed(replace(trial(), key="baseline/seed-1"))
    assert seconds_left(state) == pytest.approx(60)
    clock.now += 5
    assert seconds_left(state) == pytest.approx(55)


def test_what_earlier_commands_left_counts_for_the_best_and_not_for_the_speed(clock):
    state = studied(clock)
    ended = [
        trial(0, state="finished", updates=100, objective=60.0),
        trial(0, "noise", "finished", 100, objective=64.0),
    ]
    state.recorded([*ended, replace(trial(state="finished", updates=100), key="baseline/seed-1")], {})
    assert {arm: best.objective for arm, best in state.best().items()} == {"baseline": 60.0, "noise": 64.0}
    state.stage_started("search", 4, 2)
    assert state.stage.done == 2 and not state.best_of_this_command
    state.trial_changed(trial(1))
    clock.now += 5
    state.trial_changed(trial(1, updates=25))
    assert state.time_left() is None
    clock.now += 5
    state.trial_changed(trial(1, updates=50))
    assert seconds_left(state) == pytest.approx((50 + 100 + 600) / 5)
    state.stage_started("replicate", 6, 1)
    assert state.stage.done == 1


def test_the_cost_of_an_event_and_of_a_look_does_not_grow_with_the_number_of_trials(state):
    """Counted in calls of Python functions, which no other work on the machine changes."""
    calls = []
    for number in (100, 1000):
        state.stage_started("search", number, 0)
        for n in range(number):
            state.trial_changed(trial(n, state="finished", updates=100, objective=float(n % 97)))
        count = 0

        def counted(frame, event, argument):
            nonlocal count
            count += event == "call"

        sys.setprofile(counted)
        try:
            state.trial_changed(trial(5, state="finished", updates=100, objective=99.0))
            rows, hidden = state.rows(20)
            state.time_left()
        finally:
            sys.setprofile(None)
        assert (len(rows), hidden) == (20, number - 20)
        calls.append(count)
    assert calls[1] <= calls[0] + 20


def test_a_stopped_clock_stands_still(state, clock):
    clock.now += 5
    state.stop()
    clock.now += 5
    assert state.elapsed() == 5


def test_a_study_that_is_only_followed_is_not_stopped_with_its_follower(clock):
    for follows in (False, True):
        state = StudyState(clock, follows=follows)
        state.stage_started("search", 4, 0)
        state.stop()
        assert state.stopped is not follows


def test_the_start_of_processes_is_not_taken_for_speed(clock):
    """Two trials side by side: 20 s until the processes have started and trained 20 updates, then 5 s for 20 more."""
    state = studied(clock)
    state.stage_started("search", 4, 0)
    for number in range(2):
        state.trial_changed(trial(number))
    clock.now += 20
    for number in range(2):
        state.trial_changed(trial(number, updates=20))
    assert state.time_left() is None
    clock.now += 5
    for number in range(2):
        state.trial_changed(trial(number, updates=40))
    # 0.25 s an update; 60 of each of the two, then a whole one each; three rounds of replicates after a start of 15 s
    assert seconds_left(state) == pytest.approx(15 + 25 + 3 * 25 + 15)


def test_what_a_running_trial_did_since_its_last_report_counts(clock):
    state = studied(clock, until="search")
    state.stage_started("search", 1, 0)
    state.trial_changed(trial())
    for updates in (20, 40, 60):
        clock.now += 5
        state.trial_changed(trial(updates=updates))
    assert seconds_left(state) == pytest.approx(10)
    clock.now += 4
    assert seconds_left(state) == pytest.approx(6)
