from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from made_up_trials import Clock, Faults, MadeUpTrainer

from xlingual.errors import StageError
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ArmSearch
from xlingual.search.attempts import PATIENCE, PAUSES
from xlingual.search.failures import PLACE, TO_MEND, UNKNOWN, Failure
from xlingual.search.nodes import Here
from xlingual.search.queue import Limit, ReplicateSource, TrialQueue
from xlingual.search.recording_callback import RecordingCallback
from xlingual.search.sampler import ArmSampler
from xlingual.search.trial_draws import ArmDraws, SearchSource
from xlingual.study import Choice, LogUniform, TrialConfiguration

ENDLESS = {"training": {"learning_rate": LogUniform(1e-5, 1e-2)}}
TWO = {"training": {"learning_rate": Choice((0.25, 0.5))}}


def configuration(tree: dict[str, Any]) -> TrialConfiguration:
    return TrialConfiguration.model_validate(
        {
            "sources": {"model": "m", "train": "t", "dev": "d"},
            "windows": {},
            "training": {"updates": 8, **tree["training"]},
            "seed": 0,
        }
    )


class Heard:
    """A listener that keeps the notes."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def trial_changed(self, view: Any) -> None:
        pass


class Search:
    """A search of two arms over one space, without a study."""

    def __init__(
        self, path: Path, tree: Any = ENDLESS, trials: int = 2, concurrent: Limit = 1, place: Here | None = None
    ) -> None:
        self.directory, self.heard, self.clock = StudyDirectory(path), Heard(), Clock()
        self.recorder = RecordingCallback(self.directory, self.heard, kind="trial")  # type: ignore[arg-type]
        draws = [
            ArmDraws(
                ArmSearch(arm),
                tree,
                ArmSampler(arm, tree, kind="random", startup_trials=1, seed=0),
                configuration,
                seed=0,
                trials=(),
                wanted=trials,
            )
            for arm in ("a", "b")
        ]
        source = SearchSource(draws, self.recorder, {"a": "space a", "b": "space b"}, ())
        self.queue = TrialQueue(
            source, self.recorder, concurrent=concurrent, full_budget=8, clock=self.clock, place=place
        )

    def train(self, concurrent: int = 1, **faults: Any) -> MadeUpTrainer:
        trainer = MadeUpTrainer(Faults(Random(0), **faults), self.clock)
        trainer(self.queue, None, concurrent=concurrent, driver={})
        return trainer

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in journal.read(self.directory.journal) if event["event"] == kind]


def fail_always(search: Search, failure: Failure) -> list[float]:
    """Make every attempt of the first trial fail at once; return their start times in seconds."""
    began = []
    for _ in range(10_000):
        item = search.queue.next()
        if search.queue.done or (item and (item["arm"], item["number"]) != ("a", 0)):
            return began
        if item is None:
            search.clock.now += 1.0
        else:
            began.append(search.clock.now)
            search.queue.failed(item, failure)
    raise AssertionError("it is tried for ever")


def test_arms_take_turns_until_each_has_its_trials(tmp_path: Path) -> None:
    search = Search(tmp_path)
    search.train()
    started = [(event["arm"], event["number"]) for event in search.events("trial_started")]
    assert started == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert search.queue.done and search.queue.next() is None


def test_a_trial_is_in_the_journal_before_it_is_handed_out(tmp_path: Path) -> None:
    search = Search(tmp_path)
    item = search.queue.next()
    assert item is not None
    (event,) = search.events("trial_started")
    assert (event["fingerprint"], event["values"]) == (item["fingerprint"], item["values"])


def test_no_more_are_side_by_side_than_asked_for(tmp_path: Path) -> None:
    search = Search(tmp_path, trials=6, concurrent=3)
    assert search.train(concurrent=8).most_side_by_side == 3


def test_more_are_handed_out_as_soon_as_there_is_room_and_none_is_taken_back(tmp_path: Path) -> None:
    room = [1]
    search = Search(tmp_path, trials=4, concurrent=lambda: room[0])
    handed = [search.queue.next()]
    assert search.queue.next() is None
    room[0] = 3
    handed += [search.queue.next(), search.queue.next()]
    assert None not in handed and search.queue.next() is None
    room[0] = 1
    for item in handed[:2]:
        assert item is not None
        search.queue.reported(item, {"objective": 50.0, "updates": 8, "total_updates": 8, "share": 1.0})
        search.queue.returned(item)
        assert search.queue.next() is None  # the third goes on
    assert [(item["arm"], item["number"]) for item in handed if item] == [("a", 0), ("b", 0), ("a", 1)]


def test_an_equal_configuration_waits_until_the_one_in_training_has_ended(tmp_path: Path) -> None:
    search = Search(tmp_path, TWO, concurrent=4)
    search.train(concurrent=4)
    running: set[str] = set()
    assert len(search.events("trial_ended")) == 4
    search = Search(tmp_path / "again", TWO, concurrent=4)
    handed = [item for item in (search.queue.next() for _ in range(6)) if item is not None]
    for item in handed:
        assert item["fingerprint"] not in running
        running.add(item["fingerprint"])
    assert len(handed) == 2  # the two learning rates; the other arm's same two wait
    first = handed[0]
    search.queue.reported(first, {"objective": 50.0, "updates": 8, "total_updates": 8, "share": 1.0})
    search.queue.returned(first)
    following = search.queue.next()
    assert following is not None and following["fingerprint"] == first["fingerprint"]
    assert following["arm"] != first["arm"]


class BadNode(Here):
    """A node that loses everything written there, until it is excluded after a number of attempts."""

    def __init__(self, tries: int) -> None:
        super().__init__()
        self.tries, self.failed_on = tries, list[str]()

    def avoid(self, failed_on: str = "") -> list[str]:
        self.failed_on.append(failed_on)
        return [] if self.tries else ["bad"]

    def blame(self, failure: Failure, avoided: Sequence[str]) -> Failure:
        return failure if "bad" in avoided else Failure(PLACE, "node bad: not shared")

    def lost(self, fingerprint: str, updates: int) -> str | None:
        if self.tries == 0:
            return None
        self.tries -= 1
        return "reports.jsonl is missing"


def test_a_trial_whose_records_did_not_arrive_is_trained_again_and_no_try_is_counted(tmp_path: Path) -> None:
    """More often than a failure of the trial itself would allow."""
    search = Search(tmp_path, trials=1, place=BadNode(len(PAUSES) + 2))
    search.train()
    assert [event["state"] for event in search.events("trial_ended")] == ["finished", "finished"]
    retried = search.events("trial_retried")
    assert len(retried) == len(PAUSES) + 2
    assert {event["reason"] for event in retried} == {"node bad: not shared"}


def test_a_try_is_told_where_not_to_run_and_its_place_where_the_last_one_failed(tmp_path: Path) -> None:
    place = BadNode(0)
    search = Search(tmp_path, place=place)
    item = search.queue.next()
    assert item is not None and item["avoid"] == ["bad"]
    search.queue.reported(item, {"failed": "cuda error", "kind": UNKNOWN, "node": "hot"})
    search.queue.returned(item)
    search.clock.now += PAUSES[0]
    search.queue.next()
    assert place.failed_on == ["", "hot"]


def test_a_failure_of_no_known_kind_is_tried_a_counted_number_of_times_then_it_is_final(tmp_path: Path) -> None:
    search = Search(tmp_path)
    began = fail_always(search, Failure(UNKNOWN, "the worker died"))
    gaps = [after - before for before, after in itertools.pairwise(began)]
    assert gaps == list(PAUSES)
    (ended,) = search.events("trial_ended")
    assert (ended["state"], ended["retry"], ended["reason"]) == ("failed", False, "the worker died")
    search.queue.check_ended("search")
    assert search.queue.next() is None or not search.queue.done


def test_a_failing_place_is_tried_for_a_time_then_the_stage_stops_with_the_trial_unfinished(tmp_path: Path) -> None:
    search = Search(tmp_path)
    began = fail_always(search, Failure(PLACE, "node 10.0.0.3 is gone"))
    assert PATIENCE <= began[-1] - began[0] < PATIENCE + 120
    assert len(search.events("trial_retried")) == len(began) - 1 == len(search.heard.notes)
    (ended,) = search.events("trial_ended")
    assert (ended["state"], ended["retry"]) == ("failed", True)
    with pytest.raises(StageError, match=r"search stopped before its end: a/0: node 10\.0\.0\.3 is gone.*same command"):
        search.queue.check_ended("search")
    assert len(search.events("trial_started")) == 1  # nothing else was drawn in the meantime


def test_what_is_the_users_to_mend_is_not_tried_again_and_nothing_more_begins(tmp_path: Path) -> None:
    search = Search(tmp_path, concurrent=2)
    first, second = search.queue.next(), search.queue.next()
    assert first is not None and second is not None
    search.queue.failed(first, Failure(TO_MEND, "model x: not there"))
    assert search.queue.next() is None and search.queue.drained and not search.queue.done
    search.queue.reported(second, {"objective": 50.0, "updates": 8, "total_updates": 8, "share": 1.0})
    search.queue.returned(second)
    assert search.queue.done
    assert [event["retry"] for event in search.events("trial_ended")] == [True, False]
    with pytest.raises(StageError, match="a/0: model x: not there"):
        search.queue.check_ended("search")


def test_a_try_that_fails_while_the_stage_stops_is_left_to_the_next_command(tmp_path: Path) -> None:
    search = Search(tmp_path, concurrent=2)
    first, second = search.queue.next(), search.queue.next()
    assert first is not None and second is not None
    search.queue.failed(first, Failure(TO_MEND, "model x: not there"))
    search.queue.failed(second, Failure(UNKNOWN, "the worker died"))
    assert search.queue.done
    assert [(event["arm"], event["retry"]) for event in search.events("trial_ended")] == [("a", True), ("b", True)]


def test_what_a_trial_did_itself_is_final_at_once(tmp_path: Path) -> None:
    search = Search(tmp_path)
    search.train(own=1.0)
    ended = search.events("trial_ended")
    assert {(event["state"], event["reason"], event["retry"]) for event in ended} == {("failed", "diverged", False)}
    assert not search.events("trial_retried")
    search.queue.check_ended("search")


def test_a_trial_says_more_of_its_failure_than_that_it_is_gone(tmp_path: Path) -> None:
    search = Search(tmp_path)
    item = search.queue.next()
    assert item is not None
    search.queue.reported(item, {"failed": "disk full", "kind": PLACE})
    search.queue.failed(item, Failure(UNKNOWN, "the actor died"))
    (event,) = search.events("trial_retried")
    assert event["reason"] == "disk full"


def test_a_try_that_ends_without_its_last_report_is_no_finished_trial(tmp_path: Path) -> None:
    search = Search(tmp_path)
    item = search.queue.next()
    assert item is not None
    search.queue.reported(item, {"objective": 50.0, "updates": 4, "total_updates": 8, "share": 0.5})
    search.queue.returned(item)
    assert not search.events("trial_ended") and len(search.events("trial_retried")) == 1


def test_tries_that_go_on_when_the_trainer_is_gone_are_lost(tmp_path: Path) -> None:
    search = Search(tmp_path, concurrent=2)
    assert search.queue.next() and search.queue.next()
    search.queue.lose(Failure(UNKNOWN, "gone"))
    assert len(search.events("trial_retried")) == 2 and not search.queue.done


@pytest.mark.parametrize("kind", [PLACE, UNKNOWN])
@pytest.mark.parametrize("concurrent", [1, 3])
def test_failures_change_neither_scores_nor_draws(tmp_path: Path, kind: str, concurrent: int) -> None:
    def ended(share: float) -> dict[Any, Any]:
        search = Search(tmp_path / str(share), trials=6, concurrent=concurrent)
        search.train(concurrent, share=share, kinds=(kind,), most_unknown=len(PAUSES))
        found = search.events("trial_ended")
        return {(e["arm"], e["number"]): (e["fingerprint"], e["state"], e["objective"], e["reports"]) for e in found}

    calm, stormy = ended(0.0), ended(0.4)
    assert len(calm) == 12 and stormy == calm


@pytest.mark.parametrize("points", [1, 2, 3])
def test_a_space_without_further_configurations_ends_its_arms_search_with_a_line(tmp_path: Path, points: int) -> None:
    rates = (0.25, 0.5, 0.125)[:points]
    tree = {"training": {"learning_rate": Choice(rates) if points > 1 else 0.25}}
    search = Search(tmp_path, tree, trials=50)
    search.train()
    started = search.events("trial_started")
    for arm in ("a", "b"):
        assert len([event for event in started if event["arm"] == arm]) == points
        assert len({event["fingerprint"] for event in started if event["arm"] == arm}) == points
    told = [(event["arm"], event["trials"], event["space"]) for event in search.events("space_exhausted")]
    assert sorted(told) == [("a", points, "space a"), ("b", points, "space b")]
    said = {1: "nothing is searched, so one trial is all"}.get(
        points, f"all {points} configurations of its search space"
    )
    assert len(search.heard.notes) == 2 and all(said in note for note in search.heard.notes)


def test_a_continuum_that_changes_nothing_ends_too(tmp_path: Path) -> None:
    search = Search(tmp_path, {"training": {"learning_rate": 0.25}, "unused": LogUniform(0.1, 1.0)}, trials=5)
    search.train()
    assert [(e["arm"], e["number"]) for e in search.events("trial_started")] == [("a", 0), ("b", 0)]
    assert len(search.events("space_exhausted")) == 2


def test_replicates_are_handed_out_in_their_order_and_tried_again(tmp_path: Path) -> None:
    canonical = configuration({"training": {"learning_rate": 0.25}}).canonical()
    items = [
        {"arm": "a", "seed": seed, "chosen": "c", "fingerprint": f"f{seed}", "configuration": canonical}
        for seed in (10101, 10102, 10103)
    ]
    directory, clock = StudyDirectory(tmp_path), Clock()
    recorder = RecordingCallback(directory, Heard(), kind="replicate")  # type: ignore[arg-type]
    queue = TrialQueue(ReplicateSource(items), recorder, concurrent=1, full_budget=8, clock=clock)
    MadeUpTrainer(Faults(Random(1), share=0.5), clock)(queue, None, concurrent=1, driver={})
    events = journal.read(directory.journal)
    ended = [event for event in events if event["event"] == "replicate_ended"]
    assert [(event["seed"], event["state"]) for event in ended] == [(s, "finished") for s in (10101, 10102, 10103)]
    assert any(event["event"] == "replicate_retried" for event in events)


def test_an_oracle_enters_every_try_in_the_ledger(tmp_path: Path) -> None:
    search = Search(tmp_path)
    search.recorder._opens = "xquad"
    item = search.queue.next()
    assert item is not None
    search.queue.failed(item, Failure(UNKNOWN, "lost"))
    search.clock.now += PAUSES[0]
    assert search.queue.next() == {**item, "try": 2}
    readings = [(entry["purpose"], entry["set"]) for entry in journal.read(search.directory.ledger)]
    assert readings == [("search objective (oracle)", "xquad")] * 2
