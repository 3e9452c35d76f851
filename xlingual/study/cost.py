"""What a trial costs: its updates, and the passes of each example through the model in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from xlingual.study.configuration import arm_space, updates_for
from xlingual.study.robust import PERTURBING, Robust, passes_of, plain_robust
from xlingual.study.schema import Study
from xlingual.study.space import RANGES, Choice, Integer

_DECIDING = ("samples", "attack", "steps", "against", "dropout")
"""Settings that decide how many passes a method takes."""

_ANNULLING = ("magnitude", "step_size", "radius", "start")
"""Settings that may leave their method out, by being 0."""


@dataclass(frozen=True, slots=True, order=True)
class Cost:
    """What one whole trial costs.

    Attributes:
        passes_per_update: how often each example of an update goes forward and backward through the model.
        updates: of the whole trial.
    """

    passes_per_update: int
    updates: int

    @property
    def passes(self) -> int:
        """Passes of the whole trial: what an example takes, were it part of every update."""
        return self.passes_per_update * self.updates


def possible_costs(study: Study, arm: str) -> tuple[Cost, ...]:
    """What the trials of an arm may cost, one for every number of passes per update, ascending."""
    updates = study.training.updates
    costs = {
        Cost(passes_of(robust), updates_for(updates, robust) if study.search.equal == "passes" else updates)
        for robust in possible_perturbations(arm_space(study, arm)["robust"])
    }
    return tuple(sorted(costs))


def cost_of(configuration: Mapping[str, Any]) -> Cost:
    """What a recorded configuration costs, from its canonical form."""
    return Cost(passes_per_update(configuration), int(configuration["training"]["updates"]))


def passes_per_update(configuration: Mapping[str, Any]) -> int:
    """Passes per update of a recorded configuration; 1 without robust training."""
    robust = configuration.get("robust")
    return 1 if robust is None else passes_of(Robust.model_validate(robust))


def possible_perturbations(robust: Any) -> Iterator[Robust | None]:
    """Yield, of an arm's tree of robust training, one that perturbs for every number of passes, None for plain passes.

    A whole number is tried at all of its values, a range of other numbers at its high end.
    """
    if isinstance(robust, Choice):
        for option in robust.options:
            yield from possible_perturbations(option)
        return
    methods = [_cases_of(name, (robust or {}).get(name)) for name in PERTURBING]
    for cases in methods:
        yield from (case for case in cases if case is not None)
    if all(None in cases for cases in methods):
        yield None


def _cases_of(name: str, settings: Any) -> list[Robust | None]:
    return [plain_robust({name: case}) for case in _cases(settings)]


def _cases(tree: Any, key: str = "") -> Iterator[Any]:
    if isinstance(tree, Mapping):
        for values in product(*(list(_cases(value, name)) for name, value in tree.items())):
            yield dict(zip(tree, values, strict=True))
    elif isinstance(tree, Choice):
        found = [case for option in tree.options for case in _cases(option, key)]
        if key in _ANNULLING:
            found = list({case == 0: case for case in found}.values())
        yield from found if not key or key in (*_DECIDING, *_ANNULLING) else found[:1]
    elif isinstance(tree, Integer):
        yield from range(tree.low, tree.high + 1) if key in _DECIDING else (tree.high,)
    elif isinstance(tree, RANGES):
        yield tree.high
    else:
        yield tree
