"""The optimisers and the schedule."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.study import TrainingSettings
from xlingual.training.adafactor import DeviceAdafactor
from xlingual.training.execution import Execution
from xlingual.training.model import TrainedModel
from xlingual.training.optimizer import learning_rate, make_optimizer
from xlingual.training.worker import SoloWorker


def settings(**changes: Any) -> TrainingSettings:
    return TrainingSettings.model_validate({"updates": 20, "learning_rate": 0.1, "weight_decay": 0.0} | changes)


def steps(gradients: Sequence[Tensor], start: Tensor, **changes: Any) -> list[Tensor]:
    """The change of one tensor in each update."""
    model = nn.Module()
    model.weight = nn.Parameter(start.clone())
    optimizer = make_optimizer(model, settings(optimizer="adafactor", **changes))
    made = []
    for gradient in gradients:
        before = model.weight.detach().clone()
        model.weight.grad = gradient.clone()
        optimizer.step()
        made.append(model.weight.detach() - before)
    return made


def test_adafactor_steps_in_proportion_to_the_tensor() -> None:
    """The first update of a matrix, by hand (arXiv 1804.04235, algorithms 4 and 5)."""
    generator = torch.Generator().manual_seed(0)
    start, gradient = (torch.randn(6, 4, generator=generator) for _ in range(2))
    rows, columns = gradient.square().mean(1, keepdim=True), gradient.square().mean(0, keepdim=True)
    update = gradient / (rows @ columns / rows.mean()).sqrt()
    update = update / max(1.0, float(update.square().mean().sqrt()))
    root = float(start.square().mean().sqrt())
    torch.testing.assert_close(steps([gradient], start)[0], -0.1 * root * update)
    (of_zeros,) = steps([gradient], torch.zeros(6, 4))
    torch.testing.assert_close(of_zeros, -0.1 * 1e-3 * update)


def test_adafactor_adapts_however_small_gradients_are() -> None:
    """Like a large model's: clipped to norm 1, gradients of 600 million weights have a root mean square of 4e-5."""
    generator = torch.Generator().manual_seed(0)
    start, *gradients = (torch.randn(40, 30, generator=generator) for _ in range(4))
    gradients = [gradient * torch.logspace(-2, 0, 40)[:, None] for gradient in gradients]
    gradients[0][3] = 0.0  # a word that occurs in no text
    expected = steps(gradients, start)
    assert torch.equal(expected[0][3], torch.zeros(30))
    for size in (1e-3, 1e-5, 1e-7):
        for one, other in zip(steps([gradient * size for gradient in gradients], start), expected, strict=True):
            torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_weights_of_one_dimension_do_not_decay() -> None:
    model = nn.Linear(3, 2)
    optimizer = make_optimizer(model, settings(optimizer="adafactor", weight_decay=0.5))
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    assert torch.equal(model.bias, before["bias"])
    torch.testing.assert_close(model.weight.detach(), before["weight"] * (1 - 0.1 * 0.5))


def test_a_constant_rate_stays_after_its_warm_up() -> None:
    constant, linear = (settings(decay=decay, warmup_share=0.2) for decay in ("constant", "linear"))
    assert [learning_rate(constant, update) for update in range(20)] == pytest.approx([0.025, 0.05, 0.075, *[0.1] * 17])
    assert [learning_rate(constant, update, 10) for update in range(20)] == pytest.approx(2 * [0.05, *[0.1] * 9])
    assert learning_rate(linear, 19) < 0.01


@pytest.mark.parametrize("optimizer", ["adamw", "adafactor"])
def test_a_vocabulary_is_trimmed_under_adamw_alone(
    optimizer: str, tiny_inputs: TrialInputs, tiny_checkpoint: Path, configure: Any
) -> None:
    configuration = configure(optimizer=optimizer)
    model = TrainedModel(configuration, tiny_inputs, Checkpoint.at(tiny_checkpoint), SoloWorker(), Execution())
    assert (model.vocabulary is None) == (optimizer == "adafactor")
    assert type(model.optimizer) is (torch.optim.Adafactor if optimizer == "adafactor" else torch.optim.AdamW)


@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_adafactor_of_gpus_makes_torchs_steps_and_goes_on_from_its_state(decay: float) -> None:
    generator = torch.Generator().manual_seed(0)
    starts = [torch.randn(6, 4, generator=generator), torch.randn(5, generator=generator), torch.zeros(3, 2)]
    kinds = [torch.optim.Adafactor, DeviceAdafactor, torch.optim.Adafactor, DeviceAdafactor]
    weights = [[nn.Parameter(start.clone()) for start in starts] for _ in kinds]
    one, other, *swapped = (
        kind(part, lr=0.1, beta2_decay=-0.8, eps=(1e-18, 1e-3), d=1.0, weight_decay=decay)
        for kind, part in zip(kinds, weights, strict=True)
    )
    for number in range(6):
        gradients = [torch.randn(start.shape, generator=generator) * 10.0**-number for start in starts]
        for part in weights:
            for weight, gradient in zip(part, gradients, strict=True):
                weight.grad = gradient.clone()
        if number == 3:
            for optimizer, before, to, of in zip(swapped, (other, one), weights[2:], weights[1::-1], strict=True):
                optimizer.load_state_dict(copy.deepcopy(before.state_dict()))
                for weight, value in zip(to, of, strict=True):
                    weight.data.copy_(value.data)
        for optimizer in (one, other, *swapped):
            optimizer.step()
    for others in weights[1:]:
        for weight, expected in zip(others, weights[0], strict=True):
            torch.testing.assert_close(weight, expected, rtol=1e-6, atol=1e-8)
    assert one.state_dict()["state"][0].keys() == other.state_dict()["state"][0].keys()
