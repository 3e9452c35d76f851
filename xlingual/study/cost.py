"""What a trial costs: its updates, and the passes of each example through the model in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from xlingual.study.configuration import arm_space, updates_for
from xlingual.study.methods.method import PerturbingMethod
from xlingual.study.methods.registry import METHODS
from xlingual.study.robust import Robust, passes_of, plain_robust
from xlingual.study.schema import Study
from xlingual.study.space import Integer, corners, largest, values


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
        """Passes of the whole trial, for an example that is in every update."""
        return self.passes_per_update * self.updates


def possible_costs(study: Study, arm: str) -> tuple[Cost, ...]:
    """What the trials of an arm may cost, one for every number of passes per update, ascending."""
    space = arm_space(study, arm)
    updates = int(space["training"]["updates"])
    costs = {
        Cost(passes_of(robust), updates_for(updates, robust) if study.search.equal == "passes" else updates)
        for robust in possible_perturbations(space["robust"])
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
    perturbing = [method for method in METHODS.values() if isinstance(method, PerturbingMethod)]
    for option in values(robust):
        methods = [_cases(method, (option or {}).get(method.name)) for method in perturbing]
        for cases in methods:
            yield from (case for case in cases if case is not None)
        if all(None in cases for cases in methods):
            yield None


def _cases(method: PerturbingMethod[Any], tree: Any) -> list[Robust | None]:
    """What a method may be drawn with, as far as that decides its passes.

    A setting that does not decide them may still turn the method off: of its values one that is 0 and one that is not
    are tried.
    """

    def tried(key: str, found: tuple[Any, ...]) -> list[Any]:
        decides = not key or method.deciding is None or key in method.deciding
        numbers = [number for one in found for number in _numbers(one, decides)]
        return numbers if decides else list({number == 0: number for number in reversed(numbers)}.values())

    return [plain_robust({method.name: settings}) for settings in corners(tree, tried)]


def _numbers(leaf: Any, decides: bool) -> Iterable[Any]:
    """The numbers to try of a value or a range."""
    if isinstance(leaf, Integer) and decides:
        return range(leaf.low, leaf.high + 1)
    return (largest(leaf),)
