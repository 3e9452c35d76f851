"""Regret of a study's search against stock OptunaSearch with ASHA and what practitioners do, on simulated trainings.

    python tests/benchmarks/search_regret.py [--worlds 40] [--first-world 1000] [--processes 2] [--json FILE]

Regret is how far the configuration that a search would choose ends below the best possible one, both without noise:
the chosen one is the trial with the highest reported score after the full budget (as long as no trial is whole, the one
with the highest report). It is a function of the updates that all trials together have done, so what goes on at that
moment is lost. `surrogate.py` says how the curves are made, `public_worlds.py` which benchmarks of others are taken,
`search_simulator.py` how Tune's event loop is followed, `search_lines.py` what is compared. All lines of a repetition
search the same world, so differences are paired. Intervals are 95% percentile bootstraps over worlds.

Defaults were chosen on worlds below 1000; those of the figure are from 1000 on.
"""

from __future__ import annotations

import argparse
import json
import os
import warnings
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import public_worlds
import surrogate
from rich.console import Console
from rich.progress import track
from search_lines import LINES, UPDATES, Line, values_of
from search_report import CURVE_BUDGETS, Found, Searched, draw_regrets, print_tables, summary
from search_simulator import METRIC, SimulatedTrial, simulate
from worlds import World

CHUNK = 4  # worlds that a process takes at a time
CONCURRENT = (1, 4)
FIGURE = Path(__file__).parent / "figures" / "search_regret.svg"


@dataclass(frozen=True)
class Task:
    """Some worlds of a setting, searched by one line."""

    setting: Any
    line: str
    concurrent: int
    worlds: range


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--worlds", type=int, default=40, help="worlds of each setting (default: %(default)s)")
    parser.add_argument("--first-world", type=int, default=1000, help="number of the first (default: %(default)s)")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="default: one a core, here %(default)s")
    parser.add_argument("--settings", nargs="+", default=[""], help="only settings with one of these in their names")
    parser.add_argument(
        "--lines", nargs="+", default=[""], help="only lines with one of these in their names, and stock"
    )
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--figure", type=Path, default=FIGURE, help=f"default: {FIGURE.name} in figures/")
    chosen = parser.parse_args(arguments)
    if chosen.worlds < 2:
        parser.error(f"--worlds {chosen.worlds}: an interval needs at least 2")
    console, public = Console(), public_worlds.installed()
    for absent in [setting for setting in public_worlds.SETTINGS if setting not in public]:
        console.print(
            f"left out: {absent.name}, as its package is not installed; {public_worlds.INSTALL}",
            markup=False,
            soft_wrap=True,
        )
    settings = [one for one in (*surrogate.SETTINGS, *public) if _named(one.name, chosen.settings)]
    if not settings:
        parser.error(f"--settings {' '.join(chosen.settings)}: no setting has one of these in its name")
    lines = [line for number, line in enumerate(LINES) if number == 0 or _named(line.name, chosen.lines)]
    worlds = range(chosen.first_world, chosen.first_world + chosen.worlds)
    found = measure(settings, lines, CONCURRENT, worlds, chosen.processes)
    numbers = summary(found, worlds)
    print_tables(console, numbers)
    if chosen.json:
        chosen.json.write_text(json.dumps(numbers, indent=1, allow_nan=False))
    draw_regrets(found, {line.name: line.colour for line in lines if line.colour}, chosen.figure)
    return 0


def measure(
    settings: Sequence[Any], lines: Sequence[Line], concurrent: Sequence[int], worlds: range, processes: int = 1
) -> Found:
    """Search the same worlds with every line: regrets by trials side by side, setting and line."""
    tasks = [
        Task(setting, line.name, beside, worlds[start : start + CHUNK])
        for beside in concurrent
        for setting in settings
        for line in lines
        for start in range(0, len(worlds), CHUNK)
    ]
    progress = partial(track, total=len(tasks), description="searching", console=Console(stderr=True), transient=True)
    if processes == 1:
        return _gathered(tasks, progress(map(run, tasks)))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return _gathered(tasks, progress(pool.map(run, tasks)))


def _gathered(tasks: Sequence[Task], results: Iterable[Searched]) -> Found:
    found: Found = {}
    for task, searched in zip(tasks, results, strict=True):
        lines = found.setdefault(task.concurrent, {}).setdefault(task.setting.name, {})
        lines[task.line] = lines[task.line] + searched if task.line in lines else searched
    return found


def run(task: Task) -> Searched:
    """Search the worlds of a task."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    (line,) = (line for line in LINES if line.name == task.line)
    regrets, ended = [], []
    for number in task.worlds:
        world = task.setting.world(number)
        trials = search(line, world, number, task.concurrent)
        regrets.append(regret_curve(world, trials))
        ends = [trial.ended_after for trial in trials if trial.ended_after is not None]
        ended.append([sum(end <= budget * UPDATES for end in ends) for budget in CURVE_BUDGETS])
    return Searched(np.array(regrets), np.array(ended))


def search(
    line: Line, world: World, seed: int, concurrent: int, horizon: int = UPDATES * CURVE_BUDGETS[-1]
) -> list[SimulatedTrial]:
    """Let one line search one world."""
    searcher, scheduler = line.build(world, seed)
    # Trials of one node never run equally fast; which one ends first must not depend on ties.
    slowness = np.random.default_rng([seed, 2]).lognormal(0.0, 0.1, 10_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Optuna and Tune, of options that are experimental
        return simulate(
            searcher,
            scheduler,
            lambda config: world.curve(values_of(config)),
            [round(UPDATES * share) for share in world.reports],
            concurrent=concurrent,
            horizon=horizon,
            slowness=lambda number: float(slowness[number]),
        )


def regret_curve(world: World, trials: Sequence[SimulatedTrial]) -> list[float]:
    """Regret of the choice at each budget of the figure; nan where nothing was reported yet."""
    return [regret_at(world, trials, budget * UPDATES) for budget in CURVE_BUDGETS]


def regret_at(world: World, trials: Sequence[SimulatedTrial], spent: int) -> float:
    """Regret of the choice after a total number of updates."""
    whole = [trial for trial in trials if finished(trial) and (trial.ended_after or 0) <= spent]
    scores = {trial.number: trial.last_result[METRIC] for trial in whole}
    if not whole:
        reports = {trial.number: [score for at, score in trial.history if at <= spent] for trial in trials}
        scores = {number: max(made) for number, made in reports.items() if made}
    if not scores:
        return float("nan")
    best = max(scores, key=lambda number: (scores[number], -number))
    return world.regret(values_of(trials[best].config))


def finished(trial: SimulatedTrial) -> bool:
    """Whether a trial reached its full budget."""
    return trial.ended_after is not None and trial.last_result["updates"] == UPDATES


def _named(name: str, parts: Sequence[str]) -> bool:
    return any(part in name for part in parts)


if __name__ == "__main__":
    raise SystemExit(main())
