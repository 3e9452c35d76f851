"""The searches that are compared, each a searcher and a trial scheduler of Tune over a world, seeded by the repetition.

*Ours* is what a study runs: `TrialQueue` over `ArmDraws` with `ArmSampler` and `ArmScheduler`. Its first trial is a
study's default, with the treatment at its mildest, where nothing else is said. *Stock* is Tune's own
`OptunaSearch` with Tune's ASHA, as a user sets them up; ASHA has a grace of a fifth of a training and a factor of 3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import optuna
from ray.tune.schedulers import AsyncHyperBandScheduler, FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch
from search_simulator import METRIC
from worlds import DrawnTrial, World, centre, recipe_first, small_grid

from xlingual.records.state import ArmSearch
from xlingual.search.queue import TrialQueue
from xlingual.search.sampler import ArmSampler
from xlingual.search.scheduler import ArmScheduler
from xlingual.search.trial_draws import ArmDraws, SearchSource
from xlingual.search.tuning import FirstError, QueueScheduler, QueueSearcher
from xlingual.study import SearchSettings, draw

ARM = "arm"
UPDATES = 200  # of a whole trial
DEFAULTS = SearchSettings(trials_per_arm=1)

Pair = tuple[Searcher, TrialScheduler]


@dataclass(frozen=True)
class Line:
    """One line of the figure.

    Attributes:
        name: in tables and the figure.
        build: makes searcher and scheduler from the world and the repetition's seed.
        colour: in the figure; "" leaves it out there.
    """

    name: str
    build: Callable[[World, int], Pair]
    colour: str = ""


def values_of(config: dict[str, Any]) -> dict[str, Any]:
    """The values by parameter name, from a configuration suggested by a searcher."""
    values: dict[str, Any] = config["item"].item["values"] if "item" in config else config
    return values


def ours(
    world: World,
    seed: int,
    *,
    sampler: str = DEFAULTS.sampler,
    scheduler: Any = DEFAULTS.scheduler,
    grace_share: float = DEFAULTS.grace_share,
    reduction_factor: int = DEFAULTS.reduction_factor,
    startup_trials: int = DEFAULTS.startup_trials,
    first: dict[str, Any] | None = None,
    **options: Any,
) -> Pair:
    """The search of a study, with its defaults unless given."""
    records = NoRecords()
    draws = ArmDraws(
        ArmSearch(ARM),
        world.tree,
        ArmSampler(ARM, world.tree, kind=sampler, startup_trials=startup_trials, seed=seed, first=first, **options),
        partial(DrawnTrial, updates=UPDATES),  # type: ignore[arg-type]
        seed=seed,
        trials=(),
        wanted=10**9,
    )
    stops = ArmScheduler(
        [ArmSearch(ARM)],
        kind=scheduler,
        full_budget=UPDATES,
        grace_budget=round(grace_share * UPDATES),
        reduction_factor=reduction_factor,
        past={},
    )
    queue = TrialQueue(
        SearchSource([draws], records, {ARM: ""}, ()),  # type: ignore[arg-type]
        records,  # type: ignore[arg-type]
        concurrent=10**9,
        full_budget=UPDATES,
        scheduler=None if scheduler == "none" else stops,
    )
    kept = FirstError()
    return QueueSearcher(queue, kept), QueueScheduler(queue, kept)


def stock(world: World, seed: int, first: dict[str, Any] | None = None) -> Pair:
    """OptunaSearch with its defaults, and ASHA."""
    return optuna_search(world, points=[first] if first else None, seed=seed), asha()


def random_search(world: World, seed: int) -> Pair:
    """Random search with ASHA."""
    return optuna_search(world, sampler=optuna.samplers.RandomSampler(seed=seed)), asha()


def grid(world: World, seed: int) -> Pair:
    """The small grid, with every trial to its end, then random search for larger budgets."""
    sampler = optuna.samplers.RandomSampler(seed=seed)
    return optuna_search(world, sampler=sampler, points=small_grid(world, seed)), FIFOScheduler()


def optuna_search(world: World, points: list[dict[str, Any]] | None = None, **options: Any) -> OptunaSearch:
    """Tune's OptunaSearch over the space of a world."""

    def space(trial: Any) -> None:
        draw(world.tree, trial)

    return OptunaSearch(space, metric=METRIC, mode="max", points_to_evaluate=points, **options)


def asha() -> TrialScheduler:
    """Tune's ASHA with a grace of a fifth of a training and a factor of 3."""
    return AsyncHyperBandScheduler(
        time_attr="updates", metric=METRIC, mode="max", max_t=UPDATES, grace_period=UPDATES // 5, reduction_factor=3
    )


class NoRecords:
    """A callback that writes nothing, but records how the trials ended."""

    def __init__(self) -> None:
        self.states: list[str] = []

    def ended(self, item: dict[str, Any], record: dict[str, Any]) -> None:
        self.states.append(record["state"])

    def __getattr__(self, name: str) -> Callable[..., str]:
        return lambda *arguments: ""


STOCK, DEFAULT = "stock: OptunaSearch + ASHA", "ours, a study's defaults"
LINES = (
    Line(STOCK, stock, "tab:orange"),
    Line("random + ASHA", random_search, "tab:gray"),
    Line("small grid", grid, "tab:brown"),
    Line("published recipe, then stock", lambda world, seed: stock(world, seed, recipe_first(world)), "tab:red"),
    Line(DEFAULT, ours, "tab:blue"),
    Line("ours, first the middle", lambda world, seed: ours(world, seed, first=centre(world.tree)), "tab:purple"),
    Line("ours, published recipe first", lambda world, seed: ours(world, seed, first=recipe_first(world)), "tab:cyan"),
    Line("ours, scheduler: median", lambda world, seed: ours(world, seed, scheduler="median"), "tab:green"),
    Line("ours, scheduler: asha", lambda world, seed: ours(world, seed, scheduler="asha")),
)
