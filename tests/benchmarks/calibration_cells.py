"""The kinds of studies that `calibration.py` simulates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from calibration_scores import ARTICLE, SEED, Nature, question_error
from calibration_searches import Kind
from surrogate import SETTINGS, Setting

from xlingual.statistics.power import Comparison, Units, detectable
from xlingual.study import ReplicateSettings

BY_NAME = {setting.name: setting for setting in SETTINGS}
WORLDS = {
    "crossing": BY_NAME["curves cross much"],
    "noisy": BY_NAME["curves cross much, noisy"],
    "rough": BY_NAME["cliff and bumps"],
}
TRIALS = 20  # trainings that an arm searches with
PROTOCOL = ReplicateSettings()
PLAIN = Nature()
LEVELS = (0.5, 0.8)  # of power


@dataclass(frozen=True)
class Cell:
    """Studies of one kind.

    Attributes:
        name: of its row.
        setting: of the worlds.
        searches: of each arm.
        seeds: replicates of each winner.
        arms: with the baseline.
        nature: how scores come about.
        unequal: whether the baseline searches two parameters, the other arms all.
        recipe: whether first trials are the published recipe.
        fixed: whether the baseline has nothing to search; it is then as good as the others' winners on average.
        power: probability that `xlingual.statistics.power` gives to the gain of all arms but the baseline; None: the
            gain is `nature`'s.
        trials: that an arm searches with, split over its searches.
    """

    name: str
    setting: str
    searches: int = PROTOCOL.searches
    seeds: int = PROTOCOL.seeds
    arms: int = 2
    nature: Nature = field(default_factory=Nature)
    unequal: bool = False
    recipe: bool = False
    fixed: bool = False
    power: float | None = None
    trials: int = TRIALS

    @property
    def protocol(self) -> str:
        """Searches and seeds, as a report's signature has them."""
        return f"{self.searches}x{self.seeds}"

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Searches of the baseline and, where they differ, of the other arms."""
        world: Setting = WORLDS[self.setting]
        kind = Kind(world, self.trials // self.searches, recipe=self.recipe)
        return (replace(kind, small=True), kind) if self.unequal else (kind,)

    def truths(self, pools: Sequence[np.ndarray], generator: np.random.Generator) -> list[np.ndarray]:
        """By arm, the true scores of its searches' winners: other searches of the world's for every arm."""
        order = [generator.permutation(len(pool)) for pool in pools]
        found = []
        for arm in range(self.arms):
            which = min(arm, len(pools) - 1)
            found.append(pools[which][order[which][arm * self.searches : (arm + 1) * self.searches]])
        if self.fixed:
            found[0] = np.full(self.searches, pools[0].mean())
        return found

    def expected_difference(self, pools: Sequence[np.ndarray]) -> float:
        """True scores of the winners in one world, without a gain."""
        return float(pools[-1].mean() - pools[0].mean())

    def gain(self, winners: np.ndarray) -> float:
        """Gain of all arms except the baseline, in points, for the requested power, given the winners' scores."""
        if self.power is None:
            return self.nature.gain
        nature, questions = self.nature, question_error(self.nature)
        of_one = float(winners.var(ddof=1)) + (nature.question * questions) ** 2
        baseline, treatment = (Units(float(np.sqrt(of_one + seed**2)), self.searches) for seed in nature.seed)
        articles = questions * np.sqrt(2.0 * nature.arm**2 + 2.0 * nature.question**2 / self.searches)
        comparison = Comparison(treatment, baseline, float(articles), int(ARTICLE[-1]) + 1)
        return detectable(comparison, probability=self.power)


def cell(name: str, setting: str, nature: Nature = PLAIN, **values: Any) -> Cell:
    """A cell whose seeds vary as much as the world's reports, but at least by `SEED`."""
    factor = max(1.0, WORLDS[setting].noise / SEED)
    return Cell(name, setting, nature=replace(nature, seed=tuple(factor * one for one in nature.seed)), **values)


DIFFER = 12.4
"""Standard deviation of an arm's effects on questions that makes that of a difference's mean 0.5 points."""
DEFAULT = tuple(cell("identical arms", setting) for setting in WORLDS)
FORMER = tuple(cell("identical arms, former protocol", setting, searches=1, seeds=5) for setting in WORLDS)


def _of(setting: str, searches: int) -> list[Cell]:
    def one(name: str, nature: Nature = PLAIN, **values: Any) -> Cell:
        return cell(name, setting, nature, searches=searches, **values)

    return [
        one("identical arms"),
        one("identical arms, strong article effects", Nature(article=0.1)),
        one("arms differ by question", Nature(arm=DIFFER)),
        one("arms differ by question, strong article effects", Nature(arm=DIFFER, article=0.1)),
        one("seeds of the treatment vary three times as much", Nature(seed=(SEED, 3 * SEED))),
        one("seeds alike in all arms, correlation 0.7", Nature(shared=0.7)),
        one("nothing to search in the baseline", fixed=True),
        one("four identical arms", arms=4),
        one("published recipe first", recipe=True),
        one("baseline searches 2 parameters, treatment 7", unequal=True),
        one("baseline searches 2 parameters, treatment 7, published recipe first", unequal=True, recipe=True),
        *(one(f"gain with a power of {100 * level:.0f}%", Nature(arm=DIFFER), power=level) for level in LEVELS),
    ]


ALL = (*(one for searches in (4, 5) for setting in WORLDS for one in _of(setting, searches)), *FORMER)
