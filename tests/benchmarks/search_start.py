"""The effect of an arm's first trial on comparisons of arms of unequal dimension, with simulated scores.

    python tests/benchmarks/search_start.py [--worlds 150] [--json]

A baseline of 2 parameters is compared with a treatment of 7: the same 2, a share, weights of four languages (three
numbers) and a magnitude. All trials are trained whole; a world is drawn from its number: where the best values lie.
Four treatments, by what the best values attain beside the baseline's best:

- useless: its values change nothing, the difference is 0;
- harmful: every value but its mildest loses, the difference is 0 (at the mildest);
- balanced: its best values attain what the baseline does, its mildest loses, the difference is 0;
- helpful: its mildest is as the baseline, its best values attain what the mildest loses to them.

Three starts: `random` draws all from the space (sampler: random), `middle` begins at the middle of all ranges and
`mildest` at the middle with the treatment at its mildest; both go on with the centred design, then TPE. Printed are the
true scores of the treatment's winner less the baseline's after N trainings of one search, with the standard error over
worlds, and how often Welch's test at 5% calls the treatment better or worse with 4 searches of 5 trainings whose
winners are trained once more.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from scipy import stats

from xlingual.search.sampler import ArmSampler, PastTrial
from xlingual.study import Choice, LogUniform, Simplex, Uniform
from xlingual.study.neutral import default_values
from xlingual.study.simplex import from_unit_cube

BATCHES, LANGUAGES = (8, 16, 32), ("de", "es", "ru", "zh")
LOW_SHARE, LOW_MAGNITUDE = 0.05, 0.01
BASELINE: dict[str, Any] = {"training": {"learning_rate": LogUniform(1e-5, 1e-3), "batch_size": Choice(BATCHES)}}
TREATMENT: dict[str, Any] = {
    **BASELINE,
    "mixture": {"faq_share": Uniform(LOW_SHARE, 0.5), "weights": Simplex(LANGUAGES)},
    "robust": {"embedding_noise": {"magnitude": LogUniform(LOW_MAGNITUDE, 1.0)}},
}
KINDS = ("useless", "harmful", "balanced", "helpful")
STARTS = ("random", "middle", "mildest")
TRAININGS = (3, 5, 10, 20)
SEARCHES, TRIALS = 4, 5
NOISE = 1.0  # standard deviation of a score over seeds, in points
Values = Mapping[str, Any]


class World:
    """Scores of both arms in one world; a treatment of one of KINDS."""

    def __init__(self, number: int, kind: str) -> None:
        generator = np.random.default_rng([number, 7])
        self.kind = kind
        self.rate = generator.uniform(-4.5, -3.5)
        self.share, self.magnitude = generator.uniform(0.15, 0.4), generator.uniform(-1.5, -0.5)
        self.weights = generator.dirichlet(np.full(len(LANGUAGES), 2.0))
        offsets = generator.uniform(0.2, 1.0, len(BATCHES))
        offsets[generator.integers(len(BATCHES))] = 0.0
        self.offsets = dict(zip(BATCHES, offsets, strict=True))

    def true(self, values: Values) -> float:
        """F1 in percent without noise."""
        batch = values["training.batch_size"]
        decades = math.log10(values["training.learning_rate"]) - self.rate - 0.5 * math.log10(batch / 16)
        loss = 12.0 * decades**2 * (2.0 if decades > 0 else 1.0) + self.offsets[batch] + self.treated(values)
        return 10.0 + 65.0 * math.exp(-loss / 65.0)

    def treated(self, values: Values) -> float:
        """Loss by the treatment's values; that of its mildest where the arm has none."""
        share = values.get("mixture.faq_share", LOW_SHARE)
        magnitude = math.log10(values.get("robust.embedding_noise.magnitude", LOW_MAGNITUDE))
        units = [values.get(f"mixture.weights.{i}") for i in range(len(LANGUAGES) - 1)]
        weights = np.full(len(LANGUAGES), 0.25) if None in units else np.array(from_unit_cube(units))  # type: ignore[arg-type]
        unlike = 10.0 * float(np.sum((weights - self.weights) ** 2))
        if self.kind == "useless" or (self.kind == "balanced" and "mixture.faq_share" not in values):
            return 0.0
        if self.kind == "harmful":
            more, louder = (share - LOW_SHARE) / 0.25, magnitude - math.log10(LOW_MAGNITUDE)
            return 2.0 * more**2 + 1.5 * louder**2 + unlike * more
        return 4.0 * ((share - self.share) / 0.25) ** 2 + 3.0 * (magnitude - self.magnitude) ** 2 + unlike

    def score(self, values: Values, seed: int) -> float:
        """F1 in percent of a training under a seed."""
        digest = hashlib.sha256(json.dumps([dict(values), seed], sort_keys=True).encode()).digest()
        return self.true(values) + NOISE * float(np.random.default_rng(list(digest)).standard_normal())


def middle_values(tree: dict[str, Any]) -> dict[str, Any]:
    """The middle of every range, including those of a treatment's strength."""
    inner = default_values({"training": tree})
    return {name.removeprefix("training."): value for name, value in inner.items()}


def sampler(start: str, tree: dict[str, Any], seed: int) -> ArmSampler:
    """The sampler of one search that begins as one of STARTS."""
    first = middle_values(tree) if start == "middle" else None
    kind = "random" if start == "random" else "tpe"
    return ArmSampler("arm", tree, kind=kind, startup_trials=8, seed=seed, first=first)


def winners(world: World, start: str, tree: dict[str, Any], seed: int, trials: int) -> list[dict[str, Any]]:
    """The values that a search would choose after 1, 2, ... trials."""
    drawn, past, chosen = sampler(start, tree, seed), [], []
    best = PastTrial(-1, {}, objective=-math.inf)
    for number in range(trials):
        values = drawn.draw(number, past)[1]
        score = world.score(values, seed)
        past.append(PastTrial(number, values, "finished", score, ((1, score),)))
        best = max(best, past[-1], key=lambda trial: trial.objective or -math.inf)
        chosen.append(best.values)
    return chosen


def found_differences(kind: str, start: str, worlds: int) -> np.ndarray:
    """True scores of the treatment's winner less the baseline's, (worlds, trainings up to the last of TRAININGS)."""
    rows = []
    for number in range(worlds):
        world = World(number, kind)
        arms = [
            [world.true(values) for values in winners(world, start, tree, 10_000 * number + arm, TRAININGS[-1])]
            for arm, tree in enumerate((BASELINE, TREATMENT))
        ]
        rows.append(np.subtract(arms[1], arms[0]))
    return np.array(rows)


def calls(kind: str, start: str, worlds: int) -> tuple[float, float]:
    """Percent of worlds in which the treatment is called better, and worse."""
    better = worse = 0
    for number in range(worlds):
        world, arms = World(number, kind), []
        for arm, tree in enumerate((BASELINE, TREATMENT)):
            seeds = [10_000 * number + 1_000 * arm + 100 * (search + 1) for search in range(SEARCHES)]
            arms.append([world.score(winners(world, start, tree, seed, TRIALS)[-1], seed + 1) for seed in seeds])
        test = stats.ttest_ind(arms[1], arms[0], equal_var=False)
        better += bool(test.pvalue < 0.05 and test.statistic > 0)
        worse += bool(test.pvalue < 0.05 and test.statistic < 0)
    return 100.0 * better / worlds, 100.0 * worse / worlds


def attainable(kind: str, worlds: int) -> float:
    """Mean over worlds of what the treatment's best values attain beside the baseline's best."""
    if kind != "helpful":
        return 0.0
    best = {"training.learning_rate": 0.0, "training.batch_size": 16}
    found = []
    for number in range(worlds):
        world = World(number, kind)
        batch = min(world.offsets, key=lambda size: world.offsets[size])
        values = {**best, "training.batch_size": batch, "training.learning_rate": 10**world.rate * (batch / 16) ** 0.5}
        found.append(75.0 - world.true(values))
    return float(np.mean(found))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worlds", type=int, default=150)
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON in place of a table")
    chosen = parser.parse_args(arguments)
    if chosen.worlds < 2:
        parser.error(f"--worlds {chosen.worlds}: a standard error needs at least 2")
    rows = [_row(kind, start, chosen.worlds) for kind in KINDS for start in STARTS]
    if chosen.json:
        print(json.dumps(rows))
        return 0
    title = f"Treatment's winner less baseline's, points of F1, mean of {chosen.worlds} worlds (standard error)"
    caption = f"after N trainings of one search; called better or worse with {SEARCHES} searches of {TRIALS}"
    headers = ("treatment", "start", "best", *map(str, TRAININGS), "better", "worse")
    table = Table(*headers, title=title, caption=caption, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for row in rows:
        cells = [f"{mean:+.1f} ({error:.1f})" for mean, error in row["found"].values()]
        called = (f"{row[way]:.0f}%" for way in ("better", "worse"))
        table.add_row(row["treatment"], row["start"], f"{row['attainable']:+.1f}", *cells, *called)
    Console(width=110).print(table)
    return 0


def _row(kind: str, start: str, worlds: int) -> dict[str, Any]:
    found = found_differences(kind, start, worlds)
    better, worse = calls(kind, start, worlds)
    means, errors = found.mean(axis=0), found.std(axis=0, ddof=1) / math.sqrt(worlds)
    return {
        "treatment": kind,
        "start": start,
        "attainable": attainable(kind, worlds),
        "found": {str(n): [float(means[n - 1]), float(errors[n - 1])] for n in TRAININGS},
        "better": better,
        "worse": worse,
    }


if __name__ == "__main__":
    raise SystemExit(main())
