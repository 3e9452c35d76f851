from __future__ import annotations

import dataclasses

import pytest
import torch
from gloo_worker import SmallMemory

from xlingual.families import Checkpoint
from xlingual.models.encoder import load_encoder, word_embeddings
from xlingual.speed import micro_batch
from xlingual.speed.micro_batch import estimated_micro_batch, tried_micro_batch
from xlingual.speed.training_speed import TrainingSpeed, measure_training
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker

CPU = torch.device("cpu")

MADE_UP = TrainingSpeed(
    precision="fp32",
    threads=1,
    batch_size=8,
    micro_batch_size=4,
    seconds=(1.0, 3.0),
    tokens=1600,
    padded_tokens=2000,
    body_parameters=1_000_000,
    vocabulary_rows=10,
    parameters=1_100_000,
    optimizer_bytes=8 * 1_100_000,
    largest_pass=100,
    peak_memory=50_000_000,
    update_memory=20_000_000,
)


@pytest.fixture
def measured(tiny_checkpoint, inputs, traits):
    return measure_training(
        Checkpoint.at(tiny_checkpoint),
        inputs,
        traits,
        updates=3,
        batch_size=8,
        micro_batch_size=4,
        precision="fp32",
        device=CPU,
    )


def test_rates_are_of_all_timed_updates():
    assert MADE_UP.windows == 16
    assert MADE_UP.windows_per_s == 4.0
    assert MADE_UP.tokens_per_s == 400.0
    assert MADE_UP.padding_share == pytest.approx(0.2)
    assert MADE_UP.useful_gflops == pytest.approx(6 * 1e6 * 400 / 1e9)
    assert MADE_UP.memory_per_token == (20_000_000 - 16 * 1_100_000) / 100


def test_whole_updates_are_measured_and_the_first_is_not_counted(measured, inputs):
    assert len(measured.seconds) == 3
    assert measured.windows == 24
    assert all(seconds > 0 for seconds in measured.seconds)
    shortest, longest = inputs.train.lengths.min(), inputs.train.lengths.max()
    assert 24 * shortest <= measured.tokens <= 24 * longest
    assert measured.padded_tokens == measured.tokens  # windows share a row on a CPU
    assert longest <= measured.largest_pass <= 4 * longest


def test_the_body_is_all_but_the_word_embeddings(measured, tiny_checkpoint):
    model = load_encoder(tiny_checkpoint, seed=0)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert measured.body_parameters == parameters - word_embeddings(model).weight.numel()
    assert measured.parameters == measured.body_parameters + measured.vocabulary_rows * 32


def test_adamw_keeps_two_moments_of_every_weight(measured):
    assert 0 <= measured.optimizer_bytes - 8 * measured.parameters < 4096  # and the number of its steps
    assert measured.weights_memory == 8 * measured.parameters + measured.optimizer_bytes
    assert (measured.target_tokens, measured.target_parameters) == (0, 0)


def test_updates_are_those_of_a_trial_with_dropout(tiny_checkpoint, inputs, traits, monkeypatch):
    seen = []
    update = Updater.update

    def watched(self, number):
        modules = self._model.plain.modules()
        rates = {module.p for module in modules if "dropout" in type(module).__name__.lower()}
        seen.append((number, self._model.plain.training, rates))
        return update(self, number)

    monkeypatch.setattr(Updater, "update", watched)
    measure_training(
        Checkpoint.at(tiny_checkpoint),
        inputs,
        traits,
        updates=2,
        batch_size=4,
        micro_batch_size=4,
        precision="bf16",
        device=CPU,
    )
    assert [number for number, _, _ in seen] == [0, 1, 2]
    assert all(training and max(rates) == 0.1 for _, training, rates in seen)


def test_the_largest_micro_batch_of_a_cpu_is_reckoned(monkeypatch):
    weights = 16 * 1_100_000
    monkeypatch.setattr(micro_batch, "available_memory", lambda: weights + 10 * 24_000 * 384 + 1)
    largest = estimated_micro_batch(MADE_UP, 384)
    assert largest is not None
    assert (largest.windows, largest.tokens, largest.estimated) == (10, 384, True)
    monkeypatch.setattr(micro_batch, "available_memory", lambda: weights - 1)
    assert estimated_micro_batch(MADE_UP, 384).windows == 0
    monkeypatch.setattr(micro_batch, "available_memory", lambda: None)
    assert estimated_micro_batch(MADE_UP, 384) is None
    assert estimated_micro_batch(dataclasses.replace(MADE_UP, update_memory=0), 384) is None


@pytest.mark.parametrize(("room", "fits"), [(0, 0), (3, 2), (4, 4)])
def test_the_largest_micro_batch_of_a_gpu_is_the_last_that_did_not_run_out_of_memory(
    room, fits, tiny_checkpoint, inputs, traits, monkeypatch
):
    memory = SmallMemory(room, 1000)  # a training would go on, with activations computed again
    monkeypatch.setattr(SoloWorker, "wrap", lambda worker, model: memory.limit(model))
    largest = tried_micro_batch(Checkpoint.at(tiny_checkpoint), inputs, traits, "fp32", CPU)
    assert (largest.windows, largest.estimated) == (fits, False)
    assert largest.tokens == inputs.train.lengths.max()
