"""Learning curves that cost nothing: development F1 over updates as a function of a trial's searched values.

A smooth function with noise, made up and not fitted to trials. A world is drawn from (setting, seed): where the best
values lie. With d the decades that a learning rate lies above the best one for its batch and noise magnitude, a
configuration has

- a loss, at least 0 and 0 at the best values: quadratic in d (twice as steep above the best learning rate as below),
  in the FAQ share, in the logarithm of the noise magnitude, in the mixture weights, and an offset a batch size;
- a final F1, 10 + 65 exp(-loss / 65) percent: near the best a loss of 1 costs 1 point, and the worst ends near 10;
- a curve, 10 + (final F1 - 10) (1 - exp(-r t)) / (1 - exp(-r)) + 4 t (1 - t) peak (1 + d), with t the share of the
  updates that are done and r = 3 exp(crossing d): with large `crossing` too high learning rates start fast and end
  worse, with `peak` above 0 scores rise above what they end at and fall again, those of high learning rates most;
- seed noise, added to every report: normal, correlated 0.7 from one report to the next, with a standard deviation that
  falls linearly from 4 times `noise` at the start to `noise` at the end, and grows with d by exp(d / 2).

In curve and noise, d is cut to [-1.5, 1.5], and 1 + d to at least 0.

The same values have the same noise in one world, whoever asks, as one training with a fixed seed would.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlingual.study.simplex import from_unit_cube, to_unit_cube
from xlingual.study.space import Choice, LogUniform, Simplex, Uniform

LANGUAGES = ("de", "es", "ru", "zh")
BATCHES = (8, 16, 32)
# An arm's search space, as a study has it.
TREE: dict[str, Any] = {
    "training": {"learning_rate": LogUniform(1e-5, 1e-3), "batch_size": Choice(BATCHES)},
    "mixture": {"faq_share": Uniform(0.05, 0.5), "weights": Simplex(LANGUAGES)},
    "robust": {"embedding_noise": {"magnitude": LogUniform(0.01, 1.0)}},
}
LOWEST, HIGHEST = 10.0, 75.0  # F1 in percent: of a model that learned nothing, of the best configuration
CORRELATION = 0.7  # of the noise of neighbouring reports


@dataclass(frozen=True)
class Setting:
    """A kind of world.

    Attributes:
        name: in tables and the figure.
        crossing: how much faster a curve rises a decade above the best learning rate, in e-folds.
        noise: standard deviation over seeds of the final F1 at the best learning rate, in points.
        peak: points that a curve at the best learning rate is lifted by half-way.
    """

    name: str
    crossing: float
    noise: float
    peak: float = 0.0


SETTINGS = (
    Setting("curves cross little", crossing=0.3, noise=0.7),
    Setting("curves cross much", crossing=1.5, noise=0.7),
    Setting("curves cross much, noisy", crossing=1.5, noise=2.0),
    Setting("curves fall again", crossing=0.3, noise=0.7, peak=10.0),
)


class World:
    """The learning curves of one repetition.

    Args:
        setting: the kind of world.
        seed: another seed puts the best values elsewhere and draws other noise.
    """

    def __init__(self, setting: Setting, seed: int) -> None:
        generator = np.random.default_rng([seed, 0])
        self._setting, self._seed = setting, seed
        self._rate = generator.uniform(-4.5, -3.5)  # log10 of the best learning rate at batch 16
        self._share = generator.uniform(0.15, 0.4)
        self._magnitude = generator.uniform(-1.5, -0.5)  # log10
        self._weights = generator.dirichlet(np.full(len(LANGUAGES), 2.0))
        offsets = generator.uniform(0.2, 1.0, len(BATCHES))
        offsets[generator.integers(len(BATCHES))] = 0.0
        self._batch_offsets = dict(zip(BATCHES, offsets, strict=True))

    @property
    def best(self) -> dict[str, Any]:
        """The asked values, by parameter name, that end best: without loss."""
        batch = min(self._batch_offsets, key=self._batch_offsets.__getitem__)
        units = to_unit_cube(self._weights.tolist())
        return {
            "training.learning_rate": 10 ** (self._rate + 0.5 * np.log10(batch / 16)),
            "training.batch_size": batch,
            "mixture.faq_share": self._share,
            **{f"mixture.weights.{i}": unit for i, unit in enumerate(units)},
            "robust.embedding_noise.magnitude": 10**self._magnitude,
        }

    def final(self, values: Mapping[str, Any]) -> float:
        """F1 in percent after the last update, without noise."""
        return float(LOWEST + (HIGHEST - LOWEST) * np.exp(-self._loss(values) / (HIGHEST - LOWEST)))

    def regret(self, values: Mapping[str, Any]) -> float:
        """Points of F1 that the configuration ends below the best possible one."""
        return HIGHEST - self.final(values)

    def expected(self, values: Mapping[str, Any], shares: np.ndarray) -> np.ndarray:
        """F1 in percent without noise.

        Args:
            values: the asked values by parameter name.
            shares: of the updates that are done, (reports,), above 0 and at most 1.

        Returns:
            Curve, (reports,).
        """
        decades = np.clip(self._decades(values), -1.5, 1.5)
        speed = 3.0 * np.exp(self._setting.crossing * decades)
        risen = (1.0 - np.exp(-speed * shares)) / (1.0 - np.exp(-speed))
        lifted = 4.0 * shares * (1.0 - shares) * self._setting.peak * np.maximum(0.0, 1.0 + decades)
        return LOWEST + (self.final(values) - LOWEST) * risen + lifted

    def curve(self, values: Mapping[str, Any], shares: np.ndarray) -> np.ndarray:
        """F1 in percent as reported, with noise, (reports,); `shares` as in `expected`."""
        steps = self._noise_of(values).standard_normal(len(shares))
        noise = np.empty(len(shares))
        noise[0] = steps[0]
        for i in range(1, len(shares)):
            noise[i] = CORRELATION * noise[i - 1] + np.sqrt(1.0 - CORRELATION**2) * steps[i]
        deviation = self._setting.noise * (4.0 - 3.0 * shares) * np.exp(np.clip(self._decades(values), -1.5, 1.5) / 2)
        return np.clip(self.expected(values, shares) + deviation * noise, 0.0, 100.0)

    def _decades(self, values: Mapping[str, Any]) -> float:
        """Decades that the learning rate lies above its best, which grows with the batch and falls with the noise."""
        best = self._rate + 0.5 * np.log10(values["training.batch_size"] / 16) - 0.3 * self._noisier(values)
        return float(np.log10(values["training.learning_rate"]) - best)

    def _noisier(self, values: Mapping[str, Any]) -> float:
        return float(np.log10(values["robust.embedding_noise.magnitude"]) - self._magnitude)

    def _loss(self, values: Mapping[str, Any]) -> float:
        decades = self._decades(values)
        weights = from_unit_cube([values[f"mixture.weights.{i}"] for i in range(len(LANGUAGES) - 1)])
        return float(
            12.0 * decades**2 * (2.0 if decades > 0 else 1.0)
            + 4.0 * ((values["mixture.faq_share"] - self._share) / 0.25) ** 2
            + 3.0 * self._noisier(values) ** 2
            + 10.0 * float(np.sum((np.array(weights) - self._weights) ** 2))
            + self._batch_offsets[values["training.batch_size"]]
        )

    def _noise_of(self, values: Mapping[str, Any]) -> np.random.Generator:
        digest = hashlib.sha256(json.dumps(dict(values), sort_keys=True).encode()).digest()
        return np.random.default_rng([self._seed, 1, int.from_bytes(digest[:8], "big")])
