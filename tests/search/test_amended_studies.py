"""A finished study that gets a language, an arm, a seed or a search: only what is new is trained and read."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from rich.console import Console
from studies_here import ONE, run_here

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state
from xlingual.report.summary import summarize
from xlingual.report.table import report_tables

FEW, MORE = "data.test.languages=[en, de]", "data.test.languages=[en, de, es]"
ARMS = ("plain", "noise")
ARM = "arms.noise={robust: {embedding_noise: {magnitude: 0.1}}}"


class Step(NamedTuple):
    """What one command added to a study.

    Attributes:
        trained: (event, arm) of trials and replicates that began.
        read: (arm, seed, languages) of each reading.
        kept: whether every file of predictions of before is as it was.
        notes: lines that the user read.
    """

    trained: Counter[tuple[str, str]]
    read: list[tuple[str, int, tuple[str, ...]]]
    kept: bool
    notes: list[str]


class Amended:
    """A study file on the tiny task, and commands that edit it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory = StudyDirectory(path.parent / "studies" / path.parent.name)

    def run(self, *overrides: str) -> Step:
        events, rows, answers = self._events(), self._ledger(), self._answers()
        self.directory, notes = run_here(self.path, *overrides)
        new = self._events()[len(events) :]
        started = ("trial_started", "replicate_started")
        now = self._answers()
        return Step(
            Counter((one["event"], one["arm"]) for one in new if one["event"] in started),
            [(one["arm"], one["seed"], tuple(one["languages"])) for one in self._ledger()[len(rows) :]],
            all(now[path] == content for path, content in answers.items()),
            notes,
        )

    def _events(self) -> list[dict[str, Any]]:
        return journal.read(self.directory.journal)

    def _ledger(self) -> list[dict[str, Any]]:
        return journal.read(self.directory.ledger)

    def _answers(self) -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in self.directory.path.glob("trials/*/predictions/*/*.jsonl")}


@pytest.fixture(scope="module")
def steps(write_study: Callable[..., Path]) -> tuple[Amended, dict[str, Step], dict[str, Any]]:
    """A study of one arm that got a language, then an arm, then a seed, then a search; and its report after each."""
    path = write_study(
        "amended",
        **ONE,
        arms={"plain": {"baseline": True}},
        training={
            "updates": 2, "batch_size": 8, "micro_batch_size": 4, "learning_rate": {"log_uniform": [1e-4, 1e-2]},
            "precision": "fp32", "reports": 1,
        },
    )  # fmt: skip
    study = Amended(path)
    study.directory = StudyDirectory(path.parent / "studies" / "amended")
    asked = {
        "first": (FEW,),
        "language": (MORE,),
        "arm": (MORE, ARM),
        "seed": (MORE, ARM, "replicates.seeds=2"),
        "search": (MORE, ARM, "replicates.seeds=2", "replicates.searches=2", "search.trials_per_arm=2"),
    }
    found, reports = {}, {}
    for name, overrides in asked.items():
        found[name] = study.run(*overrides)
        reports[name] = summarize(study.directory)
    return study, found, reports


def test_an_added_language_alone_is_read_and_nothing_is_trained(steps: Any) -> None:
    _, found, reports = steps
    assert found["first"].read == [("plain", 10101, ("en", "de"))]
    step = found["language"]
    assert not step.trained and step.kept
    assert step.read == [("plain", 10101, ("es",))]
    assert "test set xquad: es added; what was scored in other languages stays" in step.notes
    before, after = (reports[name].arms["plain"].scores for name in ("first", "language"))
    assert list(before) == ["en", "de"] and list(after) == ["en", "de", "es"]
    assert {code: after[code] for code in before} == before
    found_json = reports["language"].as_json()
    assert found_json["complete"] and found_json["test_set"]["languages_after_a_reading"] == ["es"]
    assert reports["first"].as_json()["test_set"]["languages_after_a_reading"] == []
    assert "Languages added after the test set had been read in others: es." in _drawn(reports["language"])


def test_an_added_arm_alone_is_trained_and_read_in_all_languages_and_marked_in_every_table(steps: Any) -> None:
    _, found, reports = steps
    step = found["arm"]
    assert step.trained == {("trial_started", "noise"): 1, ("replicate_started", "noise"): 1} and step.kept
    assert step.read == [("noise", 10101, ("en", "de", "es"))]
    report = reports["arm"]
    found_json = report.as_json()["arms"]
    assert {arm: says["chosen_after_a_reading"] for arm, says in found_json.items()} == {"plain": [], "noise": [1]}
    text = _drawn(report)
    rows = [line for line in text.splitlines() if line.startswith("noise")]
    assert len(rows) >= 4 and all(line.startswith("noise (late)") for line in rows)
    assert not any(line.startswith("plain (late)") for line in text.splitlines())
    assert "(late): chosen after the test set had been read for another choice: noise." in text


def test_added_seeds_and_searches_alone_are_trained_and_read(steps: Any) -> None:
    study, found, reports = steps
    every = ("en", "de", "es")
    assert found["seed"].trained == {("replicate_started", "plain"): 1, ("replicate_started", "noise"): 1}
    assert found["seed"].read == [("plain", 10102, every), ("noise", 10102, every)]
    searched = found["search"]
    assert searched.trained == {
        (f"{kind}_started", arm): n for arm in ARMS for kind, n in (("trial", 1), ("replicate", 2))
    }
    assert searched.read == [(arm, seed, every) for arm in ARMS for seed in (10201, 10202)]
    assert found["seed"].kept and searched.kept
    late = {arm: says["chosen_after_a_reading"] for arm, says in reports["search"].as_json()["arms"].items()}
    assert late == {"plain": [2], "noise": [1, 2]}
    state = read_state(study.directory)
    assert state.complete and state.late_arms == ("plain", "noise")


def test_the_same_command_again_reads_nothing_and_a_language_cannot_be_left_out_again(
    steps: Any, by_letter: Any
) -> None:
    study, _, _ = steps
    last = (MORE, ARM, "replicates.seeds=2", "replicates.searches=2", "search.trials_per_arm=2")
    again = study.run(*last)
    assert not again.trained and not again.read and again.kept
    with pytest.raises(RecordError) as refused:
        run_here(study.path, FEW, *last[1:])
    by_letter(str(refused.value).replace(str(study.directory.path), "STUDY"))


def test_a_language_that_waits_for_its_reading_leaves_the_others_in_the_report(studies: Any, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, test={"languages": ["en", "de"]})
    events = journal.read(builder.directory.journal)
    for one in events:
        if one["event"] == "test_scored":
            one["scores"] = {"en": {}, "de": {}}
    builder.directory.journal.write_text("".join(json.dumps(one) + "\n" for one in events))
    content = json.loads(builder.directory.study_json.read_text())
    content["data"]["test"]["languages"] = ["en", "de", "th"]
    builder.directory.study_json.write_text(json.dumps(content))
    state, summary = read_state(builder.directory), summarize(builder.directory)
    assert not state.complete and not any(one.scored for one in state.replicates)
    assert summary.languages == ("en", "de") and not summary.complete


def _drawn(summary: Any) -> str:
    stream = io.StringIO()
    Console(width=500, file=stream).print(report_tables(summary))
    return stream.getvalue()
