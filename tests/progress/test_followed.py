"""Whoever follows a study from its records is told what its driver's listener was told."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import RecordError
from xlingual.progress.followed import Follower, News, events, follow
from xlingual.progress.json_lines import JsonLines
from xlingual.progress.score_names import ScoreNames
from xlingual.records import journal
from xlingual.records.files import write_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import hold
from xlingual.records.state import read_state
from xlingual.search.listener import ClusterUse
from xlingual.search.recorded_views import tell_recorded
from xlingual.search.recording_callback import RecordingCallback
from xlingual.study import load_study

SCORES = {"en": {"f1": 50.0, "exact_match": 40.0}}
STUDY = {
    "name": "s",
    "arms": {"a": {"baseline": True}},
    "training": {"updates": 20},
    "search": {"trials_per_arm": 2},
    "replicates": {"searches": 1, "seeds": 1},
    "data": {"test": {"set": "xquad", "source": "toy", "languages": ["en"]}},
}


class Heard(JsonLines):
    """A listener that keeps all it hears."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        super().__init__(self.stream)

    def lines(self) -> list[dict[str, Any]]:
        """Everything heard, without the times and notes."""
        lines = [json.loads(line) for line in self.stream.getvalue().splitlines()]
        return [
            {key: value for key, value in line.items() if key != "time"} for line in lines if line["event"] != "note"
        ]


class Driver:
    """Writes a study's records as a driver does, and tells its listener."""

    def __init__(self, path: Path) -> None:
        self.directory = StudyDirectory(path / "s")
        self.heard = Heard()
        write_json(self.directory.study_json, STUDY)
        self.trials = RecordingCallback(self.directory, self.heard, kind="trial")
        self.replicates = RecordingCallback(self.directory, self.heard, kind="replicate")

    def item(self, **named: Any) -> dict[str, Any]:
        """A trial or replicate whose training has begun."""
        fingerprint = "-".join(map(str, named.values()))
        configuration = {"training": {"updates": 20, "learning_rate": 1e-3}}
        write_json(self.directory.trial(fingerprint).configuration, configuration)
        return {"arm": "a", "fingerprint": fingerprint, "configuration": configuration, "values": {}, **named}

    def stage(self, stage: str, total: int) -> None:
        """A stage begins."""
        journal.append(self.directory.journal, {"event": "stage_started", "stage": stage})
        self.heard.stage_started(stage, total, 0)

    def report(self, by: RecordingCallback, item: dict[str, Any], updates: int) -> None:
        """A trial reports."""
        report = {"updates": updates, "objective": 40.0 + updates}
        journal.append(self.directory.trial(item["fingerprint"]).reports, report)
        by.reported(item, report)

    def end(self, by: RecordingCallback, item: dict[str, Any], state: str = "finished") -> None:
        """A trial ends as it last reported."""
        last = {"updates": 20, "objective": 60.0}
        by.ended(item, {"state": state, "reason": None, "retry": False, "reports": [], **last})


def test_a_follower_tells_what_the_drivers_listener_was_told(tmp_path: Path) -> None:
    driver = Driver(tmp_path)
    heard = Heard()
    follower = Follower(driver.directory, heard)
    assert follower.look() is None
    trials = driver.trials
    driver.stage("search", 2)
    for number in range(2):
        item = driver.item(number=number)
        trials.chosen_to_train(item)
        trials.started(item)
        follower.look()
        for updates in (10, 20):
            driver.report(trials, item, updates)
            follower.look()
        driver.end(trials, item)
        follower.look()
    journal.append(driver.directory.journal, {"event": "chosen", "arm": "a", "fingerprint": "0"})
    driver.heard.stage_ended("search")
    driver.stage("replicate", 1)
    item = driver.item(seed=7) | {"chosen": "0"}
    driver.replicates.chosen_to_train(item)
    driver.replicates.started(item)
    follower.look()
    driver.report(driver.replicates, item, 20)
    follower.look()
    driver.end(driver.replicates, item)
    driver.heard.stage_ended("replicate")
    driver.stage("test", 1)
    follower.look()
    scored = {"event": "test_scored", "arm": "a", "seed": 7, "fingerprint": "7", "set": "xquad", "scores": SCORES}
    journal.append(driver.directory.journal, scored)
    driver.heard.test_scored("a", 7, "xquad", SCORES)
    driver.heard.stage_ended("test")
    state = follower.look()
    assert state is not None and state.complete
    assert heard.lines() == driver.heard.lines()

    late = Heard()
    Follower(driver.directory, late).look()
    assert [line for line in late.lines() if line.get("state") == "finished"] == [
        line for line in heard.lines() if line.get("state") == "finished"
    ]
    assert [line["event"] for line in late.lines()].count("stage_ended") == 3


def test_a_trial_whose_training_has_not_begun_waits(tmp_path: Path) -> None:
    driver = Driver(tmp_path)
    driver.stage("search", 2)
    item = driver.item(number=0)
    driver.directory.trial("0").configuration.unlink()
    driver.trials.chosen_to_train(item)
    heard = Heard()
    Follower(driver.directory, heard).look()
    (line,) = (line for line in heard.lines() if line["event"] == "trial_changed")
    assert (line["state"], line["updates"], line["total_updates"]) == ("waiting", 0, 20)


def test_following_ends_when_nobody_runs_the_study(tmp_path: Path) -> None:
    driver = Driver(tmp_path)
    driver.stage("search", 2)
    looks = []
    with hold(driver.directory.lock):

        def pause() -> None:
            looks.append(read_state(driver.directory).active)
            if len(looks) == 8:
                raise InterruptedError

        with pytest.raises(InterruptedError):
            follow(driver.directory, Heard(), pause)
        assert looks == [True] * 8
    looks.clear()
    state = follow(driver.directory, Heard(), lambda: looks.append(False))
    assert not state.complete and len(looks) == 5


def test_following_refuses_what_is_no_study(tmp_path: Path, by_letter: Any) -> None:
    with pytest.raises(RecordError) as error:
        follow(StudyDirectory(tmp_path / "none"), Heard(), lambda: None)
    by_letter(str(error.value).replace(str(tmp_path), "STORAGE"))


def test_json_lines_are_told_as_the_events_that_they_are(tmp_path: Path) -> None:
    driver = Driver(tmp_path)
    driver.stage("search", 2)
    item = driver.item(number=0)
    driver.trials.started(item)
    driver.heard.test_scored("a", 7, "xquad", SCORES)
    driver.heard.stage_ended("search")
    heard = Heard()
    driver.heard.cluster_used(ClusterUse(2, {"CPU": 3.0}, {"CPU": 4.0}))
    lines = [*driver.heard.lines(), {"event": "note", "text": "a note"}, {"reply": "ended"}]
    assert list(events(iter(lines), heard)) == [{"reply": "ended"}]
    assert heard.lines() == driver.heard.lines()
    assert '"a note"' in heard.stream.getvalue()


def test_what_was_told_is_not_told_again(tmp_path: Path) -> None:
    driver = Driver(tmp_path)
    driver.stage("search", 2)
    driver.trials.started(driver.item(number=0))
    driver.heard.test_scored("a", 7, "xquad", SCORES)
    driver.heard.note("a note")
    driver.heard.cluster_used(ClusterUse(2, {"CPU": 3.0}, {"CPU": 4.0}))
    heard = Heard()
    news = News(heard)
    lines = [json.loads(line) for line in driver.heard.stream.getvalue().splitlines()]
    for _ in range(2):
        assert list(events(iter(lines), news)) == []
    told = [line for line in heard.lines() if line["event"] != "cluster_used"]  # the present one, each time
    assert told == [line for line in driver.heard.lines() if line["event"] != "cluster_used"]
    assert heard.stream.getvalue().count("a note") == 1


@pytest.mark.parametrize("name", ["quickstart", "baselines", "webfaq_mix"])
def test_scores_are_named_from_the_records_as_from_the_study(name: str) -> None:
    study = load_study(f"{Path(__file__).parents[2]}/studies/{name}.yaml")
    assert ScoreNames.of_record(study.model_dump(mode="json")) == ScoreNames.of_study(study)


class Past(Heard):
    """A listener that keeps what it is told of earlier commands."""

    def recorded(self, trials: Any, scores: Any) -> None:
        self.past = {trial.key: (trial.state, trial.objective) for trial in trials}, scores


def test_the_next_command_tells_what_earlier_ones_finished_and_nothing_that_is_unfinished(tmp_path: Path) -> None:
    driver, past = Driver(tmp_path), Past()
    driver.stage("search", 2)
    tell_recorded(driver.directory, read_state(driver.directory), past)
    assert not hasattr(past, "past")
    for number in range(2):
        item = driver.item(number=number)
        driver.trials.chosen_to_train(item)
        driver.report(driver.trials, item, 20)
        if number == 0:
            driver.end(driver.trials, item)
    journal.append(driver.directory.journal, {"event": "chosen", "arm": "a", "fingerprint": "0"})
    item = driver.item(seed=7) | {"chosen": "0"}
    driver.replicates.chosen_to_train(item)
    driver.report(driver.replicates, item, 20)
    driver.end(driver.replicates, item)
    scored = {"event": "test_scored", "arm": "a", "seed": 7, "fingerprint": "7", "set": "xquad", "scores": SCORES}
    journal.append(driver.directory.journal, scored)
    tell_recorded(driver.directory, read_state(driver.directory), past)
    trials, scores = past.past
    assert trials == {"a/0": ("finished", 60.0), "a/seed-7": ("finished", 60.0)}
    assert scores == {("a", 7, "xquad"): SCORES}


def test_records_that_did_not_change_are_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    driver, reads = Driver(tmp_path), []

    def counted(directory: StudyDirectory) -> Any:
        reads.append(directory)
        return read_state(directory)

    monkeypatch.setattr("xlingual.progress.followed.read_state", counted)
    driver.stage("search", 2)
    follower = Follower(driver.directory, Heard())
    for _ in range(3):
        follower.look()
    assert len(reads) == 1
    driver.trials.chosen_to_train(driver.item(number=0))
    follower.look()
    assert len(reads) == 2
