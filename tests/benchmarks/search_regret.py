"""Regret of our search adapter against stock OptunaSearch with ASHA, on made-up learning curves.

    python tests/benchmarks/search_regret.py [--repetitions 50] [--json] [--figure OUT.svg]

Regret is the best possible final F1 less the final F1 of the configuration that a search would choose, both without
noise: the chosen one is the trial with the highest reported score after the full budget. It is a function of the
updates that all trials together have done. `surrogate.py` says how the curves are made, `search_simulator.py` how
Tune's event loop is followed, `search_lines.py` what is compared. All lines of a repetition search the same world, so
differences are paired; draws are their own, as ours follow from a trial's number. Intervals are 95% percentile
bootstraps over repetitions.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from rich.console import Console
from rich.table import Table
from search_lines import ADAPTER, LINES, REPORT_UPDATES, UPDATES, Line, random_values
from search_simulator import METRIC, SimulatedTrial, simulate
from surrogate import SETTINGS, Setting, World

CONCURRENT = 4
BUDGETS = (5, 10, 20, 40)  # of the table, in full trainings
CURVE_BUDGETS = tuple(range(5, 41))  # of the figure
DRAWS = 10_000  # of the bootstrap
SHARES = np.array(REPORT_UPDATES) / UPDATES
FIGURE = Path(__file__).parent / "figures" / "search_regret.svg"
COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:gray")


@dataclass(frozen=True)
class Regrets:
    """What one line did in one setting.

    Attributes:
        regret: in points of F1, (repetitions, budgets of the figure); nan where no trial was finished yet.
        trials: mean number of trials started within the whole budget.
        finished: mean number of those that reached their full budget.
        asked: by repetition, the values that were asked for, in order.
    """

    regret: np.ndarray
    trials: float
    finished: float
    asked: list[list[dict[str, Any]]]

    def at(self, budget: int) -> np.ndarray:
        """Regret after so many full trainings, (repetitions,)."""
        return np.asarray(self.regret[:, CURVE_BUDGETS.index(budget)])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=50, help="worlds of each setting")
    parser.add_argument("--json", action="store_true", help="print the numbers as JSON in place of tables")
    parser.add_argument("--figure", type=Path, default=FIGURE, help=f"default: {FIGURE.name} in figures/")
    chosen = parser.parse_args(arguments)
    if chosen.repetitions < 2:
        parser.error(f"--repetitions {chosen.repetitions}: an interval needs at least 2")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found, summaries, console = {}, [], Console()
    for setting in SETTINGS:
        found[setting] = measure(setting, chosen.repetitions)
        summaries.append(summary(setting, found[setting]))
        if not chosen.json:
            print_tables(console, summaries[-1])
    if chosen.json:
        print(json.dumps(summaries, indent=1, allow_nan=False))
    draw_regrets(found, chosen.figure)
    return 0


def measure(setting: Setting, repetitions: int) -> dict[str, Regrets]:
    """Every line's regrets in one setting, over equal worlds and seeds."""
    return {line.name: _regrets(line, setting, repetitions) for line in LINES}


def _regrets(line: Line, setting: Setting, repetitions: int) -> Regrets:
    rows, counts, asked = [], [], []
    for seed in range(repetitions):
        world = World(setting, seed)
        trials = search(line, world, seed)
        rows.append(regret_curve(line, world, trials))
        counts.append((len(trials), sum(map(finished, trials))))
        asked.append([line.values(trial.config) for trial in trials])
    started, ended = np.mean(counts, axis=0)
    return Regrets(np.array(rows), float(started), float(ended), asked)


def search(line: Line, world: World, seed: int, horizon: int = UPDATES * CURVE_BUDGETS[-1]) -> list[SimulatedTrial]:
    """Let one line search one world."""
    searcher, scheduler = line.build(seed)
    # Trials of one node never run equally fast; which ends first must not hang on ties.
    slowness = np.random.default_rng([seed, 2]).lognormal(0.0, 0.1, 10_000)
    return simulate(
        searcher,
        scheduler,
        lambda config: world.curve(line.values(config), SHARES).tolist(),
        REPORT_UPDATES,
        concurrent=CONCURRENT,
        horizon=horizon,
        slowness=lambda number: float(slowness[number]),
    )


def finished(trial: SimulatedTrial) -> bool:
    """Whether a trial reached its full budget."""
    return trial.ended_after is not None and trial.last_result["updates"] == UPDATES


def regret_curve(line: Line, world: World, trials: Sequence[SimulatedTrial]) -> list[float]:
    """Regret of the choice at each budget of the figure; nan where nothing could be chosen yet."""
    curve = []
    for budget in CURVE_BUDGETS:
        eligible = [trial for trial in trials if finished(trial) and (trial.ended_after or 0) <= budget * UPDATES]
        best = max(eligible, key=lambda trial: (trial.last_result[METRIC], -trial.number), default=None)
        curve.append(world.regret(line.values(best.config)) if best else float("nan"))
    return curve


def summary(setting: Setting, lines: dict[str, Regrets]) -> dict[str, Any]:
    """The numbers of one setting by line and budget: [mean, low, high] of regrets and of the adapter's differences."""
    ours = lines[ADAPTER]
    return {
        "setting": setting.name,
        "repetitions": len(ours.regret),
        "updates_per_full_training": UPDATES,
        "concurrent": CONCURRENT,
        "rank_correlation": {str(updates): rank_correlation(setting, updates) for updates in REPORT_UPDATES[:-1]},
        "lines": {
            name: {
                "trials": line.trials,
                "finished": line.finished,
                "regret": {str(budget): interval(line.at(budget)) for budget in BUDGETS},
            }
            for name, line in lines.items()
        },
        "adapter_less": {
            name: {
                "difference": {str(budget): interval(ours.at(budget) - line.at(budget)) for budget in BUDGETS},
                "repetitions_that_asked_alike": sum(a == b for a, b in zip(ours.asked, line.asked, strict=True)),
                "trials_asked_alike": float(
                    np.median([_alike(*both) for both in zip(ours.asked, line.asked, strict=True)])
                ),
            }
            for name, line in lines.items()
            if name != ADAPTER
        },
    }


def _alike(ours: Sequence[Any], theirs: Sequence[Any]) -> int:
    """How many trials two searches asked alike before the first that differs."""
    differing = (number for number, both in enumerate(zip(ours, theirs, strict=False)) if both[0] != both[1])
    return next(differing, min(len(ours), len(theirs)))


def interval(values: np.ndarray) -> list[float] | None:
    """Mean and 95% percentile bootstrap interval over repetitions: [mean, low, high]; None where a value is missing."""
    if np.isnan(values).any():
        return None
    means = _bootstrap_means(values[:, None])[:, 0]
    low, high = np.quantile(means, [0.025, 0.975])
    return [float(values.mean()), float(low), float(high)]


def _bootstrap_means(values: np.ndarray) -> np.ndarray:
    """Means of redrawn repetitions: (repetitions, n) to (DRAWS, n)."""
    generator = np.random.default_rng(0)
    weights = generator.multinomial(len(values), np.full(len(values), 1 / len(values)), DRAWS) / len(values)
    return np.asarray(weights @ values)


def rank_correlation(setting: Setting, updates: int, worlds: int = 20, draws: int = 200) -> float:
    """Spearman's correlation of noise-free F1 after some updates with the final one, over random configurations."""
    from scipy.stats import spearmanr

    found = []
    for seed in range(worlds):
        world, values = World(setting, seed), random_values(seed, draws)
        early = [world.expected(each, np.array([updates / UPDATES]))[0] for each in values]
        found.append(spearmanr(early, [world.final(each) for each in values]).statistic)
    return float(np.mean(found))


def print_tables(console: Console, numbers: dict[str, Any]) -> None:
    """Print one setting: regret of each line, then the adapter's differences."""
    ranks = ", ".join(f"{rank:.2f} after {updates}" for updates, rank in numbers["rank_correlation"].items())
    title = f"{numbers['setting']}: regret in points of F1, mean of {numbers['repetitions']} repetitions [95% interval]"
    caption = f"Rank correlation with the final F1 after N of {UPDATES} updates: {ranks}"
    budgets = [f"{budget} full trainings" for budget in BUDGETS]
    table = Table("search", "trials", "finished", *budgets, title=title, caption=caption)
    for name, line in numbers["lines"].items():
        cells = [_cell(cell, "") for cell in line["regret"].values()]
        table.add_row(name, f"{line['trials']:.0f}", f"{line['finished']:.0f}", *cells)
    console.print(table)
    table = Table("our adapter less", "repetitions asked alike", "trials asked alike (median)", *budgets)
    for name, other in numbers["adapter_less"].items():
        alike = f"{other['repetitions_that_asked_alike']} of {numbers['repetitions']}"
        cells = [_cell(cell, "+") for cell in other["difference"].values()]
        table.add_row(name, alike, f"{other['trials_asked_alike']:.0f}", *cells)
    console.print(table, "")


def _cell(numbers: list[float] | None, sign: str) -> str:
    if numbers is None:
        return "-"
    mean, low, high = numbers
    return f"{mean:{sign}.2f} [{low:{sign}.2f}, {high:{sign}.2f}]"


def draw_regrets(found: dict[Setting, dict[str, Regrets]], path: Path) -> None:
    """Draw regret (above) and the adapter's paired differences (below) over the budget, a column for each setting."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "xlingual"  # the same numbers give the same file
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        2, len(found), figsize=(4.2 * len(found), 6.4), sharex=True, sharey="row", squeeze=False, layout="constrained"
    )
    for column, (setting, lines) in enumerate(found.items()):
        above, below = axes[:, column]
        for (name, line), colour in zip(lines.items(), COLOURS, strict=True):
            _draw_band(above, line.regret, name, colour, dashed=name == ADAPTER)
            if name != ADAPTER:
                _draw_band(below, lines[ADAPTER].regret - line.regret, f"less {name}", colour)
        above.set_title(setting.name)
        below.axhline(0.0, color="black", linewidth=0.8)
        below.set_xlabel(f"updates of all trials, in full trainings ({UPDATES})")
    axes[0, 0].set_yscale("log")
    axes[0, 0].set_ylabel("regret, points of F1")
    axes[1, 0].set_ylabel("our adapter less the other")
    axes[0, -1].legend(fontsize="small")
    figure.suptitle(
        f"Mean and 95% bootstrap interval over {len(next(iter(found.values()))[ADAPTER].regret)} repetitions; "
        "below 0: our adapter is better"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


def _draw_band(axis: Any, values: np.ndarray, name: str, colour: str, *, dashed: bool = False) -> None:
    low, high = np.quantile(_bootstrap_means(values), [0.025, 0.975], axis=0)
    style = (0, (4, 3)) if dashed else "solid"
    axis.plot(CURVE_BUDGETS, values.mean(axis=0), color=colour, label=name, linestyle=style, zorder=3 if dashed else 2)
    axis.fill_between(CURVE_BUDGETS, low, high, color=colour, alpha=0.15, linewidth=0)


if __name__ == "__main__":
    raise SystemExit(main())
