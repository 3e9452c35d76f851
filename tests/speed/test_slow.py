"""A precision that is many times slower costs at most one update, and is reported as skipped."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
import torch

from xlingual.families import Checkpoint
from xlingual.speed import measurement, slow
from xlingual.speed.bench_task import BenchRequest
from xlingual.speed.slow import Skipped, timed_unless_slow, worth_timing
from xlingual.speed.training_speed import TooSlow, TrainingSpeed, measure_training

HEADLINE = TrainingSpeed(
    precision="fp32",
    threads=1,
    batch_size=16,
    micro_batch_size=8,
    seconds=(4.0, 4.0),
    tokens=100,
    padded_tokens=100,
    body_parameters=10,
    vocabulary_rows=10,
    parameters=20,
    optimizer_bytes=160,
    largest_pass=100,
    peak_memory=1,
    update_memory=1,
    first=5.0,
)


@pytest.mark.parametrize(
    ("first", "updates", "worth"),
    [
        (14.9, 24, True),  # less than three times the headline's five seconds
        (15.0, 24, False),
        (60.0, 1, False),
        (7.9, 1, True),
        (float("inf"), 1, False),
    ],
)
def test_one_update_tells_whether_more_are_worth_their_time(first: float, updates: int, worth: bool) -> None:
    assert worth_timing(first, HEADLINE.first, updates) is worth


def test_what_is_soon_done_is_measured_however_much_slower_it_is() -> None:
    assert worth_timing(0.5, 0.01, 16)
    assert not worth_timing(0.5, 0.01, 17)


class Machine:
    """Trains in a precision with a given time of the first update; counts updates."""

    def __init__(self, first: float) -> None:
        self.first, self.updates = first, 0

    def train(self, go_on: Callable[[float], bool]) -> TrainingSpeed:
        self.updates += 1
        if not go_on(self.first):
            raise TooSlow(self.first)
        self.updates += 24
        return dataclasses.replace(HEADLINE, precision="bf16", first=self.first)


def test_a_precision_that_turns_out_slow_is_left_after_one_update() -> None:
    machine = Machine(first=60.0)
    found = timed_unless_slow(HEADLINE, "bf16", 1.0, 24, machine.train)
    assert found == Skipped("bf16", "fp32", 12.0, 4.0 / 12)
    assert machine.updates == 1
    assert found.note().startswith("bf16 is skipped: the same work takes about 12.0 times as long as in fp32")


def test_a_precision_that_is_known_to_be_slow_is_not_begun() -> None:
    machine = Machine(first=1.0)
    assert timed_unless_slow(HEADLINE, "bf16", 8.0, 24, machine.train) == Skipped("bf16", "fp32", 8.0, 0.5)
    assert machine.updates == 0


def test_another_precision_is_measured_whole() -> None:
    machine = Machine(first=3.0)
    found = timed_unless_slow(HEADLINE, "bf16", 0.5, 24, machine.train)
    assert isinstance(found, TrainingSpeed) and found.precision == "bf16"
    assert machine.updates == 25


class Clock:
    """A clock that advances by a hundred seconds per call, for a limited number of calls."""

    def __init__(self, looks: int) -> None:
        self.left, self.now = looks, 0.0

    def __call__(self) -> float:
        assert self.left, "a further update was timed"
        self.left -= 1
        self.now += 100
        return self.now


def test_no_update_follows_one_that_is_too_slow(tiny_checkpoint, inputs, traits) -> None:
    asked = {"batch_size": 4, "micro_batch_size": 4, "precision": "bf16", "device": torch.device("cpu")}
    with pytest.raises(TooSlow) as raised:
        measure_training(
            Checkpoint.at(tiny_checkpoint),
            inputs,
            traits,
            updates=3,
            go_on=lambda first: first < 100,
            clock=Clock(2),
            **asked,
        )
    assert raised.value.first == 100
    speed = measure_training(Checkpoint.at(tiny_checkpoint), inputs, traits, updates=2, clock=Clock(4), **asked)
    assert (speed.first, speed.seconds) == (100, (100, 100))


@pytest.mark.usefixtures("quick_machine")
@pytest.mark.parametrize("asked", ["auto", "bf16"])
def test_bench_leaves_a_hopeless_precision_at_once_says_so_and_goes_on(
    asked: str, tiny_checkpoint, data, monkeypatch: pytest.MonkeyPatch, by_letter
) -> None:
    """On a machine that is made to seem fifty times slower in bf16; every update is counted."""
    begun: list[tuple[str, int]] = []

    def counted(*of: object, **named: object) -> TrainingSpeed:
        begun.append((str(named["precision"]), int(named["updates"])))  # type: ignore[call-overload]
        return measure_training(*of, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(measurement, "bf16_speedup", lambda *widths: 1 / 50)
    monkeypatch.setattr(slow, "worth_timing", worth_timing)  # the true one again
    monkeypatch.setattr(slow, "PATIENCE", 0.0)
    monkeypatch.setattr(measurement, "measure_training", counted)
    lines: list[str] = []
    speed = measurement.measure(
        BenchRequest(
            model=str(tiny_checkpoint), train=str(data / "train.json"), score=str(data / "xquad"), questions=7,
            updates=3, batch_size=8, threads=1, max_length=48, stride=8, precision=asked,
        ),
        lines.append,
    )  # fmt: skip
    of_bf16 = [updates for precision, updates in begun if precision == "bf16"]
    assert of_bf16 == ([] if asked == "auto" else [1])
    assert speed.training.precision == ("fp32" if asked == "auto" else "bf16")
    assert [note for note in speed.notes if note.startswith("bf16")] == lines
    by_letter(lines[0], asked)
