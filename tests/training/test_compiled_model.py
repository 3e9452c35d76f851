"""A compiled encoder computes the same as the encoder, also when perturbed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_task import write_checkpoint

from xlingual.families import Checkpoint, batches
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.robust import Rows
from xlingual.robust.hook_points import HookPoint
from xlingual.robust.token_layout import Layout
from xlingual.study import plain_robust
from xlingual.training.execution import Execution
from xlingual.training.model import TrainedModel
from xlingual.training.order import training_order
from xlingual.training.passes import PassBuilder
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker

UPDATES = 3
ATTACK = {"attack": "pgd", "against": "prediction", "steps": 1, "step_size": 0.5, "start": 0.1}
"""With clean runs, runs that update the perturbation, and training runs."""


@pytest.mark.real
@pytest.mark.filterwarnings("ignore")  # the compiler emits warnings about itself
def test_a_compiled_encoder_is_perturbed_as_an_eager_one_and_drops_out_the_same_in_all_runs_of_a_pass(
    tiny_inputs: TrialInputs, tmp_path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Takes a minute or more on a CPU: run it after changing compilation or the version of torch."""
    monkeypatch.setattr(batches, "pack_windows", lambda *_: "not asked")  # rows of one window on both sides
    robust = plain_robust({"adversarial": ATTACK})
    assert robust is not None
    configuration = configure(robust=robust.model_dump(), updates=UPDATES, precision="fp32")
    losses: dict[bool, list[float]] = {}
    shares: dict[bool, float] = {}
    for compiled in (False, True):
        model, updater = _training(configuration, tiny_inputs, _checkpoint(tmp_path / str(compiled), 0.0), compiled)
        losses[compiled] = [float(updater.update(number)) for number in range(UPDATES)]
        perturbation, clean = model.robust.pop_squared_norms()
        shares[compiled] = perturbation / clean
    assert losses[True] == pytest.approx(losses[False], rel=1e-5)
    assert shares[True] == pytest.approx(shares[False], rel=1e-4)
    assert shares[True] > 0.01

    model, _ = _training(configuration, tiny_inputs, _checkpoint(tmp_path / "dropout", 0.3), True)
    order = training_order(configuration, tiny_inputs.train, {})
    part = PassBuilder(configuration, order, model.family, model.batcher, {}, torch.device("cpu")).passes(0, 0, 1)[0]
    place = HookPoint(model.plain, "word_embeddings")
    clean_run = model.losses.outcome(part.objective, part.batches, part.targets, 7)
    with place.perturbed([Layout(Rows(part.batches[0].lengths, False))], lambda _, values: torch.zeros_like(values)):
        perturbed_run = model.losses.outcome(part.objective, part.batches, part.targets, 7)
    other_dropout = model.losses.outcome(part.objective, part.batches, part.targets, 8)
    assert torch.equal(perturbed_run.loss, clean_run.loss)
    assert not torch.isclose(other_dropout.loss, clean_run.loss, rtol=1e-4)


def _training(
    configuration: Any, inputs: TrialInputs, checkpoint: Path, compiled: bool
) -> tuple[TrainedModel, Updater]:
    torch.compiler.reset()
    model = TrainedModel(configuration, inputs, Checkpoint.at(checkpoint), SoloWorker(), Execution(compile=compiled))
    return model, Updater(configuration, training_order(configuration, inputs.train, {}), model, SoloWorker())


def _checkpoint(directory: Path, dropout: float) -> Path:
    path = write_checkpoint(directory) / "config.json"
    rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    path.write_text(json.dumps(json.loads(path.read_text()) | rates))
    return directory
