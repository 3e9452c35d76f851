"""The searches that are compared, each a searcher and a trial scheduler of Tune, seeded by the repetition."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from ray.tune.schedulers import AsyncHyperBandScheduler, TrialScheduler
from ray.tune.search import Searcher
from ray.tune.search.optuna import OptunaSearch
from search_simulator import METRIC
from surrogate import BATCHES, LANGUAGES, TREE

from xlingual.search.draws import ArmDraws, SearchSource
from xlingual.search.queue import TrialQueue
from xlingual.search.sampler import ArmSampler
from xlingual.search.scheduler import ArmScheduler
from xlingual.search.tuning import Kept, QueueScheduler, QueueSearcher
from xlingual.training.seeds import stream_seed

ARM = "both"
UPDATES = 200  # of a whole trial
REPORT_UPDATES = tuple(range(40, UPDATES + 1, 40))  # a study's default: 5 reports
# A study's defaults: startup_trials, grace_share, reduction_factor.
STARTUP_TRIALS, GRACE_UPDATES, REDUCTION_FACTOR = 4, 40, 3

# The search space as a user of Tune writes it for OptunaSearch.
FLAT_SPACE = {
    "training.learning_rate": FloatDistribution(1e-5, 1e-3, log=True),
    "training.batch_size": CategoricalDistribution(BATCHES),
    "mixture.faq_share": FloatDistribution(0.05, 0.5),
    **{f"mixture.weights.{i}": FloatDistribution(0.0, 1.0) for i in range(len(LANGUAGES) - 1)},
    "robust.embedding_noise.magnitude": FloatDistribution(0.01, 1.0, log=True),
}

Pair = tuple[Searcher, TrialScheduler]


@dataclass(frozen=True)
class Line:
    """One line of the figure.

    Attributes:
        name: in tables and the figure.
        build: makes searcher and scheduler from the repetition's seed.
        values: the asked values by parameter name, from the configuration that the searcher suggested.
    """

    name: str
    build: Callable[[int], Pair]
    values: Callable[[dict[str, Any]], dict[str, Any]]


def sampler_seed(seed: int) -> int:
    """Seed of the Optuna sampler of every line: that of ArmSampler's first trial, so that all start alike."""
    return stream_seed(seed, "sampler", ARM, 0, 0) % 2**32


def adapter(seed: int) -> Pair:
    """The search of a study: a TrialQueue over ArmDraws, with ArmScheduler."""
    records = NoRecords()
    draws = ArmDraws(
        ARM,
        TREE,
        ArmSampler(ARM, TREE, kind="tpe", startup="random", startup_trials=STARTUP_TRIALS, seed=seed),
        lambda tree: Chosen(tree),  # type: ignore[arg-type, return-value]
        seed=seed,
        trials=(),
        trials_per_arm=10**9,
    )
    scheduler = ArmScheduler(
        [ARM],
        full_budget=UPDATES,
        grace_budget=GRACE_UPDATES,
        reduction_factor=REDUCTION_FACTOR,
        past={},
    )
    queue = TrialQueue(
        SearchSource([draws], records, {ARM: ""}, ()),  # type: ignore[arg-type]
        records,  # type: ignore[arg-type]
        concurrent=10**9,
        full_budget=UPDATES,
        scheduler=scheduler,
    )
    kept = Kept()
    return QueueSearcher(queue, kept), QueueScheduler(queue, kept)


def stock_same_options(seed: int) -> Pair:
    """Tune's own pair, with a sampler of ArmSampler's options: what differs is the adapter alone."""
    with warnings.catch_warnings():  # group is marked experimental
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        sampler = optuna.samplers.TPESampler(
            seed=sampler_seed(seed), n_startup_trials=STARTUP_TRIALS, multivariate=True, group=True, constant_liar=True
        )
    return OptunaSearch(FLAT_SPACE, metric=METRIC, mode="max", sampler=sampler), asha()


def stock(seed: int) -> Pair:
    """Tune's own pair as a user sets it up, with OptunaSearch's default sampler."""
    return OptunaSearch(FLAT_SPACE, metric=METRIC, mode="max", seed=sampler_seed(seed)), asha()


def random_search(seed: int) -> Pair:
    """Random search with Tune's ASHA."""
    sampler = optuna.samplers.RandomSampler(seed=sampler_seed(seed))
    return OptunaSearch(FLAT_SPACE, metric=METRIC, mode="max", sampler=sampler), asha()


def asha() -> TrialScheduler:
    """Tune's ASHA, as a user sets it up with a study's grace and reduction factor."""
    return AsyncHyperBandScheduler(
        time_attr="updates",
        metric=METRIC,
        mode="max",
        max_t=UPDATES,
        grace_period=GRACE_UPDATES,
        reduction_factor=REDUCTION_FACTOR,
    )


@dataclass(frozen=True)
class Chosen:
    """A trial configuration, as much of it as a queue looks at."""

    tree: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        return repr(self.tree)

    def canonical(self) -> dict[str, Any]:
        return {**self.tree, "training": {**self.tree["training"], "updates": UPDATES}}


class NoRecords:
    """A journalist that writes nothing, but knows how the trials ended."""

    metric = METRIC

    def __init__(self) -> None:
        self.states: list[str] = []

    def ended(self, item: dict[str, Any], record: dict[str, Any]) -> None:
        self.states.append(record["state"])

    def __getattr__(self, name: str) -> Callable[..., str]:
        return lambda *arguments: ""


ADAPTER = "our adapter"
LINES = (
    Line(ADAPTER, adapter, lambda config: config["values"]),
    Line("stock, our sampler options", stock_same_options, dict),
    Line("stock, default options", stock, dict),
    Line("random search", random_search, dict),
)


def random_values(seed: int, count: int) -> list[dict[str, Any]]:
    """Random points of the space, by parameter name."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    return [dict(study.ask(FLAT_SPACE).params) for _ in range(count)]
