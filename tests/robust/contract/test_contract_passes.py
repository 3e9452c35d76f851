"""Every method: its declared passes, without side effects.

The default run has some of the cases, see robust_default_run.py; all others are `real`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import pytest
import torch
from robust_families import RECIPES, Family
from robust_trace import UPDATES, Count, Trace, counted, terms
from robust_variants import ALL, COMBINATIONS, DROPPING, ONE_OF_EACH, PERTURBING, Settings

from xlingual.study import Robust, passes_of

VARIANTS: dict[str, Settings] = ALL | COMBINATIONS


class FirstUpdate(NamedTuple):
    """Losses of an update by objective, the passes that were counted, and those of the method."""

    losses: dict[str, float]
    count: Count
    passes: int


@pytest.fixture(scope="session")
def first_update(family: Family) -> Callable[[str, str | None], FirstUpdate]:
    """The first update with a recipe, under a method or in plain training; each made once."""

    @cache
    def update(recipe: str, name: str | None) -> FirstUpdate:
        model, updater = family.started(family.configuration(PERTURBING[name] if name else None, recipe=recipe))
        with counted(family.body(model.plain)) as count:
            updater.update(0)
        return FirstUpdate(updater.take_losses(), count, model.robust.passes)

    return update


@pytest.mark.parametrize("name", VARIANTS)
def test_the_passes_of_an_update_are_those_declared(name: str, plain: Trace, traced: Callable[[str], Trace]) -> None:
    """As many forward passes of the body and backward passes of its outputs as `passes_of` gives."""
    found, declared = traced(name), passes_of(Robust.model_validate(VARIANTS[name]))
    assert found.declared == declared
    assert plain.count.forward == plain.count.backward == UPDATES * 2
    assert found.count.forward == declared * plain.count.forward
    assert found.count.backward == declared * plain.count.backward


@pytest.mark.parametrize("name", VARIANTS)
def test_global_random_streams_go_on_as_in_plain_training(
    name: str, family: Family, plain: Trace, traced: Callable[[str], Trace]
) -> None:
    """Dropout draws the same number of random numbers, with the same seed unless redrawn; nothing else draws any.

    In T5, it draws one number per element: more if a text has more tokens.
    """
    longer = family.objective == "text" and "subword_sampling" in VARIANTS[name]
    assert torch.equal(traced(name).dropout, plain.dropout) == (name not in DROPPING and not longer)
    assert traced(name).others


@pytest.mark.parametrize("name", PERTURBING)
def test_a_methods_own_passes_leave_parameters_and_their_gradients_alone(name: str, family: Family) -> None:
    """Only the perturbation may change between a term's backward pass and the next term."""
    model, updater = family.started(family.configuration(PERTURBING[name]))
    parameters = dict(model.losses.named_parameters())
    before = {key: (value.detach().clone(), value.requires_grad) for key, value in parameters.items()}
    gradients: dict[str, Any] = dict.fromkeys(parameters)
    count = 0
    for loss in terms(model, updater._prepared(0)[0], seed=3):
        assert {key for key, value in parameters.items() if value.grad is None} == {
            key for key, value in gradients.items() if value is None
        }
        assert all(
            torch.equal(gradients[key], parameters[key].grad) for key in parameters if gradients[key] is not None
        )
        loss.backward()  # type: ignore[no-untyped-call]
        gradients = {key: None if value.grad is None else value.grad.clone() for key, value in parameters.items()}
        count += 1
    assert count == model.robust.terms
    assert sum(value is not None for value in gradients.values()) > 10
    for key, value in parameters.items():
        assert torch.equal(value, before[key][0]) and value.requires_grad == before[key][1], key


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_every_loss_of_a_recipe_is_perturbed(
    name: str, recipe: str, family: Family, first_update: Callable[[str, str | None], FirstUpdate]
) -> None:
    """Each objective of a mixture has the same passes; its losses are finite and differ from plain training."""
    plain, robust = first_update(recipe, None), first_update(recipe, name)
    assert plain.losses.keys() == robust.losses.keys() == {family.objective, recipe} - {"passage", "generation"}
    most = 45 if family.objective == "text" else 10  # the tiny T5 loses more under an attack
    for objective, loss in robust.losses.items():
        assert loss < most and abs(loss / plain.losses[objective] - 1) > 1e-4, objective
    assert robust.count.forward == robust.passes * plain.count.forward
    assert robust.count.backward == robust.passes * plain.count.backward


@pytest.mark.parametrize("name", PERTURBING)
def test_a_record_says_what_magnitudes_amount_to(name: str, family: Family) -> None:
    """Every magnitude, relative and absolute, as measured during training."""
    (settings,) = PERTURBING[name].values()
    model, updater = family.started(family.configuration(PERTURBING[name]))
    table = float(model.robust.record()["root_mean_square"])
    for key in ("magnitude", "step_size", "radius", "start"):
        if settings.get(key):
            both = model.robust.record()[key]
            assert both["relative" if settings.get("unit", "rms") == "rms" else "absolute"] == pytest.approx(
                settings[key]
            )
            if both["of"].startswith("L2 norm of an example"):
                assert both["relative"] is None
            elif key != "start":
                width = 32 if both["of"].startswith("L2 norm of a token") else 1
                assert both["absolute"] == pytest.approx(both["relative"] * table * width**0.5)
    assert model.robust.pop_squared_norms() == (0.0, 0.0)
    updater.update(0)
    added, clean = model.robust.pop_squared_norms()
    assert 0 < added < clean * 100
    assert model.robust.pop_squared_norms() == (0.0, 0.0)
