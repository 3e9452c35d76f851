"""Simulated learning curves: development F1 over updates as a function of a trial's searched values.

A smooth function with noise, made up and not fitted to trials. A world is drawn from (setting, seed): where the best
values lie. With d the decades that a learning rate lies above the best one for its batch and noise magnitude, a
configuration has

- a loss, at least 0 and 0 at the best values: quadratic in d (twice as steep above the best learning rate as below),
  in the FAQ share, in the logarithm of the method's strength and in the mixture weights, and an offset a batch size;
- a final F1, 10 + 65 exp(-loss / 65) percent: near the best a loss of 1 costs 1 point, and the worst ends near 10;
- a curve, 10 + (final F1 - 10) (1 - exp(-r t)) / (1 - exp(-r)) + 4 t (1 - t) peak (1 + d), with t the share of the
  updates that are done and r = 3 exp(crossing d): with large `crossing` too high learning rates start fast and end
  worse, with `peak` above 0 scores rise above what they end at and fall again, those of high learning rates most;
- seed noise, added to every report: normal, correlated 0.7 from one report to the next, with a standard deviation that
  falls linearly from 4 times `noise` at the start to `noise` at the end, and grows with d by exp(d / 2).

In curve and noise, d is cut to [-1.5, 1.5], and 1 + d to at least 0.

Settings may change this in four ways:

- `best` says where the best values lie: within the middle half or so of the ranges with weights from Dirichlet(2),
  anywhere in them with Dirichlet(1), or in the outer 15% at either end of every range with Dirichlet(0.3);
- `languages`: of the mixture, 4 or 11;
- `cliff`: a training whose d is above a limit between 0.25 and 0.6 falls to 10 percent on its way, the earlier the
  higher d, and the loss has bumps of up to 3 points over learning rate, FAQ share and strength;
- `branches`: the method of robust training is a choice of noise, adversarial training and none, each but the best with
  an offset, and with parameters of its own.

The same values have the same noise in one world, whoever asks, as one training with a fixed seed would.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from worlds import noise_of, quantile

from xlingual.study import Choice, LogUniform, Simplex, Uniform
from xlingual.study.simplex import from_unit_cube, to_unit_cube

LANGUAGES = ("de", "es", "ru", "zh", "ar", "el", "hi", "ro", "th", "tr", "vi")
BATCHES = (8, 16, 32)
RATE, SHARE, STRENGTH = LogUniform(1e-5, 1e-3), Uniform(0.05, 0.5), LogUniform(0.01, 1.0)
STEPS = (1, 2, 3)
METHODS = {
    "plain": None,
    "noise": {"embedding_noise": {"magnitude": STRENGTH}},
    "adversarial": {"adversarial": {"radius": STRENGTH, "steps": Choice(STEPS)}},
}
LOWEST, HIGHEST = 10.0, 75.0  # F1 in percent: of a model that learned nothing, of the best configuration
CORRELATION = 0.7  # of the noise of neighbouring reports
REPORTS = (0.2, 0.4, 0.6, 0.8, 1.0)  # a study's default: 5


@dataclass(frozen=True)
class Setting:
    """A kind of world.

    Attributes:
        name: in tables and the figure.
        crossing: how much faster a curve rises a decade above the best learning rate, in e-folds.
        noise: standard deviation over seeds of the final F1 at the best learning rate, in points.
        peak: points that a curve at the best learning rate is lifted by half-way.
        best: where the best values lie in the ranges.
        languages: of the mixture.
        cliff: whether high learning rates diverge and scores have bumps.
        branches: whether the method of robust training is searched.
    """

    name: str
    crossing: float = 0.3
    noise: float = 0.7
    peak: float = 0.0
    best: Literal["middle", "anywhere", "edges"] = "middle"
    languages: int = 4
    cliff: bool = False
    branches: bool = False

    def world(self, seed: int) -> World:
        """Draw a world; another seed puts the best values elsewhere and draws other noise."""
        return World(self, seed)


SETTINGS = (
    Setting("curves cross little"),
    Setting("curves cross much", crossing=1.5),
    Setting("curves cross much, noisy", crossing=1.5, noise=2.0),
    Setting("curves fall again", peak=10.0),
    Setting("cliff and bumps", cliff=True),
    Setting("best values anywhere", best="anywhere"),
    Setting("best values at edges", best="edges"),
    Setting("11 languages", languages=11),
    Setting("choice of methods", branches=True),
)


class World:
    """The learning curves of one repetition, as a `worlds.World`.

    Args:
        setting: the kind of world.
        seed: where the best values are, and of the noise.
    """

    reports = REPORTS
    axes = ("training.learning_rate", "training.batch_size")

    def __init__(self, setting: Setting, seed: int) -> None:
        generator = np.random.default_rng([seed, 0])
        self._setting, self._seed = setting, seed
        within = {"middle": (0.25, 0.75), "anywhere": (0.0, 1.0), "edges": (0.0, 0.15)}[setting.best]

        def best(node: Any) -> float:
            place = generator.uniform(*within)
            flipped = setting.best == "edges" and generator.integers(2)
            return float(quantile(node, 1.0 - place if flipped else place))

        offsets = generator.uniform(0.2, 1.0, len(BATCHES))
        offsets[generator.integers(len(BATCHES))] = 0.0
        self._batch_offsets = dict(zip(BATCHES, offsets, strict=True))
        self._batch = BATCHES[int(np.argmin(offsets))]
        self._rate = np.log10(best(RATE)) - 0.5 * np.log10(self._batch / 16)  # of the best learning rate at batch 16
        self._share, self._strength = best(SHARE), np.log10(best(STRENGTH))
        concentration = {"middle": 2.0, "anywhere": 1.0, "edges": 0.3}[setting.best]
        self._weights = generator.dirichlet(np.full(setting.languages, concentration))
        self._methods = dict(zip(METHODS, generator.uniform(1.0, 5.0, len(METHODS)), strict=True))
        self._method = tuple(METHODS)[generator.integers(len(METHODS))] if setting.branches else "noise"
        self._methods[self._method] = 0.0
        self._steps = int(generator.choice(STEPS))
        self._limit = generator.uniform(0.25, 0.6)
        self._waves = generator.normal(0.0, 1.5, 3)
        self._published = self._rate + generator.normal(0.0, 0.3)

    @property
    def tree(self) -> dict[str, Any]:
        """The search space, as an arm has it."""
        methods = Choice(tuple(METHODS.values()), tuple(METHODS)) if self._setting.branches else METHODS["noise"]
        return {
            "training": {"learning_rate": RATE, "batch_size": Choice(BATCHES)},
            "mixture": {"faq_share": SHARE, "weights": Simplex(LANGUAGES[: self._setting.languages])},
            "robust": methods,
        }

    @property
    def recipe(self) -> dict[str, Any]:
        """The recipe of a paper on a similar task: one learning rate in three is off by a factor of 2 or more."""
        return {
            "training.learning_rate": float(np.clip(10**self._published, RATE.low, RATE.high)),
            "training.batch_size": 16,
        }

    @property
    def best(self) -> dict[str, Any]:
        """The asked values, by parameter name, that end best: without loss."""
        units = to_unit_cube(self._weights.tolist())
        robust = {"robust": self._method} if self._setting.branches else {}
        strength = {"noise": "embedding_noise.magnitude", "adversarial": "adversarial.radius"}.get(self._method)
        path = f"robust.{self._method}" if self._setting.branches else "robust"
        if strength is not None:
            robust[f"{path}.{strength}"] = 10**self._strength
        if self._method == "adversarial":
            robust[f"{path}.adversarial.steps"] = self._steps
        return {
            "training.learning_rate": 10 ** (self._rate + 0.5 * np.log10(self._batch / 16)),
            "training.batch_size": self._batch,
            "mixture.faq_share": self._share,
            **{f"mixture.weights.{i}": unit for i, unit in enumerate(units)},
            **robust,
        }

    def final(self, values: Mapping[str, Any]) -> float:
        """F1 in percent after the last update, without noise."""
        if self._setting.cliff and self._decades(values) > self._limit:
            return LOWEST
        return float(LOWEST + (HIGHEST - LOWEST) * np.exp(-self._loss(values) / (HIGHEST - LOWEST)))

    def regret(self, values: Mapping[str, Any]) -> float:
        """Points of F1 that the configuration ends below the best possible one."""
        return HIGHEST - self.final(values)

    def expected(self, values: Mapping[str, Any]) -> np.ndarray:
        """F1 in percent without noise, (reports,)."""
        shares, decades = np.array(REPORTS), np.clip(self._decades(values), -1.5, 1.5)
        speed = 3.0 * np.exp(self._setting.crossing * decades)
        risen = (1.0 - np.exp(-speed * shares)) / (1.0 - np.exp(-speed))
        lifted = 4.0 * shares * (1.0 - shares) * self._setting.peak * np.maximum(0.0, 1.0 + decades)
        end = LOWEST + (HIGHEST - LOWEST) * np.exp(-self._loss(values) / (HIGHEST - LOWEST))
        curve = LOWEST + (end - LOWEST) * risen + lifted
        if self._setting.cliff and decades > self._limit:
            curve[shares > max(0.3, 1.0 - 2.0 * (decades - self._limit))] = LOWEST
            curve[-1] = LOWEST
        return curve

    def curve(self, values: Mapping[str, Any]) -> list[float]:
        """F1 in percent as reported, with noise, (reports,)."""
        shares = np.array(REPORTS)
        steps = noise_of(self._seed, values).standard_normal(len(shares))
        noise = np.empty(len(shares))
        noise[0] = steps[0]
        for i in range(1, len(shares)):
            noise[i] = CORRELATION * noise[i - 1] + np.sqrt(1.0 - CORRELATION**2) * steps[i]
        deviation = self._setting.noise * (4.0 - 3.0 * shares) * np.exp(np.clip(self._decades(values), -1.5, 1.5) / 2)
        curve: list[float] = np.clip(self.expected(values) + deviation * noise, 0.0, 100.0).tolist()
        return curve

    def _decades(self, values: Mapping[str, Any]) -> float:
        """Decades that the learning rate lies above its best, which grows with the batch and falls with the noise."""
        best = self._rate + 0.5 * np.log10(values["training.batch_size"] / 16) - 0.3 * self._stronger(values)
        return float(np.log10(values["training.learning_rate"]) - best)

    def _stronger(self, values: Mapping[str, Any]) -> float:
        """Decades that the method's strength lies above its best; 0 where it has none."""
        strengths = [value for name, value in values.items() if name.endswith((".magnitude", ".radius"))]
        return float(np.log10(strengths[0]) - self._strength) if strengths else 0.0

    def _loss(self, values: Mapping[str, Any]) -> float:
        decades, stronger = self._decades(values), self._stronger(values)
        share = (values["mixture.faq_share"] - self._share) / 0.25
        languages = self._setting.languages
        weights = np.array(from_unit_cube([values[f"mixture.weights.{i}"] for i in range(languages - 1)]))
        loss = 12.0 * decades**2 * (2.0 if decades > 0 else 1.0) + 4.0 * share**2 + 3.0 * stronger**2
        loss += 2.5 * languages * float(np.sum((weights - self._weights) ** 2))
        loss += self._batch_offsets[values["training.batch_size"]]
        if self._setting.branches:
            steps = values.get("robust.adversarial.adversarial.steps", self._steps)
            loss += self._methods[values["robust"]] + 0.5 * abs(steps - self._steps)
        if self._setting.cliff:
            loss += 1.5 * (1.0 - np.cos(2.0 * np.pi * float(self._waves @ (decades, share, stronger))))
        return float(loss)
