"""Requests to running studies: simulated ones, by the real driver."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from simulated_study import SMALL, Asked, Commands, asked_by
from simulated_world import Killed, Plan
from simulation_checks import check_order, check_test, outcome

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.control import request, requests
from xlingual.records.requests import ENDED_BY_REQUEST, Request, write
from xlingual.records.state import ArmSearch, StudyState, read_state
from xlingual.report.notes import without_trials
from xlingual.report.status import request_lines, status
from xlingual.report.summary import summarize
from xlingual.search.study_context import StudyContext

TWO_ARMS = dataclasses.replace(SMALL, arms=("plain", "few"), trials=4, reports=4, seeds=1, sets=1)
Act = Callable[["Steered"], None]
Condition = Callable[["Steered"], bool]


@pytest.fixture(autouse=True)
def _look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xlingual.search.control.LOOKS", 0.0)


class Steered(Commands):
    """A study to which somebody does things, each once: as soon as its driver tells something and a condition holds."""

    def __init__(self, asked: Asked, folder: Path, *acts: tuple[Condition, Act]) -> None:
        super().__init__(asked, folder)
        self.acts, self.heard, self.room = list(acts), 0, asked.concurrent

    def _heard(self) -> None:
        self.heard += 1
        for one in [one for one in self.acts if one[0](self)]:
            self.acts.remove(one)
            one[1](self)
        super()._heard()

    @contextmanager
    def context(self, *arguments: Any) -> Iterator[StudyContext]:
        def ask(trials: Any) -> None:
            self.room = trials

        with super().context(*arguments) as context:
            yield dataclasses.replace(context, concurrent=lambda: self.room, ask=ask)

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in journal.read(self.directory.journal) if not kinds or event["event"] in kinds]

    @property
    def state(self) -> StudyState:
        return read_state(self.directory)


def asks(action: str, value: Any = None) -> Act:
    def act(commands: Steered) -> None:
        request(commands.directory, action, value)

    return act


def dies(commands: Steered) -> None:
    raise Killed


def heard(count: int) -> Condition:
    """When the driver has told of so many things."""
    return lambda commands: commands.heard >= count


def has(kind: str, count: int = 1) -> Condition:
    """When the journal has so many events of a kind."""
    return lambda commands: len(commands.events(kind)) >= count


def trains(arm: str, number: int) -> Condition:
    """When a trial of an arm has made a report and goes on."""

    def holds(commands: Steered) -> bool:
        trial = next((one for one in commands.state.arm_trials(arm) if one.number == number), None)
        return trial is not None and trial.state == "running" and bool(rows_of(commands, trial.fingerprint))

    return holds


def rows_of(commands: Steered, fingerprint: str) -> list[dict[str, Any]]:
    return journal.read(commands.directory.trial(fingerprint).reports)


def calm(asked: Asked, folder: Path) -> dict[str, Any]:
    """What becomes of a study to which nobody does anything."""
    commands = Commands(asked, folder)
    commands.until_done()
    return outcome(commands)


def started(commands: Steered, arm: str) -> list[int]:
    """Positions in the journal at which trials of an arm began."""
    return [n for n, event in enumerate(commands.events()) if event["event"] == "trial_started" and event["arm"] == arm]


def position(commands: Steered, kind: str) -> int:
    return next(n for n, event in enumerate(commands.events()) if event["event"] == kind)


def test_a_stopped_arm_begins_no_trial_and_is_marked_with_how_many_it_had(tmp_path: Path) -> None:
    asked = dataclasses.replace(TWO_ARMS, machines=(2,))
    commands = Steered(asked, tmp_path / "study", (trains("few", 1), asks("stop", "few")))
    commands.until_done()
    state, at = commands.state, position(commands, "arm_stopped")
    assert max(started(commands, "few")) < at and len(state.arm_trials("plain")) == 4
    mine = state.arm_trials("few")
    assert 0 < len(mine) < 4 and state.complete
    cut = [trial for trial in mine if (trial.reason or "").startswith(ENDED_BY_REQUEST)]
    assert [trial.state for trial in cut] == ["pruned"] and cut[
        0
    ].reason == f"{ENDED_BY_REQUEST} after {cut[0].updates} updates"
    assert state.chosen[ArmSearch("few")] in {trial.fingerprint for trial in mine if trial.state == "finished"}
    (stop,) = state.stops.values()
    assert stop.startswith(f"stopped by hand after {len(mine)} of 4 trials on ")
    report = summarize(commands.directory)
    assert f"few was {stop}: its budget is smaller than that of the others." in without_trials(report)
    assert report.as_json()["arms"]["few"]["stopped_by_hand"] == stop
    assert report.as_json()["arms"]["plain"]["stopped_by_hand"] is None
    assert f"STOPPED: few was {stop}." in request_lines(state)


def test_a_trial_that_was_left_of_a_stopped_arm_ends_with_what_it_came_to(tmp_path: Path) -> None:
    commands = Steered(TWO_ARMS, tmp_path / "study", (trains("few", 1), dies))
    assert commands.one_command() == "killed"
    left = commands.state.arm_trials("few")[-1]
    rows = rows_of(commands, left.fingerprint)
    assert request(commands.directory, "stop", "few").state == "pending"
    commands.until_done()
    (ended,) = (e for e in commands.events("trial_ended") if e["fingerprint"] == left.fingerprint)
    assert ended["state"] == "pruned" and ended["updates"] == rows[-1]["updates"]
    assert [objective for _, objective in ended["reports"]] == [row["objective"] for row in rows]
    assert not commands.directory.trial(left.fingerprint).checkpoint.exists()
    assert len(commands.state.arm_trials("few")) == 2


def test_a_stopped_arm_that_goes_on_is_the_arm_that_it_would_have_been_but_for_what_was_cut(tmp_path: Path) -> None:
    commands = Steered(
        TWO_ARMS,
        tmp_path / "study",
        (trains("few", 1), asks("stop", "few")),
        (has("trial_started", 6), asks("resume", "few")),
    )
    commands.until_done()
    state, expected = commands.state, calm(TWO_ARMS, tmp_path / "calm")
    drawn = {(trial.of, trial.number): (trial.fingerprint, trial.values) for trial in state.trials}
    assert drawn == expected["drawn"] and not state.stops and state.complete
    notes = without_trials(summarize(commands.directory))
    assert "few: 1 trial of it ended early by hand, and it went on later." in notes


def test_while_an_arm_is_paused_the_others_go_on_and_nothing_is_chosen_or_read(tmp_path: Path) -> None:
    commands = Steered(TWO_ARMS, tmp_path / "study", (trains("few", 0), asks("pause", "few")))
    for _ in range(2):  # the same command again keeps to it
        assert commands.one_command() == "StageError"
        state = commands.state
        assert [len(state.arm_trials(arm)) for arm in state.arms] == [4, 1]
        assert all(trial.state != "running" for trial in state.trials)
        assert not commands.events("chosen", "replicate_started", "stage_ended") and not commands.examiner.opened
    place = commands.directory.path
    assert (
        commands.said[-1].startswith("paused: few (since ")
        and f"`xlingual control {place} resume few`" in commands.said[-1]
    )
    assert status(state)["paused"] == ["few"] and request_lines(state)[0].startswith("PAUSED: few, since ")
    request(commands.directory, "resume", "few")
    commands.until_done()
    assert outcome(commands) == calm(TWO_ARMS, tmp_path / "calm")


def test_an_arm_that_is_paused_among_the_replicates_keeps_the_test_set_shut(tmp_path: Path) -> None:
    commands = Steered(TWO_ARMS, tmp_path / "study", (has("replicate_started"), asks("pause", "few")))
    assert commands.one_command() == "StageError"
    assert [one.arm for one in commands.state.replicates] == ["plain"] and not commands.examiner.opened
    assert not [event for event in commands.events("stage_ended") if event["stage"] == "replicate"]
    request(commands.directory, "resume", "few")
    commands.until_done()
    assert outcome(commands) == calm(TWO_ARMS, tmp_path / "calm")


@pytest.mark.parametrize("at", [3, 20, 29])
def test_a_study_that_got_trials_while_it_ran_is_the_one_that_asked_for_them(tmp_path: Path, at: int) -> None:
    few = dataclasses.replace(TWO_ARMS, trials=2, sampler="tpe")
    commands = Steered(few, tmp_path / "study", (heard(at), asks("trials", 4)))
    commands.until_done()
    assert outcome(commands) == calm(dataclasses.replace(few, trials=4), tmp_path / "calm")
    assert commands.state.trials_per_arm == 4 and commands.ends == {"done": 1}


def test_seeds_that_are_asked_for_in_the_test_stage_are_trained_and_read_by_the_same_command(tmp_path: Path) -> None:
    def opened(commands: Steered) -> bool:
        return bool(commands.examiner.opened)

    commands = Steered(TWO_ARMS, tmp_path / "study", (opened, asks("seeds", 2)))
    commands.until_done()
    state = commands.state
    assert (
        commands.ends == {"done": 1} and state.complete and [one.seed for one in state.replicates] == [40101, 40102] * 2
    )
    assert outcome(commands)["scores"] == calm(dataclasses.replace(TWO_ARMS, seeds=2), tmp_path / "calm")["scores"]


@pytest.mark.parametrize("kind", ["arm_paused", "study_changed"])
def test_a_driver_that_is_killed_once_a_request_was_taken_up_keeps_to_it(tmp_path: Path, kind: str) -> None:
    acts = {"arm_paused": asks("pause", "few"), "study_changed": asks("trials", 5)}
    commands = Steered(TWO_ARMS, tmp_path / "study", (heard(5), acts[kind]), (has(kind), dies))
    assert commands.one_command() == "killed"
    (taken,) = commands.events(kind)
    assert taken["request"]["by"].count("@") == 1 and taken["request"]["time"] <= taken["time"]
    again = commands.one_command()
    assert commands.events(kind) == [taken]
    if kind == "study_changed":
        assert outcome(commands) == calm(dataclasses.replace(TWO_ARMS, trials=5), tmp_path / "calm")
        assert taken["written"] == 4 and commands.state.complete
    else:
        assert again == "StageError" and list(commands.state.held.paused) == ["few"]


def test_a_request_that_is_made_twice_does_not_act_twice(tmp_path: Path) -> None:
    def twice(commands: Steered) -> None:
        first, again = (request(commands.directory, "stop", "few").request for _ in range(2))
        assert first == again and len(requests(commands.directory)) == 1
        write(commands.directory, "stop", "few")  # from two machines at once

    commands = Steered(TWO_ARMS, tmp_path / "study", (trains("few", 0), twice))
    commands.until_done()
    assert [one.state for one in requests(commands.directory)] == ["applied", "refused"]
    assert "arm few is stopped since " in (requests(commands.directory)[1].reason or "")
    assert len(commands.events("arm_stopped")) == 1
    before = commands.events()
    commands.until_done()
    assert commands.events() == before


def test_failed_trials_are_tried_again_and_may_be_chosen(tmp_path: Path) -> None:
    asked = dataclasses.replace(TWO_ARMS, plan=Plan(frozenset({"trial always raises"}), 0.0, share=0.5))
    commands = Steered(asked, tmp_path / "study")
    study = commands.study
    commands.until_done()
    failed = [trial for trial in commands.state.trials if trial.state == "failed"]
    assert len(failed) in range(1, 8)
    with pytest.raises(
        RecordError, match=r"^retry --failed: no trial or replicate has failed that can be tried again$"
    ):
        request(commands.directory, "retry")

    searched = Steered(asked, tmp_path / "searched", (has("replicate_started"), dies))
    while searched.one_command() != "killed":
        pass
    failed = [trial for trial in searched.state.trials if trial.state == "failed"]
    name = f"{failed[0].arm}/{failed[0].number}"
    searched.world.plan = Plan()  # what made them fail was mended
    request(searched.directory, "retry", name)
    request(searched.directory, "retry")
    searched.until_done()
    assert outcome(searched)["ends"] == calm(TWO_ARMS, tmp_path / "calm")["ends"]
    reopened = [(event["arm"], event["number"]) for event in searched.events("trial_reopened")]
    assert reopened[0] == (failed[0].arm, failed[0].number) and len(set(reopened)) == len(reopened) == len(failed)
    assert searched.study == study and searched.state.complete


def test_the_number_of_trials_side_by_side_follows_what_is_asked_for(tmp_path: Path) -> None:
    asked = dataclasses.replace(TWO_ARMS, machines=(3,), trials=8, arms=("plain", "fixed"))

    def three(commands: Steered) -> bool:
        return sum(one.state == "running" for one in commands.state.trials) == 3

    commands = Steered(
        asked, tmp_path / "study", (three, asks("concurrent", 1)), (has("trial_ended", 6), asks("concurrent", 3))
    )
    commands.until_done()
    open_now, most, changes = 0, [0], 0
    for event in commands.events():
        if event["event"] == "study_changed":
            most.append(0)
            changes += 1
        open_now += {"trial_started": 1, "trial_ended": -1}.get(event["event"], 0)
        if event["event"] == "trial_started":
            most[changes] = max(most[changes], open_now)
    assert most == [3, 1, 3]
    assert commands.state.study["scaling"]["concurrent_trials"] == 3


def test_of_the_study_file_and_a_request_the_later_one_counts(tmp_path: Path) -> None:
    commands = Steered(
        TWO_ARMS, tmp_path / "study", (heard(3), asks("trials", 6)), *((heard(n), dies) for n in (5, 10, 15, 20))
    )
    files = {
        trials: Steered(dataclasses.replace(TWO_ARMS, trials=trials), tmp_path / f"file {trials}").study
        for trials in (4, 6, 8)
    }

    def run(trials: int) -> tuple[int, list[str]]:
        commands.study = files[trials]
        assert commands.one_command() == "killed"
        said = [line for line in commands.listener.notes if line.startswith("search.trials_per_arm")]
        return commands.state.trials_per_arm, said

    assert run(4) == (6, [])
    assert run(4) == (6, ["search.trials_per_arm: 6, as it was asked for; the study file says 4"])
    edited = "search.trials_per_arm: 8, as the study file says now, and not 6, as it was asked for before"
    assert run(8) == (8, [edited])
    assert run(4) == (4, [])  # the request is not taken out of its grave


def test_a_file_that_is_no_request_is_refused_and_harms_nothing(tmp_path: Path) -> None:
    def break_in(commands: Steered) -> None:
        commands.directory.requests.mkdir()
        (commands.directory.requests / "a.json").write_text("{")
        (commands.directory.requests / "b.json").write_text('{"action": "stop", "value": "few"}')
        (commands.directory.requests / ".c.json.partial-1").write_text("")
        write(commands.directory, "stop", "no such arm")
        write(commands.directory, "trials", "many")

    commands = Steered(TWO_ARMS, tmp_path / "study", (heard(3), break_in))
    commands.until_done()
    reasons = [one.reason or "" for one in requests(commands.directory)]
    assert [one.state for one in requests(commands.directory)] == ["refused"] * 4
    assert sum("no request of this version" in reason for reason in reasons) == 2
    assert any("no arm 'no such arm'; the arms are plain, few" in reason for reason in reasons)
    assert outcome(commands) == calm(TWO_ARMS, tmp_path / "calm")


def _anything(chance: random.Random) -> Act:
    arm = chance.choice(["few", "plain"])
    kinds = [("stop", "few"), ("pause", arm), ("resume", arm), ("trials", chance.randint(2, 9)), ("retry", None)]
    action, value = chance.choice([*kinds, ("seeds", chance.randint(1, 3)), ("concurrent", chance.randint(1, 3))])
    return lambda commands: _written(commands, action, value)


def _written(commands: Steered, action: str, value: Any) -> None:
    with commands.world.elsewhere(commands.world.machines[0]):
        try:
            write(commands.directory, action, value)
        except RecordError:
            assert commands.world.storage_fault


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_asked_for_and_goes_wrong_each_request_acts_once(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    asked = dataclasses.replace(asked_by(seed), arms=("plain", "few"), searches=1)
    commands = Steered(
        asked, tmp_path / "study", *((heard(chance.randint(2, 80)), _anything(chance)) for _ in range(6))
    )
    for _ in range(100):
        end = commands.one_command()
        with commands.world.in_place():
            commands.trainer.pass_time(chance.choice((1.0, 30.0, 600.0)))
        state = commands.state
        if end == "done" and all(one.state != "pending" for one in state.asked):
            break
        for arm in () if commands.world.storage_fault else state.held.paused:
            request(commands.directory, "resume", arm)
    commands.trainer.end()
    events, state = commands.events(), commands.state
    assert state.complete or state.failures
    taken = [Request(**event["request"]).id for event in events if "request" in event]
    assert len(taken) == len(set(taken)) and all(one.state != "pending" for one in state.asked)
    check_test(commands, events, state)
    if not any(
        one.request.action in ("trials", "seeds", "retry", "resume") for one in state.asked if one.state == "applied"
    ):
        check_order(events, state)
    stopped: set[str] = set()
    for event in events:
        if event["event"] == "arm_stopped":
            stopped.add(event["arm"])
        elif event["event"] == "arm_resumed":
            stopped.discard(event["arm"])
        assert event["event"] != "trial_started" or event["arm"] not in stopped
