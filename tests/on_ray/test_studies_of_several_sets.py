"""A study with several sealed test sets: each is read once, also after a crash between two, and when one is added."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state
from xlingual.report.summary import summarize

ONE: dict[str, Any] = {
    "search": {"trials_per_arm": 1},
    "replicates": {"searches": 1, "seeds": 1},
    "scaling": {"concurrent_trials": 1},
}


def readings(directory: StudyDirectory) -> Counter[tuple[str, str]]:
    return Counter((row["arm"], row["set"]) for row in journal.read(directory.ledger))


def scored(directory: StudyDirectory) -> list[tuple[str, str]]:
    return [
        (event["arm"], event["set"]) for event in journal.read(directory.journal) if event["event"] == "test_scored"
    ]


def test_each_set_is_read_once_and_an_added_one_is_paid_for_alone(
    ray_cluster: None, write_study: Callable[..., Path], drive_study: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that overlaps what was trained on comes too late."""
    path = write_study("several", **ONE)
    files = path.parent / "data" / "xquad" / "xquad.{language}.json"
    second = f"data.test.also={{second: {{source: '{files}', languages: [de, es], paragraphs: 2}}}}"
    stage = sys.modules["xlingual.search.stages.test"]
    real = stage._scored  # type: ignore[attr-defined]

    def killed(context: Any, test: Any, *rest: Any) -> None:
        if test.name == "second":
            raise KeyboardInterrupt
        real(context, test, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(stage, "_scored", killed)
        with pytest.raises(KeyboardInterrupt):
            drive_study(path, second)
    directory, _ = drive_study(path, second)
    arms = read_state(directory).arms
    once = {(arm, name): 1 for arm in arms for name in ("xquad", "second")}
    assert readings(directory) == once  # answers that were written before the kill are taken over
    assert sorted(scored(directory)) == sorted(once)
    state = read_state(directory)
    assert state.complete and all(set(one.scores) == {"xquad", "second"} for one in state.replicates)
    assert {f"test set {name}" for name in state.test_sets} <= read_json(directory.sources).keys()

    written = {file: file.read_bytes() for file in directory.path.glob("trials/*/predictions/*/*.jsonl")}
    third = f"data.test.also.third={{source: '{files}', languages: [de, es], paragraphs: 2, generalised: true}}"
    _, watched = drive_study(path, second, third)
    assert "test set third: new" in watched.notes
    assert readings(directory) == once | {(arm, "third"): 1 for arm in arms}
    assert scored(directory)[len(once) :] == [(one.arm, "third") for one in state.replicates]
    assert all(file.read_bytes() == content for file, content in written.items())
    state = read_state(directory)
    assert state.complete and all(
        one.scores["third"].keys() == {"de", "es", "de-es", "es-de"} for one in state.replicates
    )
    crossed = directory.trial(state.replicates[0].fingerprint).predictions("third", "de-es")
    assert len(journal.read(crossed)) == state.replicates[0].scores["third"]["de-es"]["questions"]
    summarize(directory)  # of the headline, whose tables a further set leaves as they are

    with pytest.raises(RecordError, match=r"data.test.also.second.paragraphs was 2, is now absent"):
        drive_study(path, second, third, "data.test.also.second.paragraphs=null")
    with pytest.raises(RecordError, match=r"data.test.also.third was given, is now absent"):
        drive_study(path, second)

    train = json.loads((path.parent / "data" / "train.json").read_text())
    (path.parent / "late.en.json").write_text(json.dumps({**train, "data": train["data"][:2]}))
    late = f"data.test.also.late='{path.parent}/late.{{language}}.json'"
    with pytest.raises(RecordError, match=r"overlaps the added test set late: \d+ paragraphs or pairs of train.*_2"):
        drive_study(path, second, third, late)
    assert {name for _, name in readings(directory)} == {"xquad", "second", "third"}
