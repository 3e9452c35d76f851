"""Inputs of trials from the feature store: the same values, in read-only arrays."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_task import questions

from xlingual.data.examples import ExampleSet
from xlingual.families import Checkpoint, Inputs
from xlingual.preparation.faq_data import FaqData
from xlingual.preparation.faq_sources import FaqSource
from xlingual.preparation.input_cutter import InputCutter
from xlingual.preparation.inputs import StudyData, TrialInputs, scoring_sets, trial_inputs
from xlingual.records.layout import TrialDirectory
from xlingual.study import PassageSettings, Recipe, StudyLengths, TrialConfiguration, WindowSettings, variant
from xlingual.training.loop import train_trial
from xlingual.training.worker import SoloWorker

STUDY: Any = SimpleNamespace(
    lengths=StudyLengths(windows=WindowSettings(max_length=48, stride=8, max_answer_tokens=3)),
    search=SimpleNamespace(summands={"dev.f1": 1.0}),
)


def examples(count: int, offset: int = 0, language: str = "en") -> ExampleSet:
    return ExampleSet(questions(count, offset, language), {})


class MadeExamples(FaqSource):
    fingerprint = "made"

    def __init__(self, made: ExampleSet) -> None:
        self.made = made

    def inputs(self, cutter: InputCutter) -> Inputs:
        return cutter.inputs(self.made, targets=True)


CONFIGURATION = {
    "sources": {"model": "m", "train": "t", "dev": "d"},
    "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 3},
    "training": {"updates": 2, "batch_size": 16, "micro_batch_size": 4, "learning_rate": 3e-3, "reports": 1},
    "mixture": {"recipe": {"passage": {}}, "faq_share": 0.3, "weights": {"de": 1.0}},
    "seed": 0,
}
VARIANT = variant(Recipe(passage=PassageSettings()), "matched")
DATA = StudyData(
    examples(60),
    {"dev": {"en": examples(20, 200)}},
    FaqData(training={VARIANT: {"de": MadeExamples(examples(20, 1000, "de"))}}),
)


def test_kept_windows_are_those_made_in_memory(tmp_path: Path, tiny_checkpoint: Path) -> None:
    made = trial_inputs(Checkpoint.at(tiny_checkpoint), STUDY, DATA)
    for _ in range(2):
        kept = trial_inputs(Checkpoint.at(tiny_checkpoint), STUDY, DATA, tmp_path / "features")
        assert kept.pad_token == made.pad_token and kept.summary() == made.summary()
        pairs = [(kept.train, made.train), (kept.faq[VARIANT]["de"], made.faq[VARIANT]["de"])]
        pairs.append((kept.development["dev"]["en"].inputs, made.development["dev"]["en"].inputs))
        for one, other in pairs:
            assert np.array_equal(one.input_ids, other.input_ids) and np.array_equal(one.start, other.start)
    assert len([path for path in (tmp_path / "features").iterdir() if path.is_dir()]) == 3


def test_the_test_set_is_cut_for_its_model(tmp_path: Path, tiny_checkpoint: Path) -> None:
    parts = {"en": examples(5), "de": examples(7, 50, "de")}
    for features in (None, tmp_path / "features"):
        sets = scoring_sets(Checkpoint.at(tiny_checkpoint), parts, STUDY.lengths.windows, features)
        assert {name: len(part.inputs) for name, part in sets.items()} == {"en": 5, "de": 7}
        assert sets["de"].examples == parts["de"].examples


def read_only(inputs: TrialInputs) -> bool:
    every = [inputs.train, *inputs.faq[VARIANT].values(), inputs.development["dev"]["en"].inputs]
    return not any(windows.input_ids.flags.writeable or windows.start.flags.writeable for windows in every)


@pytest.fixture
def reports(tmp_path: Path, tiny_checkpoint: Path) -> Callable[[TrialInputs], Any]:
    def train(inputs: TrialInputs) -> Any:
        directory = TrialDirectory(tmp_path / f"trial {len(list(tmp_path.iterdir()))}")
        configuration = TrialConfiguration.model_validate(CONFIGURATION)
        train_trial(configuration, inputs, Checkpoint.at(tiny_checkpoint), directory, SoloWorker(), keep_model=False)
        rows = [json.loads(line) for line in directory.reports.read_text().splitlines()]
        return [(row["loss"], row["f1"]) for row in rows]

    return train


def test_training_reads_windows_and_does_not_write_to_them(
    tmp_path: Path, tiny_checkpoint: Path, reports: Callable[[TrialInputs], Any]
) -> None:
    kept = trial_inputs(Checkpoint.at(tiny_checkpoint), STUDY, DATA, tmp_path / "features")
    assert read_only(kept)
    assert reports(kept) == reports(trial_inputs(Checkpoint.at(tiny_checkpoint), STUDY, replace(DATA)))
