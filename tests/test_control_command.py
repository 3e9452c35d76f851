"""`xlingual control`, and what `xlingual status` and the checklist tell of requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.control import requests
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import hold


@pytest.fixture
def searching(studies: Any, tmp_path: Path) -> StudyDirectory:
    """A study of two arms that has a trial each."""
    builder = studies.StudyBuilder(
        tmp_path, ("plain", "noise"), searched=True, test={"also": {}}, scaling={"concurrent_trials": "auto"}
    )
    for arm in builder.arms:
        builder.trial(arm, 0, "finished", 50.0, **{"training.learning_rate": 1e-5})
    directory: StudyDirectory = builder.directory
    return directory


def taken_up(directory: StudyDirectory, kind: str, **content: Any) -> None:
    """Take the last request up, as a driver does."""
    said = requests(directory)[-1].request.as_json()
    journal.append(directory.journal, {"event": kind, "time": 86400.0, **content, "request": said})


def test_a_request_is_written_listed_and_shown_with_its_times(searching: StudyDirectory, call: Any) -> None:
    place = searching.path
    none = call("control", place)
    assert (none.status, none.output) == (0, f"{place}: nothing was asked of this study\n")
    asked = call("control", place, "pause", "noise")
    by = requests(searching)[0].request.by
    assert asked.status == 0 and asked.output.startswith(f"pause noise: asked by {by} at 20")
    assert asked.output.endswith(f"UTC; the next `run` takes it up (see `xlingual status {place}`)\n")
    assert call("control", place).output.endswith(", not taken up yet\n")
    assert json.loads(call("status", place, "--json").output)["requests"] == [requests(searching)[0].as_json()]
    taken_up(searching, "arm_paused", arm="noise")
    shown = json.loads(call("status", place, "--json").output)
    assert shown["paused"] == ["noise"] and shown["requests"][0]["state"] == "applied"
    assert call("control", place).output.endswith(" UTC, applied at 1970-01-02 00:00:00 UTC\n")
    table = " ".join(call("status", place).output.split())
    assert "PAUSED: noise, since 1970-01-02 00:00:00 UTC; the test set is not opened meanwhile. Go on with" in table
    assert f" pause noise: asked by {by} at " in table
    with hold(searching.lock):
        again = call("control", place, "resume", "noise", "--json")
        assert json.loads(again.output)["state"] == "pending"
        assert call("control", place, "concurrent", "auto").errors == (
            "error: concurrent auto: scaling.concurrent_trials is auto already\n"
        )
        said = call("control", place, "concurrent", "2").output
        assert "; the command that runs the study takes it up within seconds (see " in said


def test_a_stop_is_in_the_report_and_requests_are_in_the_checklist_and_on_the_page(
    studies: Any, tmp_path: Path, call: Any
) -> None:
    builder = studies.finished_study(tmp_path, seeds=1, test={"also": {}}, search={"trials_per_arm": 6})
    said = {"id": "a", "action": "stop", "value": "webfaq", "time": 0.0, "by": "me@here"}
    builder.event("arm_stopped", arm="webfaq", request=said)
    note = "webfaq was stopped by hand after 2 of 6 trials on 1970-01-01 00:00:00 UTC: its budget is smaller"
    assert note in " ".join(call("report", builder.directory.path).output.split())
    checklist = json.loads(call("checklist", builder.directory.path, "--json").output)
    (table,) = (
        part
        for answer in checklist["answers"]
        for part in answer["parts"]
        if answer["id"] == "ARR C3" and part.get("title") == "requests by hand"
    )
    assert table["rows"] == [
        {
            "asked": "1970-01-01 00:00:00 UTC",
            "by": "me@here",
            "request": "stop webfaq",
            "state": "applied",
            "taken up": "1970-01-01 00:00:00 UTC",
            "reason": "-",
        }
    ]
    page = tmp_path / "page.html"
    assert call("report", builder.directory.path, "--html", page).status == 0
    assert "stop webfaq: asked by me@here at 1970-01-01 00:00:00 UTC, applied at 00:00:00" in page.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("halt", "noise"),
        ("retry",),
        ("retry", "noise/0", "--failed"),
        ("stop", "--failed"),
        ("stop",),
        ("trials", "two"),
    ],
)
def test_a_mistaken_request_is_one_line(
    searching: StudyDirectory, call: Any, words: tuple[str, ...], by_letter: Any
) -> None:
    ended = call("control", searching.path, *words)
    assert (ended.status, ended.output, ended.errors.count("\n")) == (1, "", 1)
    by_letter(ended.errors.strip(), " ".join(words))
    assert not searching.requests.exists()


def test_a_folder_that_is_no_study_gets_no_request(tmp_path: Path, call: Any) -> None:
    ended = call("control", tmp_path, "stop", "noise")
    assert ended.status == 1 and ended.errors.startswith(f"error: {tmp_path / 'study.json'}: no such file; is this")
    assert not list(tmp_path.iterdir())
