"""Every method: losses depend on the seed, differ from plain training, and equal it at magnitude 0.

The default run has some of the cases, see robust_default_run.py; all others are `real`.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
import torch
from robust_families import Family
from robust_trace import Trace, equal, pass_losses, trace
from robust_variants import (
    ALL,
    AVERAGING,
    PERTURBING,
    TRAINING,
    WITHOUT_CHANCE,
    WITHOUT_EFFECT,
    ZERO,
    ZERO_BUT_FOR_ROUNDING,
    Settings,
)

from xlingual.robust.divergence import symmetric_divergence

DRAWING = [name for name, settings in PERTURBING.items() if settings.get("adversarial", {}).get("start") != 0]


@pytest.mark.parametrize("name", ALL)
def test_the_seed_decides_all_numbers_whatever_was_drawn_before(
    name: str, family: Family, traced: Callable[[str], Trace]
) -> None:
    first = traced(name)
    for draw in (torch.rand, np.random.rand, lambda _: random.random()):
        draw(3)
    second = trace(family, family.configuration(ALL[name]))
    assert second.losses == first.losses
    assert equal(second.weights, first.weights)
    assert trace(family, family.configuration(ALL[name], seed=1), updates=1).losses[0] != first.losses[0]


@pytest.mark.parametrize("name", TRAINING)
def test_the_method_changes_the_loss_of_every_update(name: str, plain: Trace, traced: Callable[[str], Trace]) -> None:
    changed = [abs(one / other - 1) for one, other in zip(traced(name).losses, plain.losses, strict=True)]
    assert min(changed) > 1e-5  # no rounding


@pytest.mark.parametrize("name", AVERAGING)
def test_averaging_leaves_training_as_it_is(name: str, plain: Trace, traced: Callable[[str], Trace]) -> None:
    assert traced(name).losses == plain.losses
    assert equal(traced(name).weights, plain.weights)


@pytest.mark.parametrize("name", DRAWING)
def test_a_passs_seed_decides_its_perturbation(name: str, family: Family) -> None:
    """Dropout is the same throughout, so nothing else distinguishes the losses."""
    model, updater = family.started(family.configuration(PERTURBING[name]))
    part = updater._prepared(0)[0]
    first, again, other = (pass_losses(model, part, seed) for seed in (3, 3, 4))
    assert first == again
    assert all(one != two for one, two in zip(first, other, strict=True))
    assert len(set(first)) == len(first)  # every sample and every step has another perturbation


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_a_study_leaves_out_what_has_no_effect(name: str, family: Family) -> None:
    configuration = family.configuration(WITHOUT_EFFECT[name])
    assert configuration.robust is None
    assert configuration.fingerprint == family.configuration().fingerprint


@pytest.mark.parametrize("name", ZERO)
def test_magnitude_zero_by_hand_is_plain_training_bit_for_bit(name: str, family: Family, plain: Trace) -> None:
    found = trace(family, family.configuration(ZERO[name], by_hand=True))
    assert found.losses == plain.losses
    assert equal(found.weights, plain.weights)


@pytest.mark.parametrize("name", ZERO_BUT_FOR_ROUNDING)
def test_magnitude_zero_by_hand_is_plain_training_but_for_rounding(name: str, family: Family, plain: Trace) -> None:
    found = trace(family, family.configuration(ZERO_BUT_FOR_ROUNDING[name], by_hand=True))
    assert found.losses == pytest.approx(plain.losses, rel=1e-6)


@pytest.mark.parametrize("name", WITHOUT_CHANCE)
def test_an_attack_depends_on_its_own_example_alone(name: str, family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever shares its pass, row or micro-batch, the losses of a whole update are equal."""
    losses = {}
    for layout, training in {
        "one pass": {"micro_batch_size": 8},
        "many passes": {"micro_batch_size": 8, "micro_batch_tokens": 40},
        "micro-batches": {"micro_batch_size": 3},
        "padded": {"micro_batch_size": 8},
    }.items():
        if layout == "padded":
            monkeypatch.setattr("xlingual.families.batches.pack_windows", lambda *_: "not asked")
        model, updater = family.started(family.configuration(WITHOUT_CHANCE[name], **training))
        model.plain.eval()  # dropout belongs to micro-batches
        losses[layout] = float(updater.update(0))
    assert losses == pytest.approx(dict.fromkeys(losses, losses["one pass"]), rel=1e-5)


@pytest.mark.parametrize("dropout", ["shared", "drawn"])
def test_without_noise_the_divergence_is_that_of_dropout(dropout: str, family: Family) -> None:
    """No divergence if dropout is shared; if drawn, that of two draws, whatever the seed of the noise."""
    settings: Settings = {"consistency": {"magnitude": 0.0, "dropout": dropout, "weight": 2.0}}
    model, updater = family.started(family.configuration(settings, by_hand=True))
    part = updater._prepared(0)[0]
    first, other = (model.losses.outcome(part.objective, part.batches, part.targets, 5, draw=draw) for draw in (0, 1))
    (found,), (again,) = (pass_losses(model, part, seed) for seed in (3, 4))
    divergence = float(symmetric_divergence(first.logits, other.logits, first.weights).detach())
    assert divergence > 1e-4
    assert found == again
    if dropout == "shared":
        assert found == float(first.loss.detach())
    else:
        assert found == pytest.approx(float(first.loss.detach()) + 2.0 * divergence, rel=1e-6)


def test_consistency_under_dropout_alone_is_one_configuration_wherever_its_noise_would_be(family: Family) -> None:
    robust: Settings = {"consistency": {"magnitude": 0.0, "dropout": "drawn"}}
    elsewhere: Settings = {"consistency": {**robust["consistency"], "place": "embeddings", "distribution": "ball"}}
    assert family.configuration(robust).robust is not None
    assert family.configuration(elsewhere).fingerprint == family.configuration(robust).fingerprint
