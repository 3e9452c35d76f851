"""Whether verdicts are calibrated: simulated studies, from the search to the differences of the report.

    python tests/benchmarks/calibration.py [--studies 400] [--all] [--processes 2] [--json] [--figure OUT.svg]

Every arm of a simulated study searches one made-up world (`surrogate.py`) by the package's own draws, each search apart
(`calibration_searches.py`); its winners are scored on XQuAD's real structure (`calibration_scores.py`); and
`xlingual.report.differences` decides. Defaults of searches, seeds and sampler are those of the package. Where arms are
identical, all that is called a difference is false: the *headline* is the mean over the eleven languages of any arm,
*any language* one that is marked. *Coverage* is the share of unadjusted 95% intervals of the mean that hold the true
difference: of the expected scores of the arms' winners in this world, 0 for identical arms.

With --all, every cell of `calibration_cells.py`, power among them; else the default protocol and the former one, a
single search whose winner is trained under five seeds, its interval taken for a verdict as it was then.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from calibration_cells import ALL, DEFAULT, FORMER, Cell
from calibration_scores import BASELINE, METRIC, study_scores
from calibration_searches import Kind, Map, winners
from rich.console import Console
from rich.table import Table

from xlingual.report.differences import LEVEL, MEAN, differences

WORLDS = 50
MOST_SEARCHES = 60  # per world; shared by studies, but never used twice in one
CHUNK = 20  # studies of one task of a process


@dataclass(frozen=True)
class Found:
    """Results of the studies of one cell.

    Attributes:
        cell: the kind of study.
        headline: whether the mean of any arm is called a difference, (studies,).
        language: whether any language is marked, (studies,).
        family: whether any language would be by Holm alone, without a significant mean, (studies,).
        covered: share of the arms whose interval of the mean holds the true difference, (studies,).
        lower: whether the estimate of a headline is below 0, (studies,).
        true: difference of the arms' expected scores, in points, (studies,).
    """

    cell: Cell
    headline: np.ndarray
    language: np.ndarray
    family: np.ndarray
    covered: np.ndarray
    lower: np.ndarray
    true: np.ndarray

    @property
    def as_json(self) -> dict[str, Any]:
        """Percentages, each with its Monte-Carlo standard error, in points."""
        shares = {
            "headline": self.headline,
            "any_language": self.language,
            "any_language_by_holm_alone": self.family,
            "coverage": self.covered,
            "headline_lower": self.headline & self.lower,
        }
        return {
            "cell": self.cell.name,
            "setting": self.cell.setting,
            "protocol": self.cell.protocol,
            "arms": self.cell.arms,
            "expected_power": self.cell.power and 100.0 * self.cell.power,
            "studies": len(self.headline),
            "true_difference": round(float(self.true.mean()), 2),
            **{name: round(100.0 * float(share.mean()), 2) for name, share in shares.items()},
            "monte_carlo_error": {name: round(error(share), 2) for name, share in shares.items()},
        }


def error(values: np.ndarray) -> float:
    """Standard error of a mean, in percentage points."""
    return 100.0 * float(np.std(values)) / float(np.sqrt(len(values)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--studies", type=int, default=400, help="of each cell")
    parser.add_argument("--all", action="store_true", help="every cell, not only the default protocol and the former")
    parser.add_argument("--processes", type=int, default=2, help="side by side")
    parser.add_argument(
        "--json", action="store_true", help="print the numbers as JSON, on one line, in place of tables"
    )
    parser.add_argument("--figure", type=Path, help="where to draw the former protocol beside the default")
    chosen = parser.parse_args(arguments)
    for name in ("studies", "processes"):
        if getattr(chosen, name) < 1:
            parser.error(f"--{name} {getattr(chosen, name)}: write 1 or more")
    cells = ALL if chosen.all else (*DEFAULT, *FORMER)
    found = measure(cells, chosen.studies, chosen.processes)
    if chosen.figure:
        draw(found, chosen.figure)
    if chosen.json:
        print(json.dumps(summary(found), allow_nan=False))
    else:
        print_table(found, Console())
    return 0


def measure(cells: Sequence[Cell], studies: int, processes: int = 1) -> list[Found]:
    """Simulate the studies of every cell; results do not depend on the number of processes."""
    if processes == 1:
        return _measured(cells, studies, map)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as executor:
        return _measured(cells, studies, executor.map)


def _measured(cells: Sequence[Cell], studies: int, each: Map) -> list[Found]:
    kinds = dict.fromkeys(kind for cell in cells for kind in cell.kinds)
    pools = {kind: _pool(kind, cells, studies, each) for kind in kinds}
    return [_measure(cell, [pools[kind] for kind in cell.kinds], studies, each) for cell in cells]


def _pool(kind: Kind, cells: Sequence[Cell], studies: int, each: Map) -> np.ndarray:
    """True scores of winners, (worlds, searches), enough for every cell that needs them."""
    worlds = min(WORLDS, studies)
    in_study = max(cell.arms * cell.searches for cell in cells if kind in cell.kinds)
    return winners(kind, worlds, max(in_study, min(MOST_SEARCHES, in_study * -(-studies // worlds))), each)


def _measure(cell: Cell, pools: Sequence[np.ndarray], studies: int, each: Map) -> Found:
    chunks = [range(start, min(studies, start + CHUNK)) for start in range(0, studies, CHUNK)]
    rows = [row for chunk in each(partial(_some, cell, pools), chunks) for row in chunk]
    headline, language, family, covered, lower, true = np.array(rows, dtype=float).T
    marks = (values.astype(bool) for values in (headline, language, family))
    return Found(cell, *marks, covered, lower.astype(bool), true)


def _some(cell: Cell, pools: Sequence[np.ndarray], numbers: Iterable[int]) -> list[tuple[float, ...]]:
    # The randomisation test does not affect verdicts, and takes more time than everything else.
    with patch("xlingual.report.differences.randomization_p", lambda shares: None):
        return [simulate(cell, pools, number) for number in numbers]


def simulate(cell: Cell, pools: Sequence[np.ndarray], number: int) -> tuple[float, ...]:
    """Simulate one study; what `Found` holds of it.

    Args:
        cell: its kind.
        pools: winners' true scores, (worlds, searches), of the baseline's kind and, where it differs, the others'.
        number: of the study.
    """
    generator = np.random.default_rng([number, *cell.name.encode()])
    here = [pool[number % len(pool)] for pool in pools]
    gain = cell.gain(here[-1])
    truths = cell.truths(here, generator)
    scores = study_scores(truths, cell.seeds, cell.nature.gaining(gain), generator)
    found = differences(scores, BASELINE)
    true = gain + cell.expected_difference(here)
    means = [arm[MEAN][METRIC] for arm in found.values()]
    languages = [gaps[METRIC] for arm in found.values() for name, gaps in arm.items() if name != MEAN]
    return (
        any(mean.different for mean in means),
        any(gap.different for gap in languages),
        any(gap.adjusted_p is not None and gap.adjusted_p < LEVEL for gap in languages),
        float(np.mean([mean.low <= true <= mean.high for mean in means if mean.low is not None])),
        any(mean.different and mean.estimate < 0 for mean in means),
        true,
    )


def summary(found: Sequence[Found]) -> dict[str, Any]:
    """All numbers; first those of identical arms under the default protocol, over all settings together."""
    default = [one for one in found if one.cell in DEFAULT]
    over = {
        "headline_false_positives": np.concatenate([one.headline for one in default]),
        "any_language_false_positives": np.concatenate([one.language for one in default]),
        "any_language_by_holm_alone": np.concatenate([one.family for one in default]),
        "coverage": np.concatenate([one.covered for one in default]),
    }
    return {
        **{name: round(100.0 * float(values.mean()), 2) for name, values in over.items()},
        "monte_carlo_error": {name: round(error(values), 2) for name, values in over.items()},
        "protocol": default[0].cell.protocol,
        "trials_per_arm": default[0].cell.trials,
        "cells": [one.as_json for one in found],
    }


def print_table(found: Sequence[Found], console: Console) -> None:
    """Print a table for each protocol, a row for each cell: percent, with the Monte-Carlo standard error."""
    for protocol in dict.fromkeys(one.cell.protocol for one in found):
        title = f"Searches x seeds {protocol}: called a difference, percent of {len(found[0].headline)} studies"
        table = Table("studies", title=title, caption="(): Monte-Carlo standard error")
        for name in ("setting", "headline", "language", "coverage", "power, gap"):
            table.add_column(name, no_wrap=True)
        for one in found:
            if one.cell.protocol == protocol:
                cells = (_cell(values) for values in (one.headline, one.language, one.covered))
                table.add_row(one.cell.name, one.cell.setting, *cells, _promised(one))
        console.print(table, "")


def _promised(one: Found) -> str:
    """Expected power and true difference; empty if there is none."""
    true = f"{one.true.mean():+.1f}" if one.true.any() else ""
    return true if one.cell.power is None else f"{100.0 * one.cell.power:.0f}%, {true}"


def _cell(values: np.ndarray) -> str:
    return f"{100.0 * float(values.mean()):.1f} ({error(values):.1f})"


def draw(found: Sequence[Found], path: Path) -> None:
    """Draw headline false positives of the former protocol and of the default one, by setting."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "xlingual"  # the same numbers give the same file
    import matplotlib.pyplot as plt

    groups = {
        "former": [one for one in found if one.cell in FORMER],
        "new": [one for one in found if one.cell in DEFAULT],
    }
    figure, axis = plt.subplots(figsize=(6.6, 3.2), layout="constrained")
    axis.axvspan(3.0, 7.0, color="tab:green", alpha=0.15, linewidth=0, label="3 to 7%")
    for (name, cells), colour, shift in zip(groups.items(), ("tab:red", "tab:blue"), (-0.12, 0.12), strict=True):
        shares = [100.0 * float(one.headline.mean()) for one in cells]
        reach = [1.96 * error(one.headline) for one in cells]
        label = f"{name}: {cells[0].cell.protocol} (searches x seeds)"
        places = np.arange(len(cells)) + shift
        axis.errorbar(shares, places, xerr=reach, fmt="o", color=colour, capsize=3, label=label)
    axis.set_yticks(range(len(groups["new"])), [one.cell.setting for one in groups["new"]])
    axis.set_ylim(len(groups["new"]) - 0.5, -0.5)
    axis.set_xlim(left=0.0)
    axis.set_xlabel("studies of two identical arms that call them different, percent")
    axis.set_title(
        f"{groups['new'][0].cell.trials} trainings searched by each arm; bars: 95% Monte-Carlo interval",
        fontsize="medium",
    )
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    plt.close(figure)


if __name__ == "__main__":
    raise SystemExit(main())
