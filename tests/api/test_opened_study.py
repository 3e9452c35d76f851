"""A study opened from Python: its data frames have the values of the records, its numbers those of the commands."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import xlingual
from xlingual.api.numbers import WIDTH
from xlingual.records import journal
from xlingual.records.state import read_state

SCORES = ["exact_match", "f1"]


@pytest.fixture(scope="module")
def several(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Two test sets, two seeds; one arm failed, and the other lacks one reading of the second set."""
    also = {"xquad": {"source": "google/xquad", "languages": ["en", "de", "th"], "paragraphs": None}}
    test = {"source": "data/{language}.json", "languages": ["en", "fi"], "set": "mine", "also": also}
    storage = tmp_path_factory.mktemp("several")
    builder = studies.StudyBuilder(storage, ("baseline", "webfaq", "noise"), test=test)
    builder.search(failed=["noise"])
    builder.event("stage_started", stage="test")
    for arm, gain in (("baseline", 0.0), ("webfaq", 7.5)):
        for seed in (1, 2):
            builder.replicate(arm, seed)
            more = {"total_updates": 500, "passes": 1000, "share": 1.0}
            builder.reports(arm, seed, {250: 40.0 + seed, 500: 55.0 + gain}, **more)
            own = {code: [10.0 * seed + gain, 100.0, gain] for code in ("en", "fi")}
            builder.score(arm, seed, {code: studies.rows(f1, per_paragraph=2) for code, f1 in own.items()}, "mine")
            if (arm, seed) != ("webfaq", 2):
                rows = {code: studies.rows([30.0 + gain, 20.0 * seed]) for code in ("en", "de", "th")}
                rows["th"] = [row | {"character_f1": 50.0 + seed} for row in rows["th"]]
                builder.score(arm, seed, rows)
    return builder


def test_every_row_is_one_of_the_predictions(several: Any) -> None:
    study = xlingual.open_study(several.directory.path)
    frame = study.to_dataframe()
    replicates = {(one.arm, one.search, one.seed): one for one in read_state(several.directory).replicates}
    found = 0
    for key, part in frame.groupby(["arm", "search", "seed", "test_set", "language"], observed=True):
        arm, search, seed, test_set, language = key
        trial = several.directory.trial(replicates[arm, search, seed].fingerprint)
        lines = {row["id"]: row for row in journal.read(trial.predictions(test_set, language))}
        assert list(part.question) == sorted(lines)
        for row in part.to_dict("records"):
            line = lines[row["question"]]
            assert {name: row[name] for name in ("paragraph", *SCORES)} == {n: line[n] for n in ("paragraph", *SCORES)}
            assert row["character_f1"] == line.get("character_f1") or "character_f1" not in line
        found += len(part)
    assert found == len(frame) == 4 * 2 * 3 + 3 * 3 * 2


def test_means_of_rows_are_the_scores_of_the_report(several: Any) -> None:
    study = xlingual.open_study(several.directory.path)
    frame, report = study.to_dataframe(), study.report()
    for test_set, of_set in report["test_sets"].items():
        for arm, of_arm in of_set["arms"].items():
            for language, scores in of_arm["scores"].items():
                rows = frame[(frame.test_set == test_set) & (frame.arm == arm) & (frame.language == language)]
                means = rows.groupby("seed")[SCORES].mean()
                assert scores["questions"] == len(rows) // len(means)
                for metric in SCORES:
                    assert list(means[metric]) == pytest.approx(scores[metric], rel=1e-12)
    assert frame.groupby("arm", observed=True).size().to_dict() == {"baseline": 24, "webfaq": 18}


def test_searches_are_means_over_their_seeds_in_the_report(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.study_of_searches(tmp_path, {"webfaq": 3.0}, searches=2, seeds=2, questions=4)
    study = xlingual.open_study(builder.directory.path)
    frame, report = study.to_dataframe(), study.report()
    of_search = frame[frame.language == "de"].groupby(["arm", "search"], observed=True).f1.mean()
    for arm in ("baseline", "webfaq"):
        assert list(of_search[arm]) == pytest.approx(report["arms"][arm]["scores"]["de"]["f1"], rel=1e-12)
    assert list(frame.language.cat.categories) == ["en", "de", "es", "ru", "th"]
    assert frame[["search", "seed"]].drop_duplicates().to_numpy().tolist() == [
        [1, 10101], [1, 10102], [2, 10201], [2, 10202],
    ]  # fmt: skip


def test_columns_have_the_documented_types_with_rows_and_without(
    several: Any, studies: ModuleType, tmp_path: Path
) -> None:
    empty = xlingual.open_study(studies.StudyBuilder(tmp_path).directory.path)
    full = xlingual.open_study(several.directory.path)
    kinds = {"arm": "category", "test_set": "category", "search": "int64", "seed": "int64", "language": "category"}
    kinds |= {"question": "str", "paragraph": "str", "article": "str", "exact_match": "float64", "f1": "float64"}
    of_trials = {"arm": "category", "search": "int64", "trial": "int64", "state": "category", "chosen": "bool"}
    of_trials |= {"objective": "float64", "updates": "Int64", "reason": "str", "fingerprint": "str"}
    of_reports = {"arm": "category", "stage": "category", "search": "int64", "trial": "Int64", "seed": "Int64"}
    of_reports |= {"fingerprint": "str", "updates": "int64", "total_updates": "int64", "passes": "int64"}
    of_reports |= {"share": "float64", "objective": "float64"}
    for study in (empty, full):
        assert types(study.to_dataframe()).items() >= kinds.items()
        assert types(study.trials_dataframe()).items() >= of_trials.items()
    assert types(empty.reports_dataframe()) == of_reports
    assert len(empty.to_dataframe()) == len(empty.trials_dataframe()) == 0
    assert list(full.to_dataframe()) == [*kinds, "character_f1"]


def types(frame: Any) -> dict[str, str]:
    return {name: {"object": "str"}.get(str(kind), str(kind)) for name, kind in frame.dtypes.items()}


def test_trials_have_their_states_and_what_was_searched(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, searched=True, search={"trials_per_arm": 4, "objective": "dev.f1"})
    rate = "training.learning_rate"
    builder.trial("baseline", 0, "finished", 61.5, **{rate: 2e-5})
    builder.trial("baseline", 1, "pruned", 12.25, **{rate: 1e-6})
    builder.trial("baseline", 2, "failed", None, reason="diverged at update 3", **{rate: 1e-3})
    builder.trial("baseline", 3, "running", None, **{rate: 3e-5})
    builder.choose("baseline", "baseline-0")
    study = xlingual.open_study(builder.directory.path)
    frame = study.trials_dataframe()
    assert frame.trial.tolist() == [0, 1, 2, 3]
    assert frame.state.tolist() == ["finished", "pruned", "failed", "running"]
    assert frame.chosen.tolist() == [True, False, False, False]
    assert frame.objective.tolist()[:2] == [61.5, 12.25] and frame.objective.isna().tolist() == [
        False,
        False,
        True,
        True,
    ]
    assert frame.updates.isna().tolist() == [False, False, False, True] and frame.updates[0] == 500
    assert frame.reason.dropna().to_dict() == {2: "diverged at update 3"}
    assert frame[rate].tolist() == [2e-5, 1e-6, 1e-3, 3e-5]
    assert study.state == "stopped" and study.stage == "search"


def test_reports_are_those_of_trials_and_replicates(several: Any) -> None:
    frame = xlingual.open_study(several.directory.path).reports_dataframe()
    one = frame[(frame.arm == "webfaq") & (frame.seed == 2)]
    assert set(frame.stage) == {"replicate"} and frame.trial.isna().all()
    recorded = journal.read(several.directory.trial(one.fingerprint.iloc[0]).reports)
    assert one[list(recorded[0])].to_dict("records") == recorded


@pytest.fixture
def running(studies: ModuleType, tmp_path: Path) -> Any:
    """A study that a command works on: it holds the lock, and has written half of a line."""
    builder = studies.finished_study(tmp_path, questions=4, arms=("baseline", "webfaq"), seeds=1)
    events = journal.read(builder.directory.journal)
    readings = journal.read(builder.directory.ledger)
    journal.rewrite(builder.directory.ledger, readings[:1])
    scored = [event for event in events if event["event"] == "test_scored"]
    journal.rewrite(builder.directory.journal, [event for event in events if event not in scored])
    with builder.directory.journal.open("ab") as stream:
        stream.write(json.dumps(scored[0]).encode()[:-5])
    with builder.directory.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield builder, scored


def test_a_running_study_is_read_and_its_test_set_stays_sealed(running: Any) -> None:
    builder, scored = running
    study = xlingual.open_study(builder.directory.path)
    assert (study.state, study.stage) == ("running", "test")
    assert list(builder.directory.path.glob("trials/*/predictions/xquad/de.jsonl"))
    assert len(study.to_dataframe()) == 0
    assert study.report()["arms"]["baseline"]["scores"] == {}
    assert study.status()["test_sets"]["xquad"]["scored"] == 0
    journal.append(builder.directory.journal, scored[0])
    frame = study.to_dataframe()
    assert set(frame.arm) == {"baseline"} and len(frame) == 4 * 12
    journal.append(builder.directory.journal, scored[1])
    assert set(study.to_dataframe().arm) == {"baseline", "webfaq"}


def test_numbers_are_those_of_the_commands(
    several: Any, call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    path = several.directory.path
    study = xlingual.open_study(path)
    assert study.status() == json.loads(call("status", path, "--json").output)
    assert json.loads(json.dumps(study.report())) == json.loads(call("report", path, "--json").output)
    assert repr(study.status()) + "\n" == call("status", path).output
    assert repr(study.report()) + "\n" == call("report", path).output


def test_a_study_says_what_it_is(several: Any) -> None:
    study = xlingual.open_study(several.directory.path)
    assert (study.name, study.question, study.baseline) == ("small", "Does it help?", "baseline")
    assert (study.arms, study.test_sets) == (("baseline", "webfaq", "noise"), ("mine", "xquad"))
    assert study.failures == (
        "arm noise has no finished trial (2 failed; trial 1: diverged at update 1: the loss is nan)",
    )
    assert repr(study) == "<study small: test, stopped: 6 of 6 trials ended, 4 of 6 replicates trained>"


def test_a_study_is_found_from_another_directory(several: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(several.directory.path.parent)
    study = xlingual.open_study("small")
    monkeypatch.chdir(tmp_path)
    assert study.name == "small"


def test_what_is_no_study_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(xlingual.XlingualError, match=r"is this the directory of a study \(STORAGE/NAME\)\?") as refused:
        xlingual.open_study(tmp_path)
    assert "\n" not in str(refused.value)


def test_opening_changes_no_record(several: Any) -> None:
    def content() -> dict[Path, bytes]:
        paths = (path for path in several.directory.path.rglob("*") if path.suffix != ".parquet")
        return {path: path.read_bytes() for path in paths if path.is_file()}

    before = content()
    study = xlingual.open_study(several.directory.path)
    study.report(), study.status(), study.to_dataframe(), study.trials_dataframe(), study.reports_dataframe()
    assert content() == before


def test_pairs_of_languages_are_there_only_when_asked_for(studies: ModuleType, tmp_path: Path) -> None:
    test = {"languages": ["en", "de", "es"], "generalised": True}
    study = xlingual.open_study(studies.finished_study(tmp_path, questions=3, seeds=1, test=test).directory.path)
    assert set(study.to_dataframe().language) == {"en", "de", "es"}
    frame = study.to_dataframe(pairs=True)
    assert set(frame.language) == {"en", "de", "es", "en-de", "en-es", "de-en", "de-es", "es-en", "es-de"}
    cells = study.report()["generalised"]
    assert cells is not None and len(frame) == 2 * 9 * 3


def test_something_is_asked_of_a_study_as_its_command_does(studies: ModuleType, tmp_path: Path, call: Any) -> None:
    builder = studies.StudyBuilder(tmp_path, ("baseline", "webfaq"))
    study = xlingual.open_study(builder.directory.path)
    assert study.requests == ()
    asked = study.request("pause", "webfaq")
    assert (asked.state, asked.request.text) == ("pending", "pause webfaq")
    assert study.request("pause", "webfaq") == study.requests[0]  # not twice
    assert [one.as_json() for one in study.requests] == json.loads(call("control", study.path, "--json").output)
    with pytest.raises(xlingual.XlingualError, match="no arm 'faq'; the arms are baseline, webfaq"):
        study.request("stop", "faq")
    assert len(study.requests) == 1
