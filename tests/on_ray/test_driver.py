"""A study through Ray: its stages, its records, its resumption."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from tiny_text_to_text import write_text_to_text
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from xlingual.data.contamination import index_of_test_sets
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.errors import DataError, RecordError, StageError
from xlingual.records import journal
from xlingual.records.files import read_json, write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.records.lock import hold
from xlingual.records.state import ArmSearch, TrialState, read_state
from xlingual.report.summary import summarize
from xlingual.search.study_guard import open_directory
from xlingual.study import load_study
from xlingual.study.benchmarks import BENCHMARKS


class Mended(NamedTuple):
    """A study that lost a trial to a fault, and continued with one more trial per arm."""

    directory: StudyDirectory
    lost: TrialState
    failed: TrialState
    error: str
    stopped: str
    recorder: Any


@pytest.fixture(scope="module")
def mended(finished: Any, drive_study: Any, tmp_path_factory: pytest.TempPathFactory) -> Mended:
    path, directory, _ = finished
    storage = tmp_path_factory.mktemp("mended")
    shutil.copytree(directory.path, storage / "finished")
    copied = StudyDirectory(storage / "finished")
    lost = next(trial for trial in read_state(copied).arm_trials("plain") if trial.state == "finished")
    events = [event for event in journal.read(copied.journal) if event["event"].startswith(("trial", "stage"))]
    ended = next(e for e in events if e["event"] == "trial_ended" and e["fingerprint"] == lost.fingerprint)
    events.remove(ended)  # as if the driver had died before it
    write_lines(copied.journal, events)
    trial = copied.trial(lost.fingerprint)
    trial.reports.unlink()
    torch.save({}, trial.checkpoint)  # of no training
    copied.ledger.unlink()  # nor had the test set been read

    with pytest.raises(StageError) as stopped:
        drive_study(path, f"storage={storage}", until="search")
    assert not any(event["event"] == "chosen" for event in journal.read(copied.journal))
    failed = next(t for t in read_state(copied).trials if t.fingerprint == lost.fingerprint)
    error = (trial.path / "error.txt").read_text()

    trial.checkpoint.unlink()
    more = ("search.trials_per_arm=4", "scaling.concurrent_trials=1")
    _, recorder = drive_study(path, f"storage={storage}", *more, until="search")
    return Mended(copied, lost, failed, error, str(stopped.value), recorder)


def test_every_arm_has_its_trials_and_replicates(finished: Any) -> None:
    _, directory, _ = finished
    state = read_state(directory)
    assert {arm: len(state.arm_trials(arm)) for arm in state.arms} == {"plain": 3, "both": 3}
    assert {trial.state for trial in state.trials} <= {"finished", "pruned"}
    assert [(r.arm, r.seed, r.state, r.scored) for r in state.replicates] == [
        ("plain", 10101, "finished", True),
        ("plain", 10102, "finished", True),
        ("both", 10101, "finished", True),
        ("both", 10102, "finished", True),
    ]
    assert state.complete


def test_the_chosen_configuration_is_the_best_full_trial(finished: Any) -> None:
    _, directory, _ = finished
    state = read_state(directory)
    for arm in state.arms:
        full = [trial for trial in state.arm_trials(arm) if trial.state == "finished"]
        best = max(trial.objective or 0.0 for trial in full)
        assert next(t for t in full if t.fingerprint == state.chosen[ArmSearch(arm)]).objective == best


def test_a_replicate_is_the_chosen_configuration_under_another_seed(finished: Any) -> None:
    _, directory, _ = finished
    state = read_state(directory)
    for replicate in state.replicates:
        mine = read_json(directory.trial(replicate.fingerprint).configuration)
        chosen = read_json(directory.trial(replicate.chosen).configuration)
        assert mine["seed"] == replicate.seed != chosen["seed"]
        assert {k: v for k, v in mine.items() if k not in ("seed", "fingerprint")} == {
            k: v for k, v in chosen.items() if k not in ("seed", "fingerprint")
        }


def test_the_ledger_has_exactly_one_reading_a_replicate(finished: Any) -> None:
    _, directory, _ = finished
    readings = [(entry["arm"], entry["seed"]) for entry in journal.read(directory.ledger)]
    assert sorted(readings) == [("both", 10101), ("both", 10102), ("plain", 10101), ("plain", 10102)]


def test_every_test_question_keeps_its_prediction(finished: Any) -> None:
    _, directory, _ = finished
    for replicate in read_state(directory).replicates:
        for language in ("en", "de", "es"):
            rows = journal.read(directory.trial(replicate.fingerprint).predictions("xquad", language))
            assert len({row["id"] for row in rows}) == 20
            assert all(isinstance(row["prediction"], str) for row in rows)


def test_search_trials_leave_no_checkpoint_and_replicates_a_model(finished: Any) -> None:
    _, directory, _ = finished
    assert not list(directory.path.glob("trials/*/checkpoint.pt"))
    models = {path.parent.name for path in directory.path.glob("trials/*/model")}
    assert models == {replicate.fingerprint for replicate in read_state(directory).replicates}
    assert not (directory.path / "ray").exists()


def test_the_listener_hears_stages_in_order(finished: Any) -> None:
    _, _, recorder = finished
    assert [stage for stage, _, _ in recorder.stages] == [
        "search", "search ended", "replicate", "replicate ended", "test", "test ended",
    ]  # fmt: skip
    assert sorted(recorder.tested) == [("both", 10101), ("both", 10102), ("plain", 10101), ("plain", 10102)]
    assert {trial.state for trial in recorder.trials} >= {"running", "finished"}


def test_the_report_is_complete(finished: Any) -> None:
    _, directory, _ = finished
    report = summarize(directory).as_json()
    assert report["complete"]
    assert set(report["differences"]) == {"both"}
    assert report["arms"]["plain"]["seeds"] == [10101, 10102]


def test_the_same_command_again_does_nothing(finished: Any, drive_study: Any) -> None:
    path, directory, _ = finished
    before = {file: file.read_bytes() for file in directory.path.rglob("*.jsonl")}
    _, recorder = drive_study(path)
    assert recorder.stages == []
    assert {file: file.read_bytes() for file in directory.path.rglob("*.jsonl")} == before


def test_raising_the_number_of_trials_continues_the_search(finished: Any, mended: Mended) -> None:
    _, directory, _ = finished
    state = read_state(mended.directory)
    assert [trial.number for trial in state.arm_trials("plain")] == [0, 1, 2, 3]
    assert {trial.key for trial in mended.recorder.trials} == {f"plain/{mended.lost.number}", "plain/3", "both/3"}
    old = {trial.fingerprint for trial in read_state(directory).trials}
    assert not old & {trial.fingerprint for trial in state.trials if trial.number == 3}


def test_other_settings_under_the_same_name_are_refused(finished: Any, drive_study: Any) -> None:
    path, _, _ = finished
    with pytest.raises(RecordError, match=r"training\.clip_norm was 1, is now 0\.5"):
        drive_study(path, "training.clip_norm=0.5")


def test_other_data_under_the_same_name_is_refused(finished: Any, drive_study: Any, tmp_path: Path) -> None:
    path, directory, _ = finished
    shutil.copytree(directory.path, tmp_path / "finished")
    train = json.loads((path.parent / "data" / "train.json").read_text())
    train["data"].pop()
    (tmp_path / "train.json").write_text(json.dumps(train))
    with pytest.raises(RecordError, match=r"the content of .*train"):
        drive_study(path, "replicates.seeds=3", f"storage={tmp_path}", f"data.train={tmp_path / 'train.json'}")


def test_the_test_set_is_sealed_until_the_test_stage(sealed: Any) -> None:
    """Before it, only the test set's texts are compared with the training data, never its answers."""
    assert sealed.ledger == []
    assert "the test set is sealed" in str(sealed.refusal)
    check = read_json(sealed.directory.sources)["contamination check"]
    assert {file.read_bytes() for file in sealed.content} == set(sealed.content.values())  # with their own answers
    sets = {"xquad": (BENCHMARKS["xquad"], str(sealed.path.parent / "data" / "xquad"), None)}
    assert index_of_test_sets(sets).fingerprint == check["fingerprint"]


def test_an_absent_test_language_is_said_before_anything_is_trained(write_study: Any, drive_study: Any) -> None:
    path = write_study("absent")
    (path.parent / "data" / "xquad" / "xquad.es.json").unlink()
    with pytest.raises(DataError, match="es"):
        drive_study(path)
    assert read_state(StudyDirectory(path.parent / "studies" / "absent")).trials == ()


def test_a_test_set_that_cannot_be_scored_is_said_before_anything_is_trained(
    write_study: Any, drive_study: Any
) -> None:
    path = write_study("blank")
    file = path.parent / "data" / "xquad" / "xquad.de.json"
    whole = file.read_bytes()
    file.write_text(json.dumps(_with_golds(json.loads(whole), {"text": "", "answer_start": 0})))
    with pytest.raises(
        DataError, match=r"xquad\.de\.json \(de\): 20 with no gold answer text \(517, 518, 519 and 17 more"
    ):
        drive_study(path)
    directory = StudyDirectory(path.parent / "studies" / "blank")
    assert read_state(directory).trials == () and journal.read(directory.ledger) == []
    assert not directory.sources.exists()


def test_a_test_set_that_was_read_is_to_be_restored_whatever_is_wrong_with_it_now(
    write_study: Any, drive_study: Any
) -> None:
    """The records would refuse to leave out a language, which the error suggests."""
    path = write_study("read")
    directory = StudyDirectory(path.parent / "studies" / "read")
    open_directory(load_study(path), directory)
    journal.append(directory.journal, {"event": "stage_started", "stage": "search", "time": 0.0})
    reading = {"purpose": "test", "set": "xquad", "arm": "plain", "fingerprint": "f", "time": 0.0, "events": 1}
    journal.append(directory.ledger, reading)
    (path.parent / "data" / "xquad" / "xquad.es.json").unlink()
    with pytest.raises(RecordError, match=r"Restore it as it was, or .* --set name=read_2\. Found: .* no file for es"):
        drive_study(path)


def test_trained_models_are_scored_on_a_test_set_that_was_corrected_before_its_first_reading(
    sealed: Any, drive_study: Any, tmp_path: Path
) -> None:
    """All gold answers of the sealed test set were wrong while the replicates were trained."""
    shutil.copytree(sealed.directory.path, tmp_path / "sealed")
    asked = ("training.precision=auto", f"storage={tmp_path}")
    test_set = sealed.path.parent / "data" / "xquad"
    before = read_json(sealed.directory.sources)["test set xquad"]
    directory, recorder = drive_study(sealed.path, *asked)
    assert not any(trial.state == "running" for trial in recorder.trials)
    assert read_state(directory).complete and len(journal.read(directory.ledger)) == 2
    sources = read_json(directory.sources)
    assert before["counts"] == sources["test set xquad"]["counts"]
    assert all(before["languages"][code] != sources["test set xquad"]["languages"][code] for code in ("en", "de", "es"))
    other = shutil.copytree(test_set, tmp_path / "other")
    german = other / "xquad.de.json"
    german.write_text(json.dumps(_with_golds(json.loads(german.read_text()), {"text": "red", "answer_start": 0})))
    more = (*asked, "replicates.seeds=2")
    changed = r"the content of test set xquad in de is not what .* Restore it, or give the study"
    with pytest.raises(RecordError, match=changed):
        drive_study(sealed.path, *more, f"data.test.source={other}", until="replicate")
    assert len(read_state(directory).replicates) == 2


def _with_golds(test: dict[str, Any], gold: dict[str, Any]) -> dict[str, Any]:
    questions = (qa for article in test["data"] for paragraph in article["paragraphs"] for qa in paragraph["qas"])
    for question in questions:
        question["answers"] = [gold]
    return test


@pytest.fixture(scope="module")
def oracle(
    ray_cluster: None, write_study: Any, drive_study: Any, tmp_path_factory: pytest.TempPathFactory
) -> StudyDirectory:
    """An oracle study of an encoder and a text-to-text model."""
    writer = write_text_to_text(tmp_path_factory.mktemp("writer") / "model")
    path = write_study(
        "oracle",
        oracle=True,
        search={"trials_per_arm": 1, "objective": "test.f1"},
        arms={"plain": {"baseline": True}, "writer": {"model": str(writer)}},
        replicates={"searches": 1, "seeds": 1},
        scaling={"concurrent_trials": 1},  # one process that imports all for both arms
    )
    directory, _ = drive_study(path)
    return directory  # type: ignore[no-any-return]


def test_an_oracle_enters_every_trial_in_the_ledger(oracle: StudyDirectory) -> None:
    purposes = Counter((entry["arm"], entry["purpose"]) for entry in journal.read(oracle.ledger))
    expected = ("search objective (oracle)", "replicate's reports (oracle)", "test")
    assert purposes == {(arm, purpose): 1 for arm in ("plain", "writer") for purpose in expected}
    assert summarize(oracle).oracle


def test_models_of_both_families_are_arms_of_one_study(oracle: StudyDirectory) -> None:
    state, summary = read_state(oracle), summarize(oracle)
    by_arm = {replicate.arm: oracle.trial(replicate.fingerprint) for replicate in state.replicates}
    plain, writer = (read_json(by_arm[arm].configuration) for arm in ("plain", "writer"))
    assert plain["windows"]["max_length"] == 48 and "text_to_text" not in plain
    assert writer["text_to_text"] == {"max_input_tokens": 1024, "max_target_tokens": 128, "max_answer_tokens": 64}
    assert "windows" not in writer
    assert (plain["training"]["optimizer"], plain["training"]["decay"]) == ("adamw", "linear")
    assert (writer["training"]["optimizer"], writer["training"]["decay"]) == ("adafactor", "constant")
    assert (plain["training"]["weight_decay"], writer["training"]["weight_decay"]) == (0.01, 0.0)
    assert summary.complete and set(summary.arms) == {"plain", "writer"}
    rows = journal.read(by_arm["writer"].predictions("xquad", "de"))
    assert {type(row["illegal"]) for row in rows} == {bool}
    assert summary.arms["writer"].shares["de"]["illegal"] == (100 * sum(row["illegal"] for row in rows) / len(rows),)
    assert (
        "illegal" not in journal.read(by_arm["plain"].predictions("xquad", "de"))[0]
        and not summary.arms["plain"].shares
    )
    assert "illegal %" in (by_arm["writer"].model / "README.md").read_text()
    model = AutoModelForSeq2SeqLM.from_pretrained(by_arm["writer"].model).eval()
    tokenizer = AutoTokenizer.from_pretrained(by_arm["writer"].model)
    questions = {
        example.id: example for example in load_xquad(state.study["data"]["test"]["source"], ["de"])["de"].examples
    }
    for row in rows[:10]:
        asked = questions[row["id"]]
        inputs = tokenizer(f"question: {asked.question} context: {asked.context}", return_tensors="pt")
        written = model.generate(**inputs, max_new_tokens=64, num_beams=1, do_sample=False)[0]
        assert tokenizer.decode(written, skip_special_tokens=True).strip() == row["prediction"]


def test_what_the_user_is_to_mend_stops_the_search_and_the_next_run_goes_on(mended: Mended) -> None:
    lost, failed = mended.lost, mended.failed
    assert (failed.state, failed.retry) == ("failed", True)
    assert "error.txt" in (failed.reason or "") and "not a checkpoint of this trial" in (failed.reason or "")
    assert "not a checkpoint of this trial" in mended.error
    assert f"the search stopped before its end: plain/{lost.number}: " in mended.stopped
    again = next(t for t in read_state(mended.directory).trials if t.fingerprint == lost.fingerprint)
    assert (again.state, again.objective) == ("finished", lost.objective)


def test_more_trials_than_a_reading_of_the_test_set_rests_on_are_refused(finished: Any, drive_study: Any) -> None:
    path, directory, _ = finished
    before = {file: file.read_bytes() for file in directory.path.rglob("*.json*")}
    with pytest.raises(RecordError, match=r"trials_per_arm: 4 asked.*plain chose from 3 trials.*another name"):
        drive_study(path, "search.trials_per_arm=4")
    assert {file: file.read_bytes() for file in directory.path.rglob("*.json*")} == before


def test_an_arm_that_only_diverges_leaves_the_others_their_scores_and_may_be_mended(
    ray_cluster: None, write_study: Any, drive_study: Any, call: Any
) -> None:
    noise = {"embedding_noise": {"magnitude": 1e38, "distribution": "uniform"}}
    path = write_study(
        "diverging",
        arms={"plain": {"baseline": True}, "loud": {"robust": noise}},
        search={"trials_per_arm": 1},
        replicates={"searches": 1, "seeds": 1},
        scaling={"concurrent_trials": 1},
    )
    directory, recorder = drive_study(path)
    (line,) = [note for note in recorder.notes if note.startswith("arm loud")]
    assert "none of its trials reached its last update (1 failed; trial 0: diverged at update 1" in line
    assert recorder.tested == [("plain", 10101)]
    before = read_state(directory)
    assert [(trial.arm, trial.state, trial.retry) for trial in before.trials] == [
        ("plain", "finished", False),
        ("loud", "failed", False),
    ]
    ended = call("run", path)  # nothing is left to do, so Ray is not started
    assert ended.status == 3
    assert ended.errors.startswith("failed: arm loud has no finished trial (1 failed; trial 0: diverged at update 1")
    _, recorder = drive_study(path, "arms.loud.robust.embedding_noise.magnitude=0.1")
    assert "arm loud: 0 of 1 earlier trials are legal in the changed space; trial 0 is not" in " ".join(recorder.notes)
    after = read_state(directory)
    assert [(t.arm, t.number, t.state) for t in after.trials] == [("plain", 0, "finished"), ("loud", 1, "finished")]
    assert after.complete and after.trials[0] == before.trials[0] and after.failures == ()
    assert call("run", path, "--set", "arms.loud.robust.embedding_noise.magnitude=0.1").status == 0


def test_a_second_driver_is_refused(write_study: Any, drive_study: Any) -> None:
    path = write_study("busy")
    directory = StudyDirectory(path.parent / "studies" / "busy")
    with hold(directory.lock), pytest.raises(RecordError, match="another process writes here"):
        drive_study(path)


def test_what_a_killed_driver_had_done_is_adopted_not_done_again(
    finished: Any, drive_study: Any, tmp_path: Path
) -> None:
    path, directory, _ = finished
    shutil.copytree(directory.path, tmp_path / "finished")
    copied = StudyDirectory(tmp_path / "finished")
    events = journal.read(copied.journal)
    first = next(n for n, event in enumerate(events) if event["event"] == "replicate_ended")
    write_lines(copied.journal, events[: first + 1])  # the driver dies; its trials continue for a while, then end
    starts = {file: file.read_bytes() for file in copied.path.glob("trials/*/environment.jsonl")}
    drive_study(path, f"storage={tmp_path}")
    assert read_state(copied).complete
    assert {file: file.read_bytes() for file in copied.path.glob("trials/*/environment.jsonl")} == starts
    assert len(journal.read(copied.ledger)) == 4
    assert summarize(copied).as_json()["arms"] == summarize(directory).as_json()["arms"]
