from __future__ import annotations

import json
from dataclasses import replace

import pytest
import tiny_task
import tiny_text_to_text
import torch
from gloo_worker import SmallMemory
from rich.console import Console
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    MT5Config,
    MT5ForConditionalGeneration,
    T5Config,
    T5ForConditionalGeneration,
    UMT5Config,
    UMT5ForConditionalGeneration,
)

from xlingual.errors import DataError, XlingualError
from xlingual.families import TEXT_TO_TEXT, Checkpoint
from xlingual.models.text_to_text import load_text_to_text
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.report.speed import speed_tables
from xlingual.speed import micro_batch, scoring_speed
from xlingual.speed.arithmetic import working_parameters
from xlingual.speed.bench_task import BenchRequest, prepared
from xlingual.speed.measurement import measure
from xlingual.speed.micro_batch import estimated_micro_batch, tried_micro_batch
from xlingual.speed.rates import Rates
from xlingual.speed.scoring_speed import measure_scoring
from xlingual.speed.training_speed import measure_training, trial_configuration
from xlingual.study import FamilyDefaults, StudyLengths, TextToTextSettings, load_study
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker

CPU = torch.device("cpu")
TRAITS = FamilyDefaults(
    TextToTextSettings(max_input_tokens=40, max_target_tokens=8, max_answer_tokens=4), "adafactor", "constant"
)

BYTES = FamilyDefaults(TextToTextSettings(max_input_tokens=400, max_target_tokens=16, max_answer_tokens=4), "adafactor")


@pytest.fixture(scope="module")
def inputs(tiny_mt5):
    tokenizer = TEXT_TO_TEXT.tokenizer(tiny_mt5)
    return TrialInputs(
        TEXT_TO_TEXT.inputs(tokenizer, tiny_task.questions(60), TRAITS.lengths, targets=True), {}, {}, 0
    ).counted()


@pytest.fixture(scope="module")
def speed(tiny_mt5, data, quick_machine):
    return measure(
        BenchRequest(
            model=str(tiny_mt5),
            train=str(data / "train.json"),
            score=str(data / "xquad"),
            questions=3,
            updates=2,
            batch_size=8,
            threads=1,
            max_length=40,
            precision="fp32",
            study=StudyLengths(text_to_text=TextToTextSettings(max_answer_tokens=4)),
        )
    )


def test_what_is_printed_names_what_a_text_to_text_model_reads_and_writes(speed):
    printed = json.loads(json.dumps(speed.as_json()))
    assert printed["family"] == "text_to_text"
    assert printed["text_to_text"] == {"max_input_tokens": 40, "max_target_tokens": 128, "max_answer_tokens": 4}
    assert (printed["max_length"], printed["optimizer"], printed["train_windows"]) == (40, "adafactor", 16)
    assert "stride" not in printed
    assert "windows" not in printed
    assert printed["score_questions"] == {"en": 3, "de": 3, "es": 3}
    assert [row["precision"] for row in printed["by_precision"]] == ["fp32", "bf16"]
    assert [row["micro_batch"] for row in printed["by_micro_batch"]] == [4, 8]
    written = printed["target_tokens_per_input"] * printed["train_windows_per_s"]
    assert printed["train_target_tokens_per_s"] == pytest.approx(written)
    read = printed["tokens_per_window"] * printed["train_windows_per_s"]
    useful = 6 * (printed["body_parameters"] * read + printed["target_parameters"] * written) / 1e9
    assert printed["useful_gflops"] == pytest.approx(useful)
    (note,) = printed["notes"]
    assert "up to 4 tokens" in note
    rates = Rates.of_json(printed, "here")
    assert (rates.family, rates.max_length) == ("text_to_text", 40)


def test_the_table_speaks_of_inputs(speed):
    console = Console(width=120)
    with console.capture() as shown:
        console.print(speed_tables(speed))
    assert "inputs of at most 40 tokens, answers of at most 4, 8 to an update" in shown.get()
    assert "inputs/s" in shown.get()
    assert "tokens/s read and" in shown.get()
    assert "windows" not in shown.get()


def test_tokens_and_moments_are_those_of_the_updates(tiny_mt5, inputs):
    measured = measure_training(
        Checkpoint.at(tiny_mt5),
        inputs,
        TRAITS,
        updates=3,
        batch_size=8,
        micro_batch_size=4,
        precision="fp32",
        device=CPU,
    )
    shortest, longest = inputs.train.lengths.min(), inputs.train.lengths.max()
    assert 24 * shortest <= measured.tokens <= 24 * longest
    assert 24 * inputs.train.target_lengths.min() <= measured.target_tokens <= 24 * inputs.train.target_lengths.max()
    assert measured.tokens <= measured.padded_tokens
    assert measured.target_tokens <= measured.padded_target_tokens
    model = load_text_to_text(tiny_mt5)
    matrices = [one for one in model.parameters() if one.ndim > 1]
    of_rows_and_columns = sum(sum(one.shape) for one in matrices)
    vectors = sum(one.numel() for one in model.parameters() if one.ndim == 1)
    steps = len(list(model.parameters()))
    assert measured.optimizer_bytes == 4 * (of_rows_and_columns + vectors + steps)
    assert measured.parameters == sum(one.numel() for one in model.parameters())


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize(
    ("kind", "configuration"),
    [
        (T5ForConditionalGeneration, T5Config),
        (MT5ForConditionalGeneration, MT5Config),
        (UMT5ForConditionalGeneration, UMT5Config),
    ],
)
def test_useful_arithmetic_is_the_matrix_products_of_a_pass(kind, configuration, tied):
    sizes = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_decoder_layers": 3, "num_heads": 4}
    model = kind(configuration(vocab_size=50, decoder_start_token_id=0, tie_word_embeddings=tied, **sizes)).eval()
    if not tied:
        model.lm_head.weight = nn.Parameter(torch.ones(50, 32))
    read, written = 11, 5
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=torch.ones(1, read, dtype=torch.int64), labels=torch.ones(1, written, dtype=torch.int64))
    counted = counter.get_flop_counts()["Global"][torch.ops.aten.mm]
    working = working_parameters(model)
    # T5's norms, like an encoder's biases, are not matrices.
    norms = [sum(one.numel() for one in part.parameters() if one.ndim == 1) for part in (model.encoder, model.decoder)]
    assert counted == 2 * ((working.read - norms[0]) * read + (working.written - norms[1]) * written)


def test_updates_are_those_of_the_family(tiny_mt5, inputs, monkeypatch):
    seen = []
    update = Updater.update

    def watched(self, number):
        seen.append((type(self._model.optimizer).__name__, self._configuration.training.decay))
        return update(self, number)

    monkeypatch.setattr(Updater, "update", watched)
    measure_training(
        Checkpoint.at(tiny_mt5),
        inputs,
        TRAITS,
        updates=1,
        batch_size=4,
        micro_batch_size=4,
        precision="bf16",
        device=CPU,
    )
    assert seen == [("Adafactor", "constant")] * 2
    plain = trial_configuration(FamilyDefaults(TRAITS.lengths), 1, 1, 1, "fp32")
    assert (plain.training.optimizer, plain.training.decay) == ("adamw", "linear")
    assert plain.lengths == TRAITS.lengths


@pytest.mark.parametrize(("room", "fits"), [(0, 0), (3, 2)])
def test_the_largest_micro_batch_of_a_gpu_is_of_the_longest_inputs(room, fits, tiny_mt5, inputs, monkeypatch):
    memory = SmallMemory(room, 1000)  # a training would go on, with activations computed again
    monkeypatch.setattr(SoloWorker, "wrap", lambda worker, model: memory.limit(model))
    largest = tried_micro_batch(Checkpoint.at(tiny_mt5), inputs, TRAITS, "fp32", CPU)
    assert (largest.windows, largest.tokens) == (fits, inputs.train.lengths.max())


def test_the_largest_micro_batch_of_a_cpu_counts_adafactors_few_moments(speed, monkeypatch):
    training = speed.training
    weights = 8 * training.parameters + training.optimizer_bytes
    assert weights < 12 * training.parameters
    made_up = replace(training, update_memory=weights + 1000 * training.largest_pass)
    assert made_up.memory_per_token == 1000
    monkeypatch.setattr(micro_batch, "available_memory", lambda: weights + 3 * 40 * 1000)
    largest = estimated_micro_batch(made_up, 40)
    assert (largest.windows, largest.tokens, largest.estimated) == (3, 40, True)


def test_answers_are_scored_as_evaluate_does(tiny_mt5, monkeypatch):
    asked = {"en": tuple(tiny_task.questions(7)), "de": tuple(tiny_task.questions(3))}
    seen = []
    extras = type(TEXT_TO_TEXT).row_extras

    def watched(self, example, prediction):
        seen.append(example.id)
        return extras(self, example, prediction)

    monkeypatch.setattr(type(TEXT_TO_TEXT), "row_extras", watched)
    measured = measure_scoring(Checkpoint.at(tiny_mt5), asked, TRAITS.lengths, CPU)
    assert measured.questions == {"en": 7, "de": 3}
    warm_up = scoring_speed.WARM_UP + 3
    assert len(seen) == warm_up + 10
    assert measured.questions_per_s == 10 / measured.seconds


@pytest.mark.usefixtures("small_toy_world")
def test_the_toy_worlds_mt5_stands_in(toy_questions):
    with prepared(BenchRequest("toy_text_to_text")) as task:
        assert task.checkpoint.family is TEXT_TO_TEXT
        assert (task.checkpoint.directory / "config.json").is_file()
        assert task.lengths == TextToTextSettings(max_input_tokens=1024, max_target_tokens=128, max_answer_tokens=64)
        assert (task.traits.optimizer, task.traits.decay) == ("adafactor", "constant")
        assert len(task.inputs.train) == task.train_examples == toy_questions
        assert "tiny mT5" in task.notes[0]


def test_lengths_and_the_optimizer_of_a_study_are_taken(tiny_mt5, data, tmp_path):
    path = tmp_path / "study.yaml"
    path.write_text(
        f"name: s\nquestion: q\nmodel: {tiny_mt5}\ndata: {{train: {data / 'train.json'}, test: google/xquad}}\n"
        "text_to_text: {max_input_tokens: 48, max_answer_tokens: 3}\n"
        "training: {updates: 10, optimizer: adamw, learning_rate: {log_uniform: [1e-5, 1e-4]}}\n"
        "arms: {a: {baseline: true}, b: {robust: {embedding_noise: {magnitude: 0.1}}}}\n"
        "search: {trials_per_arm: 4}\n"
    )
    study = load_study(path)
    with prepared(BenchRequest(questions=1).or_as_in(study)) as task:
        assert task.lengths == TextToTextSettings(max_input_tokens=48, max_target_tokens=128, max_answer_tokens=3)
        assert (task.traits.optimizer, task.traits.decay) == ("adamw", "constant")
    with prepared(BenchRequest(questions=1, max_length=44).or_as_in(study)) as task:
        assert task.lengths.max_input_tokens == 44


def test_a_model_of_bytes_is_measured(tmp_path):
    """Its tokenizer has no fast form, and its head is its word embeddings."""
    checkpoint = tiny_text_to_text.write_byte_to_byte(tmp_path / "byt5")
    inputs = TEXT_TO_TEXT.inputs(
        TEXT_TO_TEXT.tokenizer(checkpoint), tiny_task.questions(12), BYTES.lengths, targets=True
    )
    measured = measure_training(
        Checkpoint.at(checkpoint),
        TrialInputs(inputs, {}, {}, 0).counted(),
        BYTES,
        updates=1,
        batch_size=4,
        micro_batch_size=4,
        precision="fp32",
        device=CPU,
    )
    assert (measured.windows, measured.vocabulary_rows) == (4, 384)
    assert measured.target_tokens > 4 * 3
    scored = measure_scoring(Checkpoint.at(checkpoint), {"en": tuple(tiny_task.questions(2))}, BYTES.lengths, CPU)
    assert scored.questions == {"en": 2}


def test_a_stride_and_inputs_without_an_answer_are_refused(tiny_mt5, tmp_path):
    context = f"the house is {'red ' * 30}and the car is blue"
    question = {
        "id": "q",
        "question": "which colour",
        "answers": [{"text": "blue", "answer_start": context.index("blue")}],
    }
    path = tmp_path / "train.json"
    path.write_text(json.dumps({"data": [{"title": "t", "paragraphs": [{"context": context, "qas": [question]}]}]}))
    stride, short = (BenchRequest(str(tiny_mt5), train=str(path), **one) for one in ({"stride": 4}, {"max_length": 24}))
    message = r"^--stride: found 4, but .*mt5 is a text-to-text model"
    with pytest.raises(XlingualError, match=message), prepared(stride):
        pass
    message = r"^--train: of 1 examples none has its answer in the first 24 tokens"
    with pytest.raises(DataError, match=message), prepared(short):
        pass
