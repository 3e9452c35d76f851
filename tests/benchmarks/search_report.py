"""Tables and figure of `search_regret.py`: regrets, their ratios to stock's, and intervals over worlds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from search_lines import DEFAULT, STOCK, UPDATES
from surrogate import SETTINGS

BUDGETS = (5, 8, 10, 20)  # of the tables, in full trainings
CURVE_BUDGETS = tuple(range(5, 21))  # of the figure
GRID = (5, 10, 15, 20)
DRAWS = 2_000  # of the bootstrap
GOAL, WORST = 0.75, 1.1  # of the ratio: on average at 10 and 20 trainings, and in any setting
GOAL_BUDGETS = (10, 20)
CENTRED = {setting.name for setting in SETTINGS if setting.best == "middle"}


@dataclass(frozen=True)
class Searched:
    """Results of a line in some worlds of a setting, by budget.

    Attributes:
        regret: in points, (worlds, CURVE_BUDGETS); nan where nothing was reported yet.
        ended: trials that were whole or stopped, likewise.
    """

    regret: np.ndarray
    ended: np.ndarray

    def __add__(self, other: Searched) -> Searched:
        """Combine the worlds of both."""
        return Searched(
            np.concatenate([self.regret, other.regret]),
            np.concatenate([self.ended, other.ended]),
        )


Found = dict[int, dict[str, dict[str, Searched]]]
"""By trials side by side, setting and line."""


def summary(found: Found, worlds: range) -> dict[str, Any]:
    """All numbers as JSON's kinds; every one with an interval is [mean or ratio, low, high].

    `ratio` is a line's mean regret in a setting over stock's, `average` the mean of these over settings, which
    counts each alike in whatever unit, `points` the ratio of the mean regrets over all settings. `centred` and
    `elsewhere` are the same mean over settings with best values near the middle of their ranges, and over all others;
    `ended` is the mean number of trials that were whole or stopped.
    """
    return {
        "worlds": [worlds.start, worlds.stop - 1],
        "updates_per_full_training": UPDATES,
        "goal": {"average": GOAL, "any": WORST, "trainings": GOAL_BUDGETS},
        "concurrent": {str(beside): _at_concurrency(settings) for beside, settings in found.items()},
    }


def _at_concurrency(settings: dict[str, dict[str, Searched]]) -> dict[str, Any]:
    names = list(next(iter(settings.values())))
    return {line: {str(budget): _numbers(settings, line, budget) for budget in BUDGETS} for line in names}


def _numbers(settings: dict[str, dict[str, Searched]], line: str, budget: int) -> dict[str, Any]:
    """A line's regrets and ratios at a budget, by setting and over them."""
    at = CURVE_BUDGETS.index(budget)
    means = {name: redrawn(lines[line].regret[:, at], seed) for seed, (name, lines) in enumerate(settings.items())}
    stock = {name: redrawn(lines[STOCK].regret[:, at], seed) for seed, (name, lines) in enumerate(settings.items())}
    ours, theirs = np.array(list(means.values())), np.array(list(stock.values()))
    ratios, centred = ours / theirs, np.array([name in CENTRED for name in settings])
    return {
        "regret": {name: interval(drawn) for name, drawn in means.items()},
        "ratio": {name: interval(means[name] / stock[name]) for name in settings},
        "average": interval(ratios.mean(axis=0)),
        "centred": interval(ratios[centred].mean(axis=0)) if centred.any() else None,
        "elsewhere": interval(ratios[~centred].mean(axis=0)) if not centred.all() else None,
        "ended": float(np.mean([lines[line].ended[:, at].mean() for lines in settings.values()])),
        "points": interval(ours.mean(axis=0) / theirs.mean(axis=0)),
    }


def redrawn(values: np.ndarray, seed: int) -> np.ndarray:
    """The mean over worlds, then means of redrawn worlds, (1 + DRAWS,); equal seeds redraw the same worlds."""
    count = len(values)
    weights = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), DRAWS) / count
    return np.concatenate([[values.mean()], weights @ values])


def interval(drawn: np.ndarray) -> list[float] | None:
    """A figure and its 95% percentile interval, from what `redrawn` gave; None where a value is missing."""
    if not np.isfinite(drawn).all():
        return None
    low, high = np.quantile(drawn[1:], [0.025, 0.975])
    return [float(drawn[0]), float(low), float(high)]


def print_tables(console: Console, numbers: dict[str, Any]) -> None:
    """Print, for each number of trials side by side, ratios over all settings and regrets in each."""
    first, last = numbers["worlds"]
    for beside, lines in numbers["concurrent"].items():
        budgets = [f"{budget} trainings" for budget in BUDGETS]
        title = f"{beside} at a time, worlds {first} to {last}: regret over stock's, mean over settings"
        caption = f"goal: at most {GOAL} at 10 and 20 trainings, and at most {WORST} in every setting"
        table = Table("search", *budgets, "trials ended in 10", "worst at 10 or 20", title=title, caption=caption)
        for name, line in lines.items():
            averages = (_cell(line[str(budget)]["average"]) for budget in BUDGETS)
            table.add_row(name, *averages, f"{line['10']['ended']:.1f}", _worst(line))
        console.print(table, "")
        groups = [(budget, group) for budget in map(str, GOAL_BUDGETS) for group in ("centred", "elsewhere")]
        heads = [f"{budget} trainings, best values {group}" for budget, group in groups]
        table = Table("search", *heads, title=f"{beside} at a time: the same by where the best values lie")
        for name, line in lines.items():
            table.add_row(name, *(_cell(line[budget][group]) for budget, group in groups))
        console.print(table, "")
        for budget in map(str, BUDGETS):
            title = f"{beside} at a time, after {budget} trainings: points of regret (over stock's)"
            table = Table("setting", *lines, title=title)
            for setting in lines[STOCK][budget]["regret"]:
                table.add_row(setting, *(_pair(line[budget], setting) for line in lines.values()))
            console.print(table, "")


def _cell(figure: list[float] | None) -> str:
    return "-" if figure is None else "{:.2f} [{:.2f}, {:.2f}]".format(*figure)


def _pair(line: dict[str, Any], setting: str) -> str:
    regret, ratio = line["regret"][setting], line["ratio"][setting]
    return "-" if regret is None or ratio is None else f"{regret[0]:.2f} ({ratio[0]:.2f})"


def _worst(line: dict[str, Any]) -> str:
    ratios = [
        (ratio[0], setting, budget)
        for budget in GOAL_BUDGETS
        for setting, ratio in line[str(budget)]["ratio"].items()
        if ratio is not None
    ]
    ratio, setting, budget = max(ratios)
    return f"{ratio:.2f} {setting}, {budget}"


def draw_regrets(found: Found, colours: dict[str, str], path: Path) -> None:
    """Draw regret over the budget, a panel for each setting, with the most trials side by side."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "xlingual"  # the same numbers give the same file
    import matplotlib.pyplot as plt

    beside, settings = max(found.items())
    rows, columns = -(-len(settings) // 4), min(4, len(settings))
    figure, axes = plt.subplots(
        rows, columns, figsize=(3.6 * columns, 2.9 * rows), sharex=True, squeeze=False, layout="constrained"
    )
    for axis, (setting, lines) in zip(axes.flat, settings.items(), strict=False):
        for name, colour in colours.items():
            drawn = np.array([redrawn(column, 0) for column in lines[name].regret.T])  # (budgets, 1 + draws)
            axis.plot(CURVE_BUDGETS, drawn[:, 0], color=colour, label=name)
            if name in (STOCK, DEFAULT):  # those of all lines would hide one another
                low, high = np.quantile(drawn[:, 1:], [0.025, 0.975], axis=1)
                axis.fill_between(CURVE_BUDGETS, low, high, color=colour, alpha=0.15, linewidth=0)
        axis.set_title(setting, fontsize="medium")
        axis.set_ylim(bottom=0)
        axis.set_xticks(GRID)
    for axis in list(axes.flat)[len(settings) :]:
        axis.set_visible(False)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize="small")
    figure.supylabel("regret, points")
    worlds = len(next(iter(settings.values()))[STOCK].regret)
    figure.suptitle(f"Budget in full trainings, {beside} at a time; means of {worlds} worlds, two with 95% intervals")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)
