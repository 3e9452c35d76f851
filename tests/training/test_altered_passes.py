"""Augmented windows as passed to the model: the same for any number of workers; FAQ examples are unchanged."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_task import COLOURS, THINGS, questions

from xlingual.data.augmentation.lexicon import Lexicon, Lexicons
from xlingual.families import EXTRACTIVE, Checkpoint
from xlingual.families.batches import Batcher
from xlingual.models.encoder import load_encoder, load_tokenizer
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.tokens.rewritable import RewritableWindows
from xlingual.training.loop import train_trial
from xlingual.training.order import training_order
from xlingual.training.passes import Pass, PassBuilder
from xlingual.training.worker import SoloWorker

LEXICONS = Lexicons(
    Lexicon.of({thing: [THINGS[(n + 1) % 6], COLOURS[n % 5]] for n, thing in enumerate(THINGS)}),
    {"de": Lexicon.of({"the": ["and"], "is": ["has"]})},
)
WORDS = {"word_substitution": {}, "code_switch": {"rate": 0.4, "languages": ["de"]}}
DRAWN = {"faq_share": 0.5, "weights": {"de": 0.5, "es": 0.5}}


@pytest.fixture(scope="module")
def inputs(tiny_inputs: TrialInputs, tiny_checkpoint: Path) -> TrialInputs:
    tokenizer = load_tokenizer(tiny_checkpoint)
    lengths = {"max_length": 48, "stride": 8}
    return replace(
        tiny_inputs, train=RewritableWindows.of(tiny_inputs.train, questions(120), tokenizer, LEXICONS, **lengths)
    )


@pytest.fixture(scope="module")
def batcher(tiny_checkpoint: Path) -> Batcher:
    return Batcher.of(load_encoder(tiny_checkpoint, 0), 0, torch.device("cpu"))


def preparation(configuration: Any, inputs: TrialInputs, batcher: Batcher) -> PassBuilder:
    order = training_order(configuration, inputs.train, inputs.of_mixture(configuration.mixture))
    return PassBuilder(configuration, order, EXTRACTIVE, batcher, {}, torch.device("cpu"))


def read(passes: list[Pass]) -> dict[tuple[int, ...], tuple[list[Any], list[Any]]]:
    """Token ids and targets of passes, by stream."""
    return {
        one.stream: (
            [batch.inputs["input_ids"].tolist() for batch in one.batches],
            [one.targets[name].tolist() for name in sorted(one.targets)],
        )
        for one in passes
    }


@pytest.mark.parametrize("mixture", [None, DRAWN, DRAWN | {"recipe": {"contrastive": {}}}], ids=str)
def test_workers_share_out_what_one_alone_would_read(
    mixture: Any, inputs: TrialInputs, batcher: Batcher, configure: Any
) -> None:
    configuration = configure(updates=12, robust=WORDS, mixture=mixture)
    one, plain = (preparation(configure(updates=12, robust=r, mixture=mixture), inputs, batcher) for r in (WORDS, None))
    changed = 0
    for update in range(12):
        alone = read(one.passes(update, 0, 1))
        shared: dict[tuple[int, ...], Any] = {}
        for rank in range(3):
            shared |= read(preparation(configuration, inputs, batcher).passes(update, rank, 3))
        assert shared == alone
        changed += sum(alone[stream] != before for stream, before in read(plain.passes(update, 0, 1)).items())
    assert changed > 12


def test_faq_examples_are_read_as_they_are(inputs: TrialInputs, batcher: Batcher, configure: Any) -> None:
    """First a stage of only FAQ passages, then one of only English."""
    mixture = DRAWN | {"schedule": "then"}
    altered, plain = (
        preparation(configure(updates=8, robust=robust, mixture=mixture), inputs, batcher) for robust in (WORDS, None)
    )
    same = [read(altered.passes(update, 0, 1)) == read(plain.passes(update, 0, 1)) for update in range(8)]
    assert same == [True] * 4 + [False] * 4


@pytest.mark.parametrize(
    "mixture",
    [None, DRAWN, DRAWN | {"schedule": "then"}, DRAWN | {"recipe": {"contrastive": {"bitext_share": 0.5}}}],
    ids=str,
)
def test_an_epoch_is_how_often_an_example_was_drawn_before(mixture: Any, inputs: TrialInputs, configure: Any) -> None:
    configuration = configure(updates=60, mixture=mixture)
    order = training_order(configuration, inputs.train, inputs.of_mixture(configuration.mixture))
    before: Counter[tuple[int, int]] = Counter()
    for update in range(60):
        epochs: dict[tuple[int, int], list[int]] = {}
        for micro in order.micro_batches(update):
            for (source, item), epoch in zip(micro.places, micro.epochs, strict=True):
                epochs.setdefault((id(source), item), []).append(epoch)
        for key, found in epochs.items():
            assert sorted(found) == [before[key] + n for n in range(len(found))]
            before[key] += len(found)
    assert max(before.values()) > 3


def test_each_epoch_reads_other_texts(inputs: TrialInputs, batcher: Batcher, configure: Any) -> None:
    """120 windows, 40 per update."""
    configuration = configure(updates=6, batch_size=40, micro_batch_size=40, robust=WORDS)
    prepared = preparation(configuration, inputs, batcher)
    epochs = [[read(prepared.passes(update, 0, 1)) for update in range(start, start + 3)] for start in (0, 3)]
    one, other = (
        Counter(tuple(row) for made in epoch for ids, _ in made.values() for row in _windows(ids)) for epoch in epochs
    )
    assert sum(one.values()) == sum(other.values()) == 120
    assert (one & other).total() < 60


def _windows(ids: list[Any]) -> list[list[int]]:
    """Windows of packed rows: each starts with token 2."""
    found = list[list[int]]()
    for row in (row for batch in ids for row in batch):
        for token in row:
            if token == 2:
                found.append([])
            found[-1].append(token)
    return found


def test_training_goes_on_from_a_checkpoint_with_the_same_texts(
    inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    class Killed(Exception):
        pass

    def kill(report: Any) -> None:
        if report["updates"] == 2:
            raise Killed

    configuration = configure(updates=4, reports=2, robust=WORDS)
    whole, halved = (TrialDirectory(tmp_path / name) for name in ("whole", "halved"))
    train_trial(configuration, inputs, Checkpoint.at(tiny_checkpoint), whole, SoloWorker(), keep_model=False)
    with pytest.raises(Killed):
        train_trial(
            configuration, inputs, Checkpoint.at(tiny_checkpoint), halved, SoloWorker(on_report=kill), keep_model=False
        )
    train_trial(configuration, inputs, Checkpoint.at(tiny_checkpoint), halved, SoloWorker(), keep_model=False)
    one, other = (journal.read(directory.reports) for directory in (whole, halved))
    assert [report["loss"] for report in one] == [report["loss"] for report in other]
    assert len(one) == 2 and np.isfinite(one[-1]["loss"])
