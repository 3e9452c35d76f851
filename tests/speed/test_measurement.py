from __future__ import annotations

import dataclasses
import json

import pytest
import torch
from rich.console import Console

from xlingual.errors import DataError, ModelError, XlingualError
from xlingual.report.speed import speed_tables
from xlingual.speed.bench_task import BenchRequest, prepared
from xlingual.speed.estimate import Rates
from xlingual.speed.measurement import measure
from xlingual.speed.micro_batch import LargestMicroBatch
from xlingual.speed.slow import Skipped
from xlingual.study import load_study


@pytest.fixture(scope="module")
def speed(tiny_checkpoint, data, quick_machine):
    return measure(
        BenchRequest(
            model=str(tiny_checkpoint),
            train=str(data / "train.json"),
            score=str(data / "xquad"),
            questions=7,
            updates=3,
            batch_size=8,
            threads=1,
            max_length=48,
            stride=8,
            precision="fp32",
        )
    )


def test_what_is_printed_is_consistent(speed):
    printed = json.loads(json.dumps(speed.as_json()))
    assert printed["train_windows_per_s"] * printed["train_seconds"] == pytest.approx(printed["train_windows"])
    assert printed["train_windows"] == printed["updates"] * printed["batch"] == 24
    assert sum(printed["update_seconds"]) == pytest.approx(printed["train_seconds"])
    assert printed["useful_share_of_matrix_speed"] == pytest.approx(printed["useful_gflops"] / printed["matrix_gflops"])
    tokens_per_s = printed["tokens_per_window"] * printed["train_windows_per_s"]
    assert printed["train_tokens_per_s"] == pytest.approx(tokens_per_s)
    assert printed["useful_gflops"] == pytest.approx(6 * printed["body_parameters"] * tokens_per_s / 1e9)
    assert 0 <= printed["padding_share"] < 1
    assert printed["score_questions"] == {"en": 7, "de": 7, "es": 7}
    assert printed["score_questions_per_s"] * printed["score_seconds"] == pytest.approx(21)
    assert (printed["precision"], printed["threads"], printed["max_length"]) == ("fp32", 1, 48)
    assert printed["notes"] == []
    assert (printed["family"], printed["optimizer"], printed["stride"]) == ("extractive", "adamw", 8)
    assert printed["windows"] == {"max_length": 48, "stride": 8, "max_answer_tokens": 30}


def test_both_precisions_and_smaller_micro_batches_are_measured(speed):
    printed = speed.as_json()
    assert [row["precision"] for row in printed["by_precision"]] == ["fp32", "bf16"]
    assert [row["micro_batch"] for row in printed["by_micro_batch"]] == [4, 8]
    assert printed["by_precision"][0]["train_windows_per_s"] == printed["train_windows_per_s"]
    assert printed["by_micro_batch"][1] == printed["by_precision"][0]
    assert Rates.of_json(printed, "here").windows_per_s["fp32"] == printed["train_windows_per_s"]


def test_a_skipped_precision_is_a_note_and_an_estimate(speed):
    """It can still be used for planning: its rate is the headline's divided by the slowdown."""
    rate = speed.training.windows_per_s / 50
    slow = dataclasses.replace(speed, by_precision=(speed.training,), skipped=(Skipped("bf16", "fp32", 50.0, rate),))
    printed = json.loads(json.dumps(slow.as_json()))
    assert [row["precision"] for row in printed["by_precision"]] == ["fp32"]
    assert printed["notes"][-1] == slow.skipped[0].note()
    assert Rates.of_json(printed, "here").windows_per_s == {
        "fp32": speed.training.windows_per_s, "bf16": pytest.approx(rate)
    }  # fmt: skip
    assert "bf16 is skipped: the same work takes about 50.0 times as long" in " ".join(shown(slow).split())


def test_threads_are_given_back(speed):
    assert torch.get_num_threads() == 1


def shown(speed):
    console = Console(width=100)
    with console.capture() as captured:
        console.print(speed_tables(speed))
    return captured.get()


def test_the_table_has_units(speed):
    """How much fits is given here: in a process that has freed memory, so small an update may take none."""
    table = shown(dataclasses.replace(speed, largest=LargestMicroBatch(1200, 48, estimated=True)))
    for unit in ("windows/s", "tokens/s", "GFLOP/s", "questions/s", "GiB"):
        assert unit in table
    assert "1,200 windows of 48 tokens in one pass (an estimate" in table


@pytest.mark.parametrize(
    ("update_memory", "reason"), [(0, "the updates took too little memory"), (1 << 40, "the machine does not say")]
)
def test_where_it_is_unknown_how_much_fits_the_table_says_why(speed, update_memory, reason):
    training = dataclasses.replace(speed.training, update_memory=update_memory)
    assert reason in shown(dataclasses.replace(speed, largest=None, training=training))


@pytest.mark.usefixtures("small_toy_world")
def test_the_toy_world_stands_in_for_what_is_not_named():
    with prepared(BenchRequest()) as task:
        assert task.model == "toy"
        assert len(task.questions) == 12
        assert {len(part) for part in task.questions.values()} == {20}
        assert len(task.notes) == 3
        assert task.checkpoint.directory.is_dir()
    assert not task.checkpoint.directory.exists()


def test_training_questions_are_scored_where_no_test_set_is_named(tiny_checkpoint, data):
    asked = BenchRequest(model=str(tiny_checkpoint), train=str(data / "train.json"), max_length=48, questions=9)
    with prepared(asked) as task:
        assert {language: len(part) for language, part in task.questions.items()} == {"en": 9}
        assert "own questions" in task.notes[0]


def test_a_sample_of_a_long_file_is_tokenised(tiny_checkpoint, data):
    asked = BenchRequest(
        model=str(tiny_checkpoint), train=str(data / "train.json"), max_length=48, max_train_examples=11
    )
    with prepared(asked) as task:
        assert task.train_examples == 11
        assert len(task.inputs.train) >= 11


def test_what_is_left_open_is_the_studys(tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        "name: s\nquestion: q\nmodel: some/model\ndata: {train: some/data, test: google/xquad}\n"
        "windows: {max_length: 200, stride: 50}\n"
        "training: {updates: 10, batch_size: 24, micro_batch_size: 8, learning_rate: {log_uniform: [1e-5, 1e-4]}}\n"
        "arms: {a: {baseline: true}, b: {robust: {embedding_noise: {magnitude: 0.1}}}}\n"
        "search: {trials_per_arm: 4}\n"
    )
    study = load_study(path)
    asked = BenchRequest().or_as_in(study)
    assert (asked.model, asked.train, asked.score) == ("some/model", "some/data", None)
    assert (asked.batch_size, asked.micro_batch_size) == (24, 8)
    assert asked.study == study.lengths and asked.benchmark is study.task_benchmark
    assert (asked.study.windows.max_length, asked.study.windows.stride) == (200, 50)
    assert (asked.optimizer, asked.decay) == (None, None)
    named = load_study(path, ["training.optimizer=adafactor", "training.decay={choice: [linear, constant]}"])
    assert (BenchRequest().or_as_in(named).optimizer, BenchRequest().or_as_in(named).decay) == ("adafactor", None)
    kept = BenchRequest(model="mine", batch_size=4, stride=0).or_as_in(study)
    assert (kept.model, kept.batch_size, kept.stride) == ("mine", 4, 0)


def test_numbers_that_make_no_sense_are_refused():
    for option, wrong in (("updates", 0), ("batch_size", 0), ("threads", 0), ("max_length", 4), ("stride", -1)):
        with pytest.raises(XlingualError, match="or more"):
            BenchRequest(**{option: wrong})
    with pytest.raises(XlingualError, match="auto, fp32, tf32, bf16"):
        BenchRequest(precision="fp64")


def test_what_is_absent_or_empty_is_refused(tiny_checkpoint, data, tmp_path):
    empty = tmp_path / "empty.json"
    empty.write_text('{"data": []}')
    model, train, score = str(tiny_checkpoint), str(data / "train.json"), str(data / "xquad")
    wrong = [
        (DataError, "no such file", BenchRequest(model=model, train=str(tmp_path / "absent.json"))),
        (DataError, "no question", BenchRequest(model=model, train=str(empty))),
        (
            DataError,
            "no file for th",
            BenchRequest(model=model, train=train, score=score, languages="en,th"),
        ),
        (DataError, "no such file", BenchRequest(model=model, train=train, score=str(tmp_path / "absent.json"))),
        (ModelError, "not a directory", BenchRequest(model=str(tmp_path / "absent"), train=train)),
        (ModelError, "64 positions", BenchRequest(model=model, train=train, max_length=384)),
    ]
    for kind, message, asked in wrong:
        with pytest.raises(kind, match=message), prepared(asked):
            pass
