"""Requests to a study, from its records alone."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.attached import attach, detach, refresh
from xlingual.records.control import request, requests
from xlingual.records.files import write_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.remote import Remote
from xlingual.records.requests import names, read, settings, write
from xlingual.records.state import read_state


@pytest.fixture
def running(studies: Any, tmp_path: Path) -> StudyDirectory:
    """A study of two arms of two searches, in the midst of its search."""
    builder = studies.StudyBuilder(
        tmp_path,
        ("plain", "noise"),
        searched=True,
        test={"also": {}},
        search={"trials_per_arm": 8, "objective": "dev.f1"},
        replicates={"searches": 2, "seeds": 1},
        scaling={"concurrent_trials": "auto"},
    )
    for arm in builder.arms:
        for number, state in enumerate(("finished", "failed", "running")):
            of = {"arm": arm, "search": 1, "number": number, "fingerprint": f"{arm}{number}"}
            builder.event("trial_started", **of, values={"training.learning_rate": 1e-4})
            if state != "running":
                objective = 50.0 if state == "finished" else None
                builder.event(
                    "trial_ended", **of, state=state, objective=objective, updates=5, reason="no", retry=False
                )
    return builder.directory


REFUSED: dict[str, tuple[str, Any]] = {
    "no such action": ("halt", "noise"),
    "no arm": ("stop", None),
    "another arm": ("pause", "nose"),
    "the baseline": ("stop", "plain"),
    "nothing to resume": ("resume", "noise"),
    "no number": ("trials", "many"),
    "zero": ("seeds", 0),
    "uneven": ("trials", 9),
    "fewer than there are": ("trials", 4),
    "as many": ("trials", "8"),
    "concurrency": ("concurrent", "-1"),
    "no trial": ("retry", "noise/1"),
    "a finished trial": ("retry", "noise/search-1/0"),
    "a running trial": ("retry", "noise2"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_in_a_line_and_leaves_nothing(
    running: StudyDirectory, case: str, by_letter: Any
) -> None:
    with pytest.raises(RecordError) as refused:
        request(running, *REFUSED[case])
    assert "\n" not in str(refused.value) and not running.requests.exists()
    by_letter(str(refused.value).replace(str(running.path), "STUDY"), case)


def test_more_trials_are_refused_once_the_test_set_was_read(studies: Any, tmp_path: Path, by_letter: Any) -> None:
    builder = studies.finished_study(tmp_path, seeds=1, test={"also": {}})
    for action, value in (("trials", 4), ("stop", "webfaq"), ("pause", "webfaq")):
        with pytest.raises(RecordError) as refused:
            request(builder.directory, action, value)
        by_letter(str(refused.value).replace(str(builder.directory.path), "STUDY"), action)
    assert request(builder.directory, "seeds", 2).state == "pending"


def test_a_request_is_checked_against_those_that_are_pending(running: StudyDirectory) -> None:
    request(running, "stop", "noise")
    with pytest.raises(RecordError, match=r"^pause noise: arm noise is stopped since "):
        request(running, "pause", "noise")
    request(running, "resume", "noise")
    paused = request(running, "pause", "noise")
    assert request(running, "pause", "noise") == paused
    request(running, "resume", "noise")
    assert request(running, "pause", "noise").request.id > paused.request.id  # the first one is taken back by then
    request(running, "trials", 16)
    with pytest.raises(RecordError, match=r"^trials 17: it cannot be split evenly over the 2 searches"):
        request(running, "trials", 17)
    assert request(running, "trials", "0016").request.value == 16
    assert [one.request.text for one in requests(running)] == [
        "stop noise", "resume noise", "pause noise", "resume noise", "pause noise", "trials 16",
    ]  # fmt: skip


def test_the_same_request_again_is_the_one_that_is_pending(running: StudyDirectory) -> None:
    first = request(running, "retry", "noise/search-1/1")
    assert request(running, "retry", "noise/search-1/1") == first
    (only,) = requests(running)
    assert only == first and only.request.text == "retry noise/search-1/1"
    assert request(running, "retry").request.text == "retry --failed"


def test_a_request_tells_who_asked_when_and_becomes_of_it_what_the_journal_says(running: StudyDirectory) -> None:
    one = request(running, "pause", "noise").request
    content = json.loads((running.requests / f"{one.id}.json").read_text())
    assert set(content) == {"action", "value", "time", "by"} and content["by"] == one.by and "@" in one.by
    assert read(running.requests / f"{one.id}.json") == one and names(running) == [one.id]
    event = {"event": "arm_paused", "time": 7.0, "arm": "noise", "request": one.as_json()}
    journal.append(running.journal, event)
    assert read_state(running).held.paused == {"noise": 7.0}
    (asked,) = requests(running)
    assert (asked.request, asked.state, asked.taken) == (one, "applied", 7.0)
    (running.requests / f"{one.id}.json").unlink()  # the journal is enough
    assert requests(running) == (asked,)


def test_a_paused_arm_stays_paused_under_another_name(running: StudyDirectory) -> None:
    journal.append(running.journal, {"event": "arm_paused", "time": 7.0, "arm": "noise", "request": {}})
    events = journal.read(running.journal)[:-1]
    study = json.loads(running.study_json.read_text())
    study["arms"]["robust"] = study["arms"].pop("noise")
    changed = {"event": "study_changed", "time": 8.0, "study": study, "spaces": {}, "renamed": {"noise": "robust"}}
    pause = {"event": "arm_paused", "time": 7.0, "arm": "noise"}
    running.journal.write_text("".join(json.dumps(event) + "\n" for event in [*events, pause, changed]))
    assert read_state(running).held.paused == {"robust": 7.0}


def test_a_setting_that_was_asked_for_stands_until_the_file_prevails() -> None:
    def asked_for(value: Any, written: Any) -> dict[str, Any]:
        return {"event": "study_changed", "request": {"action": "trials", "value": value}, "written": written}

    events = [asked_for(12, 8), asked_for(16, 8)]
    assert settings(events) == {"trials": (16, 8)}
    assert settings([*events, {"event": "file_prevails", "action": "trials"}]) == {}
    assert settings([*events, {"event": "file_prevails", "action": "trials"}, asked_for(20, 9)]) == {"trials": (20, 9)}


def test_a_request_that_is_killed_in_its_writing_is_none(running: StudyDirectory, monkeypatch: Any) -> None:
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        write(running, "pause", "noise")
    assert names(running) == [] and requests(running) == ()


def test_requests_to_a_study_at_a_url_come_from_any_machine(running: StudyDirectory, tmp_path: Path) -> None:
    store = MemoryStore()
    driver, elsewhere = (
        attach("s3://bucket/studies/name", tmp_path / f"mirror {n}" / "name", Remote("s3://bucket/studies/name", store))
        for n in range(2)
    )
    try:
        write_json(StudyDirectory(driver).study_json, json.loads(running.study_json.read_text()))
        refresh(elsewhere)
        made = [request(StudyDirectory(elsewhere), "pause", arm).request for arm in ("plain", "noise")]
        assert requests(StudyDirectory(driver)) == ()
        refresh(StudyDirectory(driver).requests)
        assert [one.request for one in requests(StudyDirectory(driver))] == made
    finally:
        detach(driver)
        detach(elsewhere)
