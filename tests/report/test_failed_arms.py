"""An arm without a finished trial: everything else is reported, and the gap is stated."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console, RenderableType

from xlingual.records import journal
from xlingual.records.files import write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state
from xlingual.report.interval_notes import signature
from xlingual.report.status import search_table, status, status_table
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import report_tables
from xlingual.report.winners_table import winners_table

ARMS = ("baseline", "webfaq", "noise")
REASON = "2 failed; trial 1: diverged at update 1: the loss is nan"


def flat(drawn: RenderableType) -> str:
    stream = io.StringIO()
    Console(width=200, file=stream, force_terminal=False).print(drawn)
    return " ".join(stream.getvalue().split())


def of(studies: ModuleType, storage: Path, *failed: str) -> Summary:
    study = {"test": {"languages": ["en", "de"]}, "model": "google-bert/bert-base-multilingual-cased"}
    return summarize(studies.finished_study(storage, ARMS, failed=failed, **study).directory)


def rows(drawn: RenderableType, arm: str) -> list[list[str]]:
    stream = io.StringIO()
    Console(width=200, file=stream, force_terminal=False).print(drawn)
    return [line.removeprefix(arm).split() for line in stream.getvalue().splitlines() if line.startswith(f"{arm} ")]


def test_a_failed_arm_leaves_the_numbers_of_the_others_as_they_are(studies: ModuleType, tmp_path: Path) -> None:
    whole, lacking = of(studies, tmp_path / "whole"), of(studies, tmp_path / "lacking", "noise")
    for arm in ("baseline", "webfaq"):
        assert lacking.arms[arm].scores == whole.arms[arm].scores
    assert list(lacking.differences) == ["webfaq"]
    for name, metrics in whole.differences["webfaq"].items():
        for metric, gap in metrics.items():
            assert lacking.differences["webfaq"][name][metric].found == gap.found


def test_a_failed_arm_has_a_row_of_nothing_in_every_table_and_its_reason_over_it(
    studies: ModuleType, tmp_path: Path
) -> None:
    summary = of(studies, tmp_path, "noise")
    tables = report_tables(summary)
    assert "INCOMPLETE: noise has no finished trial. " in flat(tables)
    assert f"noise has no configuration: none of its trials reached its last update ({REASON})." in flat(tables)
    found = rows(tables, "noise")
    assert len(found) == 3  # F1, exact match, cost
    assert all(set(row) == {"-"} for row in found)


def test_json_has_the_reason_and_no_score_of_a_failed_arm(studies: ModuleType, tmp_path: Path) -> None:
    report = json.loads(json.dumps(of(studies, tmp_path, "noise").as_json(), allow_nan=False))
    noise = report["arms"]["noise"]
    assert report["complete"] is False and noise["failed"] == REASON
    assert noise["configuration"] is None and noise["cost"] is None
    assert noise["scores"] == {} and noise["mean"] == {} and noise["seeds"] == []
    assert report["arms"]["baseline"]["failed"] is None


def test_without_a_baseline_the_others_are_scored_and_differ_from_nothing(studies: ModuleType, tmp_path: Path) -> None:
    summary = of(studies, tmp_path, "baseline")
    assert summary.differences == {} and summary.arms["webfaq"].scores["de"].questions == 60
    text = flat(report_tables(summary))
    assert "No difference of webfaq, noise: nothing to compare with, because baseline has no score." in text
    assert "INCOMPLETE: baseline has no finished trial. " in text
    assert set(rows(report_tables(summary), "baseline")[0]) == {"-", "baseline"}


def test_without_any_finished_trial_the_reasons_are_all_that_there_is(studies: ModuleType, tmp_path: Path) -> None:
    summary = of(studies, tmp_path, *ARMS)
    text = flat(report_tables(summary))
    assert (
        text.count("has no finished trial") == 3
        and text.count(REASON) == 3
        and "no replicate was scored on the test set yet" in text
    )


def test_published_scores_say_that_a_failed_arm_has_no_distance(studies: ModuleType, tmp_path: Path) -> None:
    summary = of(studies, tmp_path, "noise")
    assert "noise" not in {one.arm for one in summary.distances}
    assert "No distance from published scores: noise (not scored on the test set)." in flat(report_tables(summary))


def test_status_tells_a_failed_arm_by_its_reason(studies: ModuleType, tmp_path: Path) -> None:
    state = read_state(studies.finished_study(tmp_path, ARMS, failed=["noise"]).directory)
    assert state.searched and state.replicated and not state.complete
    assert state.failures == (f"arm noise has no finished trial ({REASON})",)
    found = status(state)
    assert (found["complete"], found["arms"]["noise"]["failed"], found["arms"]["noise"]["best"]) == (
        False,
        REASON,
        None,
    )
    assert found["arms"]["baseline"]["failed"] is None
    assert f"FAILED: arm noise has no finished trial ({REASON})." in flat(status_table(state))
    assert rows(search_table(state), "noise")[0][-4:] == ["-", "no", "finished", "trial"]


def test_a_replicate_that_failed_for_good_is_a_failure_and_one_that_is_tried_again_is_none(
    studies: ModuleType, tmp_path: Path
) -> None:
    builder = studies.StudyBuilder(tmp_path)
    builder.search()
    for arm in builder.arms:
        builder.replicate(arm, 1)
    builder.replicate("baseline", 2, state="failed", reason="diverged at update 9")
    builder.replicate("webfaq", 2, state="running")
    state = read_state(builder.directory)
    assert state.failures == ("arm baseline, seed 2: diverged at update 9",) and state.failed == {}


@pytest.mark.parametrize("unfinished", ["running", "missing"])
def test_an_arm_that_still_has_trials_to_come_has_not_failed(
    studies: ModuleType, tmp_path: Path, unfinished: str
) -> None:
    builder = studies.StudyBuilder(tmp_path)
    builder.trial("baseline", 0, "failed", None, reason="diverged")
    if unfinished == "running":
        builder.trial("baseline", 1, "running", None)
    assert read_state(builder.directory).failed == {}


def test_trials_that_are_set_aside_are_told_by_number_and_do_not_count(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path)
    study = json.loads(builder.directory.study_json.read_text())
    rate = {"log_uniform": [1e-6, 1e-4]}
    spaces = {arm: {"training": {"learning_rate": rate}, "mixture": None, "robust": None} for arm in builder.arms}
    study["arms"] = {arm: {**study["arms"][arm], **spaces[arm]} for arm in builder.arms}
    study["arms"]["webfaq"]["training"] = {"learning_rate": {"log_uniform": [2e-5, 1e-4]}}
    builder.event("study_changed", study=study, spaces={"webfaq": spaces["webfaq"]}, renamed={})
    summary, state = summarize(builder.directory), read_state(builder.directory)
    reason = "training.learning_rate 1e-05 is below 2e-05"
    assert summary.arms["webfaq"].set_aside == {"0": reason} and summary.arms["baseline"].set_aside == {}
    assert summary.as_json()["arms"]["webfaq"]["set_aside"] == {"0": reason}
    assert "in the space that their arm searches now, and do not count: webfaq 0." in flat(report_tables(summary))
    assert "different numbers of trials, and the best of more is better: baseline 2, webfaq 1." in flat(
        report_tables(summary)
    )
    assert status(state)["arms"]["webfaq"]["set_aside"] == {"0": reason}
    assert status(state)["arms"]["webfaq"]["trials"]["finished"] == 1
    assert "webfaq: 1 trial is not in the space that it searches now" in flat(status_table(state))


def test_what_was_decided_after_a_reading_of_the_test_set_is_marked(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, ARMS)
    on_time = summarize(builder.directory)
    assert not any(arm.late for arm in on_time.arms.values()) and "(late)" not in flat(report_tables(on_time))
    assert "different numbers of trials" not in flat(report_tables(on_time))
    chosen = {"arm": "noise", "number": 1, "fingerprint": "noise-1", "objective": 60.0}
    journal.append(builder.directory.journal, {"event": "chosen", "time": 1.0, **chosen})
    study = json.loads(builder.directory.study_json.read_text())
    del study["arms"]["webfaq"]
    builder.event("study_changed", study=study, spaces={}, renamed={})
    summary = summarize(builder.directory)
    assert [name for name, arm in summary.arms.items() if arm.late] == ["noise"]
    assert summary.as_json()["arms"]["noise"]["chosen_after_a_reading"] == [1]
    text = flat(report_tables(summary))
    assert "(late): chosen after the test set had been read for another choice: noise." in text
    assert "The test set was read for arms that are no longer in the study, too: webfaq (2 readings)." in text


def without_search(directory: StudyDirectory, arm: str, number: int) -> None:
    """Make the trials of a search fail."""
    events = [event for event in journal.read(directory.journal) if event.get("arm") == arm]
    replicates = {event["fingerprint"] for event in events if "seed" in event and event.get("search") == number}
    kept = []
    for event in journal.read(directory.journal):
        mine = event.get("arm") == arm and event.get("search") == number
        if mine and event["event"] == "trial_ended":
            kept.append({**event, "state": "failed", "objective": None, "reason": "diverged"})
        elif not mine or event["event"] == "trial_started":
            kept.append(event)
    write_lines(directory.journal, [event for event in kept if event.get("fingerprint") not in replicates])


def test_a_search_that_failed_leaves_a_gap_where_it_would_be_and_is_named(studies: ModuleType, tmp_path: Path) -> None:
    directory = studies.study_of_searches(tmp_path, {"good": 12.0}, searches=4).directory
    whole = summarize(directory)
    without_search(directory, "good", 2)
    summary, text = summarize(directory), flat(report_tables(summarize(directory)))
    assert summary.arms["good"].units == (1, 3, 4) and summary.differences["good"]["mean"]["f1"].found.units == (3, 4)
    assert "INCOMPLETE: good has 3 of 4 replicates scored; search 2 has no finished trial." in text
    assert (
        "good is scored without search 2: no trial there reached its last update (1 failed; trial 0: diverged)" in text
    )
    means = [f"{mean:.1f}" for mean in whole.arms["good"].mean("f1")]
    table = winners_table(summary)
    assert table is not None
    (row,) = rows(table, "good")
    assert row[:9] == ["1", "60.0", "-", "60.0", "60.0", means[0], "-", *means[2:]]
    assert summary.as_json()["arms"]["good"]["failed_searches"] == {"2": "1 failed; trial 0: diverged"}
    assert "|searches:3-4x1|" in signature(summary)
    chosen = rows(search_table(read_state(directory)), "good")[0]
    assert chosen[-4:] == ["search/trial", "1/0,", "3/0,", "4/0"]


def test_the_reasons_of_several_searches_are_told_apart(studies: ModuleType, tmp_path: Path) -> None:
    directory = studies.study_of_searches(tmp_path, {"good": 12.0}, searches=2).directory
    without_search(directory, "good", 1)
    without_search(directory, "good", 2)
    reason = "search 1: 1 failed; trial 0: diverged; search 2: 1 failed; trial 0: diverged"
    assert summarize(directory).arms["good"].failed == reason
    assert status(read_state(directory))["arms"]["good"]["failed"] == reason
    assert f"good has no configuration: none of its trials reached its last update ({reason})." in flat(
        report_tables(summarize(directory))
    )


def test_a_search_that_goes_on_beside_one_that_failed_is_no_failed_arm(studies: ModuleType, tmp_path: Path) -> None:
    directory = studies.study_of_searches(tmp_path, {"good": 12.0}, searches=2).directory
    for number in (1, 2):
        without_search(directory, "good", number)
    ended = [e for e in journal.read(directory.journal) if (e["event"], e.get("search")) != ("trial_ended", 2)]
    write_lines(directory.journal, ended)
    assert "no finished trial" not in flat(search_table(read_state(directory)))


def test_values_of_many_searches_wrap_between_words_beside_their_arm(studies: ModuleType, tmp_path: Path) -> None:
    directory = studies.study_of_searches(tmp_path, {"good": 12.0}, searches=20).directory
    table = winners_table(summarize(directory))
    assert table is not None
    for drawn, value in ((table, "60.0"), (search_table(read_state(directory)), "3e-05")):
        stream = io.StringIO()
        Console(width=60, file=stream).print(drawn)
        text = stream.getvalue()
        assert "…" not in text and max(map(len, text.splitlines())) <= 60
        assert text.split().count(value) == 2 * 20 and text.count("baseline") >= 1
