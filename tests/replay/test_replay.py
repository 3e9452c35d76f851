"""Recorded trials are trained again and compared with their records, without Ray."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from studies_here import ONE, files_of, run_here

from xlingual.records import journal
from xlingual.records.files import write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state
from xlingual.replay.comparison import Comparison
from xlingual.replay.recorded_trials import recorded_trials, trial_named

SMALL = {
    **ONE,
    "training": {
        "updates": 4, "batch_size": 8, "micro_batch_size": 4, "learning_rate": {"log_uniform": [1e-4, 1e-2]},
        "precision": "fp32", "reports": 2,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def study(write_study: Callable[..., Path]) -> StudyDirectory:
    """A finished study of two arms, each with a trial and a replicate."""
    directory, _ = run_here(write_study("replayed", **SMALL))
    return directory


@pytest.fixture
def copied(study: StudyDirectory) -> StudyDirectory:
    """A copy beside it, to be changed."""
    target = study.path.with_name("copy")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(study.path, target)
    return StudyDirectory(target)


def replicate_of(directory: StudyDirectory, arm: str) -> Any:
    return next(one for one in read_state(directory).replicates if one.arm == arm)


def test_every_trial_is_equal_to_the_bit_and_the_records_stay_as_they_are(study: StudyDirectory, call: Any) -> None:
    before = files_of(study.path)
    ended = call("replay", study.path, "--all", "--json")
    found = json.loads(ended.output)
    assert ended.status == 0, ended.output
    names = ["plain/0", "both/0", "plain/seed-10101", "both/seed-10101"]
    assert [one["trial"] for one in found["trials"]] == names
    assert (found["equal"], found["of"], found["did_not_end"]) == (4, 4, [])
    questions = len(journal.read(study.trial(found["trials"][0]["fingerprint"]).development))
    assert found["trials"][0]["compared"] == {"reports": 2, "development answers": questions}
    weights = load_file(study.trial(replicate_of(study, "plain").fingerprint).model / "model.safetensors")
    assert found["trials"][2]["compared"]["weights"] == sum(one.numel() for one in weights.values())
    assert found["trials"][2]["not_compared"] == ["the answers to the test set (--test compares them, too)"]
    assert files_of(study.path) == before


def test_answers_to_the_test_set_are_compared_when_asked_and_each_is_a_reading(
    copied: StudyDirectory, call: Any
) -> None:
    before, events = journal.read(copied.ledger), journal.read(copied.journal)
    ended = call("replay", copied.path, "both/seed-10101", "--test")
    assert ended.status == 0, ended.output
    assert "2 reports" in ended.output and "60 test answers" in ended.output
    (row,) = journal.read(copied.ledger)[len(before) :]
    assert (row["purpose"], row["arm"], row["set"], row["seed"]) == ("replay", "both", "xquad", 10101)
    assert row["languages"] == ["en", "de", "es"] and row["events"] == len(events)
    assert journal.read(copied.journal) == events


def test_the_test_set_is_not_read_for_a_replicate_that_was_not_scored(copied: StudyDirectory, call: Any) -> None:
    write_lines(copied.journal, [one for one in journal.read(copied.journal) if one["event"] != "test_scored"])
    copied.ledger.unlink()
    ended = call("replay", copied.path, "plain/seed-10101", "--test")
    assert ended.status == 0 and "test answers" not in ended.output
    assert not copied.ledger.exists()


def test_the_first_field_that_differs_is_named_with_both_values(copied: StudyDirectory, call: Any) -> None:
    fingerprint = read_state(copied).arm_trials("plain")[0].fingerprint
    records = copied.trial(fingerprint)
    reports, starts = journal.read(records.reports), journal.read(records.environment)
    loss = reports[1]["loss"]
    write_lines(records.reports, [reports[0], {**reports[1], "loss": 0.5, "seconds": 9.0}])
    write_lines(records.environment, [{**starts[0], "instructions": "OTHER"}])
    ended = call("replay", copied.path, fingerprint[:10])
    assert ended.status == 1
    lines = ended.output.splitlines()
    assert lines[0] == f"plain/0 ({fingerprint}): differs in the report after 4 updates: loss was 0.5, is now {loss!r}"
    here = torch.backends.cpu.get_cpu_capability()
    assert lines[1] == f"  other in the environment: instructions was OTHER, is now {here}"
    as_json = json.loads(call("replay", copied.path, "plain/0", "--json").output)
    assert (as_json["equal"], as_json["of"]) == (0, 1)
    assert as_json["trials"][0]["difference"] == {
        "where": "report after 4 updates", "field": "loss", "recorded": 0.5, "replayed": loss,
    }  # fmt: skip


def test_a_weight_of_another_bit_is_found(copied: StudyDirectory, call: Any) -> None:
    path = copied.trial(replicate_of(copied, "plain").fingerprint).model / "model.safetensors"
    weights = load_file(path)
    name = min(weights)
    flat = weights[name].reshape(-1)
    was = float(flat[3])
    flat[3] = torch.nextafter(flat[3], torch.tensor(1e9))
    changed = float(flat[3])
    save_file(weights, path, {"format": "pt"})
    ended = call("replay", copied.path, "plain/seed-10101")
    assert ended.status == 1
    total = weights[name].numel()
    assert f"model, 1 of {total} weights of {name}, the first of them: number 3 was {changed!r}, is now {was!r}" in (
        ended.output
    )


def test_a_trial_that_was_stopped_is_stopped_there_again(copied: StudyDirectory, call: Any) -> None:
    """As the scheduler left it: one report, and the answers of then."""
    fingerprint = read_state(copied).arm_trials("plain")[0].fingerprint
    records = copied.trial(fingerprint)
    assert call("replay", copied.path, "plain/0", "--keep", copied.path.with_name("kept")).status == 0
    first = journal.read(records.reports)[:1]
    reason = "stopped by the trial scheduler after 2 updates"
    ends = {"state": "pruned", "updates": 2, "reason": reason, "objective": first[0]["objective"]}
    events = journal.read(copied.journal)
    mine = [one for one in events if one["event"] == "trial_ended" and one["fingerprint"] == fingerprint]
    write_lines(copied.journal, [{**one, **ends} if one in mine else one for one in events])
    write_lines(records.reports, first)
    records.development.unlink()
    ended = call("replay", copied.path, fingerprint)
    assert ended.status == 0, ended.output
    assert "equal to the bit: 1 report\n" in ended.output
    assert "not compared: the answers to the development questions, which the records lack" in ended.output

    write_lines(records.reports, [*first, {**first[0], "updates": 4, "loss": 0.5}])  # workers went on after the stop
    ended = call("replay", copied.path, fingerprint)
    assert ended.status == 0, ended.output
    assert "equal to the bit: 1 report\n" in ended.output
    assert "not compared: the answers to the development questions, as its workers went on after the stop" in (
        ended.output
    )


def test_other_data_than_the_trial_was_trained_on_is_refused(
    write_study: Callable[..., Path], call: Any, by_letter: Any
) -> None:
    path = write_study("replayed_on_other_data", **SMALL)
    directory, _ = run_here(path, until="search")
    train = path.parent / "data" / "train.json"
    train.write_text(train.read_text().replace("which colour has", "what colour has", 1))
    ended = call("replay", directory.path, "plain/0")
    assert ended.status == 1 and "train (" in ended.errors and "Traceback" not in ended.errors
    by_letter(_without_fingerprints(ended.errors, directory))


def _without_fingerprints(text: str, directory: StudyDirectory) -> str:
    line = text.strip().splitlines()[-1].replace(str(directory.path), "STUDY")
    return " ".join("FINGERPRINT" if len(word.strip("()")) == 16 else word for word in line.split())


@pytest.mark.parametrize("name", ["plain/7", "zz", ""])
def test_an_unknown_trial_is_told(name: str, study: StudyDirectory, call: Any, by_letter: Any) -> None:
    ended = call("replay", study.path, name)
    assert ended.status == 1
    by_letter(ended.errors.strip().splitlines()[-1].replace(str(study.path), "STUDY"), name)


@pytest.mark.parametrize("arguments", [(), ("plain/0", "--all")])
def test_a_trial_or_all_of_them_is_asked_for(
    arguments: tuple[str, ...], study: StudyDirectory, call: Any, by_letter: Any
) -> None:
    ended = call("replay", study.path, *arguments)
    assert ended.status == 1
    by_letter(ended.errors.strip().splitlines()[-1], " ".join(arguments))


def test_the_beginning_of_several_fingerprints_and_an_unended_trial_are_told(
    studies: Any, tmp_path: Path, by_letter: Any
) -> None:
    from xlingual.errors import RecordError

    builder = studies.StudyBuilder(tmp_path, arms=("baseline",))
    builder.trial("baseline", 0, "finished", 50.0)
    builder.trial("baseline", 1, "running", None)
    state = read_state(builder.directory)
    for name in ("base", "baseline/1"):
        with pytest.raises(RecordError) as error:
            trial_named(builder.directory, state, name)
        by_letter(str(error.value).replace(str(builder.directory.path), "STUDY"), name)
    assert trial_named(builder.directory, state, "baseline-0").key == "baseline/0"
    assert [one.state for one in recorded_trials(builder.directory, state)] == ["finished", "running"]


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ([{"a": 1.0}], [{"a": 1.0}], None),
        ([{"a": 0.0}], [{"a": -0.0}], "row: a was 0.0, is now -0.0"),
        ([{"a": 1}], [{"a": 1.0}], "row: a was 1, is now 1.0"),
        ([{"a": {"de": {"f1": 1.5}}}], [{"a": {"de": {"f1": 1.25}}}], "row: a.de.f1 was 1.5, is now 1.25"),
        ([{"a": 1}], [{"a": 1, "b": "x"}], "row: b was absent, is now x"),
        ([{"seconds": 1}], [{"seconds": 2}], None),
        ([{"a": 1}, {"a": 2}], [{"a": 1}], "reports: number was 2, is now 1"),
    ],
)
def test_rows_are_compared_by_all_their_bits(then: Any, now: Any, said: str | None) -> None:
    found = Comparison()
    found.rows("reports", then, now, lambda row: "row")
    assert (None if found.difference is None else str(found.difference)) == said
    assert found.counts == ({"reports": len(then)} if said is None else {})


def test_an_interrupted_replay_says_so(study: StudyDirectory, call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("xlingual.replay.replayer.train_here", interrupted)
    ended = call("replay", study.path, "plain/0")
    assert ended.status == 130 and "interrupted" in ended.errors


def test_a_study_that_trains_on_gpus_is_not_replayed_without_one(
    copied: StudyDirectory, call: Any, by_letter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlingual.search.training_here.torch.cuda", SimpleNamespace(is_available=lambda: False))
    content = json.loads(copied.study_json.read_text())
    content["scaling"]["gpus_per_worker"] = 1
    copied.study_json.write_text(json.dumps(content))
    ended = call("replay", copied.path, "plain/0")
    assert ended.status == 1
    by_letter(ended.errors.strip().splitlines()[-1])
