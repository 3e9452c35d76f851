"""Contract of every model family: memorise examples and resume exactly after a kill, with every supported recipe.

Robust training of every family is tested in tests/robust/contract, and two workers in test_robust_workers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from robust_families import Family
from tiny_pairs import pairs
from tiny_task import questions

from xlingual.errors import DataError
from xlingual.families import Checkpoint, ScoringSet
from xlingual.preparation.inputs import load_study_data, locate, trial_inputs
from xlingual.records.layout import TrialDirectory
from xlingual.study import TextToTextSettings
from xlingual.tasks import QUESTION_ANSWERING
from xlingual.training.loop import train_trial
from xlingual.training.worker import Report, SoloWorker

SERVED = {
    "xlm_roberta": ("passage", "contrastive", "masked_language_model"),
    "text_to_text": ("passage", "contrastive", "generation"),
    "pair_encoder": ("contrastive", "masked_language_model"),
    "pair_text_to_text": ("contrastive",),
}


class Killed(Exception):
    pass


@pytest.fixture(params=SERVED)
def family(request: pytest.FixtureRequest, family_named: Callable[[str], Family]) -> Family:
    return family_named(request.param)


@pytest.fixture
def text_to_text(family_named: Callable[[str], Family]) -> Family:
    return family_named("text_to_text")


@pytest.mark.parametrize(
    "family",
    [
        "text_to_text",
        "pair_encoder",
        pytest.param("xlm_roberta", marks=pytest.mark.real),
        pytest.param("pair_text_to_text", marks=pytest.mark.real),
    ],
    indirect=True,
)
def test_twenty_examples_are_learnt_by_heart(family: Family, tmp_path: Path) -> None:
    """The development questions are the training examples; with dropout, as a trial of a study is trained.

    The contract of robust training has every family learn examples by heart in the default run.
    """
    kind, lengths = family.resolved.family, family.traits.lengths
    examples: tuple[Any, ...] = questions(20) if family.task is QUESTION_ANSWERING else pairs(20)
    tokenizer = kind.tokenizer(family.checkpoint)
    train, asked = (kind.inputs(tokenizer, examples, lengths, targets=targets) for targets in (True, False))
    inputs = replace(family.inputs, train=train, development={"dev": {"en": ScoringSet(examples, asked)}}, used={})
    rate = 1e-2 if family.objective == "text" else family.rate  # a constant one has to be lower
    configuration = family.configuration(updates=60, reports=2, batch_size=20, micro_batch_size=20, learning_rate=rate)
    worker = SoloWorker()
    train_trial(configuration, inputs, family.resolved, TrialDirectory(tmp_path), worker, keep_model=False)
    assert [worker.reports[-1][name] for name in family.task.metrics.names] == [100.0] * len(family.task.metrics.names)


def test_inputs_too_short_for_every_answer_are_refused(text_to_text: Family, tmp_path: Path) -> None:
    short = TextToTextSettings(max_input_tokens=10, max_target_tokens=12, max_answer_tokens=4)
    study = text_to_text.study.model_copy(update={"text_to_text": short})
    data = load_study_data(study, locate(study, tmp_path), tmp_path / "rows")
    with pytest.raises(DataError, match=r"max_input_tokens: 10 tokens .* none of the 125 training examples"):
        trial_inputs(Checkpoint.at(text_to_text.checkpoint), study, data)


def test_a_family_serves_these_recipes(family: Family) -> None:
    assert family.recipes == SERVED[family.name]


@pytest.mark.real
def test_a_killed_training_goes_on_exactly(family: Family, tmp_path: Path) -> None:
    """Without recipe: reports and weights are bit-identical. The default run has every family with a robust method."""
    _check_continuation(family, None, tmp_path)


@pytest.mark.parametrize("recipe", ["contrastive", "generation", pytest.param("passage", marks=pytest.mark.real)])
def test_a_killed_training_of_a_text_to_text_model_goes_on_exactly_with_each_recipe(
    recipe: str, text_to_text: Family, tmp_path: Path
) -> None:
    """Those of encoders are tested in test_recipes."""
    _check_continuation(text_to_text, recipe, tmp_path)


def _check_continuation(family: Family, recipe: str | None, tmp_path: Path) -> None:
    def kill(report: Report) -> None:
        if report["updates"] == 2:
            raise Killed

    configuration = family.configuration(recipe=recipe)
    whole = family.train(configuration, tmp_path / "whole")
    with pytest.raises(Killed):
        family.train(configuration, tmp_path / "cut", kill)
    assert family.train(configuration, tmp_path / "cut") == whole
    found, expected = (family.weights(tmp_path / path / "model") for path in ("cut", "whole"))
    assert found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in expected)
