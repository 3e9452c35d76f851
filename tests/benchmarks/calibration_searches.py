"""Winners of many independent searches of simulated worlds, found by the package's own sampler.

A search is `ArmDraws` over `ArmSampler` with a study's defaults, one trial at a time, nothing stopped. A trial's
development score is its configuration's true score with the world's noise, under a seed of its own; the highest one
wins. What is kept of a search is the true score of its winner: the expected score of a replicate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from surrogate import Setting
from worlds import DrawnTrial, recipe_first

from xlingual.search.sampler import ArmSampler
from xlingual.search.trial_draws import ArmDraws
from xlingual.seeds import stream_seed
from xlingual.study import SearchSettings
from xlingual.study.searches import ArmSearch

ARM = ArmSearch("arm")
Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""A function like `map`, or that of a process pool."""


@dataclass(frozen=True)
class Kind:
    """A kind of search.

    Attributes:
        setting: the kind of world that is searched.
        trials: trainings of one search.
        small: whether only learning rate and batch size are searched; all else has the world's best value.
        recipe: whether the first trial is the published recipe, else the middle of the space.
    """

    setting: Setting
    trials: int
    small: bool = False
    recipe: bool = False


def winners(kind: Kind, worlds: int, searches: int, each: Map = map) -> np.ndarray:
    """True scores in percent of the winners of independent searches, (worlds, searches); `each` maps over worlds."""
    return np.array(list(each(partial(_of_world, kind, searches), range(worlds))))


def _of_world(kind: Kind, searches: int, seed: int) -> list[float]:
    return [winner(kind, seed, stream_seed(seed, repr(kind), search)) for search in range(searches)]


def winner(kind: Kind, world_seed: int, seed: int) -> float:
    """Search once; returns the true score of the trial with the highest development score."""
    world, defaults = kind.setting.world(world_seed), SearchSettings(trials_per_arm=kind.trials)
    tree = {"training": world.tree["training"]} if kind.small else world.tree
    stated = recipe_first(world) if kind.recipe else {}
    first = {name: value for name, value in stated.items() if name.startswith("training.") or not kind.small} or None
    sampler = ArmSampler(
        ARM.arm, tree, kind=defaults.sampler, startup_trials=defaults.startup_trials, seed=seed, first=first
    )
    draws = ArmDraws(
        ARM,
        tree,
        sampler,
        DrawnTrial,  # type: ignore[arg-type]
        seed=seed,
        trials=(),
        wanted=kind.trials,
    )
    found = []
    while draws.left and (item := draws.next()) is not None:
        values = {**world.best, **item["values"]}
        # A world's noise depends on all values requested: with the seed among them, it is specific to this search.
        score = world.curve({**values, "seed": seed})[-1]
        draws.ended(item["number"], {"state": "finished", "objective": score, "reports": [(1, score)]})
        found.append((score, world.final(values)))
    return max(found)[1]
