"""The trials of a search: each arm's in turn, every one drawn for its number and for none twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from xlingual.records.state import TrialState
from xlingual.search.journalist import Item, Journalist
from xlingual.search.sampler import ArmSampler, PastTrial
from xlingual.study import TrialConfiguration
from xlingual.study.points import count_up_to, is_finite, points
from xlingual.training.seeds import stream_seed

Build = Callable[[dict[str, Any]], TrialConfiguration]
"""Makes the configuration of an arm's trial from its plain tree."""
ATTEMPTS = 20
"""Draws of one number that may be repetitions before a finite space is gone through point by point."""
CONTINUOUS_ATTEMPTS = 500
"""The same where there is a continuum, of which nothing may have an effect."""


class ArmDraws:
    """The trials of one arm: those that an earlier command left, then new ones.

    Args:
        arm: its name.
        tree: its search space.
        sampler: of this arm.
        build: makes its configurations.
        seed: the study's.
        trials: what the records hold of it.
        trials_per_arm: how many it gets.
        taken: how many numbers are taken, those of trials that are set aside among them.
    """

    def __init__(
        self,
        arm: str,
        tree: dict[str, Any],
        sampler: ArmSampler,
        build: Build,
        *,
        seed: int,
        trials: Sequence[TrialState],
        trials_per_arm: int,
        taken: int = 0,
    ) -> None:
        self.arm, self._tree, self._sampler, self._build, self._seed = arm, tree, sampler, build, seed
        self._past = {trial.number: past_trial(trial) for trial in trials}
        self._drawn = {trial.fingerprint for trial in trials}
        self._unfinished = [trial for trial in trials if trial.unfinished]
        self._number, self._trials_per_arm = max(taken, 1 + max(self._past, default=-1)), trials_per_arm
        self._wanted = max(0, count_up_to(tree, trials_per_arm) - len(self._past))

    @property
    def left(self) -> int:
        """How many are still to be handed out, at most."""
        return len(self._unfinished) + self._wanted

    @property
    def unfinished(self) -> int:
        """How many of these an earlier command left."""
        return len(self._unfinished)

    @property
    def started(self) -> int:
        """How many were drawn so far."""
        return len(self._past)

    @property
    def exhausted(self) -> bool:
        """Whether the space holds fewer trials than were asked for, and all of them were drawn."""
        return self._wanted == 0 and self.started < self._trials_per_arm

    def next(self) -> Item | None:
        """Return the next trial; None when the space holds nothing new."""
        if self._unfinished:
            trial = self._unfinished.pop(0)
            configuration = self._build(self._sampler.tree_of(trial.values))
            return self._item(trial.number, trial.values, configuration, list(trial.running))
        number = self._number
        drawn = self._draw(number)
        if drawn is None:
            self._wanted = 0
            return None
        values, configuration = drawn
        running = [earlier for earlier, trial in self._past.items() if trial.state == "running"]
        self._past[number] = PastTrial(number, values)
        self._drawn.add(configuration.fingerprint)
        self._number += 1
        self._wanted -= 1
        return self._item(number, values, configuration, running)

    def ended(self, number: int, record: Mapping[str, Any]) -> None:
        """Learn how a trial ended."""
        reports = tuple((step, objective) for step, objective in record["reports"])
        self._past[number] = PastTrial(number, self._past[number].values, record["state"], record["objective"], reports)

    def _draw(self, number: int) -> tuple[dict[str, Any], TrialConfiguration] | None:
        """Draw the trial of a number: its values and its configuration, which no other trial of the arm has."""
        past = list(self._past.values())
        finite = is_finite(self._tree)
        for attempt in range(ATTEMPTS if finite else CONTINUOUS_ATTEMPTS):
            tree, values = self._sampler.draw(number, past, attempt)
            configuration = self._build(tree)
            if configuration.fingerprint not in self._drawn:
                return values, configuration
        return self._any_point(number) if finite else None

    def _any_point(self, number: int) -> tuple[dict[str, Any], TrialConfiguration] | None:
        new = [
            (values, configuration)
            for tree, values in points(self._tree)
            if (configuration := self._build(tree)).fingerprint not in self._drawn
        ]
        chance = random.Random(stream_seed(self._seed, "sampler", self.arm, number, "points"))
        return chance.choice(new) if new else None

    def _item(self, number: int, values: dict[str, Any], configuration: TrialConfiguration, running: list[int]) -> Item:
        return {
            "arm": self.arm,
            "number": number,
            "values": values,
            "running": running,
            "fingerprint": configuration.fingerprint,
            "configuration": configuration.canonical(),
        }


class SearchSource:
    """Trials of all arms: first what an earlier command left, then of the arm with the fewest.

    Args:
        arms: draws of each.
        journalist: told when a space is exhausted.
        spaces: by arm, the fingerprint of its space.
        exhausted: arms of which the journal says so already.
    """

    def __init__(
        self, arms: Sequence[ArmDraws], journalist: Journalist, spaces: Mapping[str, str], exhausted: Collection[str]
    ) -> None:
        self._arms, self._journalist, self._spaces = {draws.arm: draws for draws in arms}, journalist, spaces
        self._exhausted = set(exhausted)
        self._tell_exhausted()

    @property
    def left(self) -> int:
        """How many more there are, at most."""
        return sum(draws.left for draws in self._arms.values())

    def next(self) -> Item | None:
        """Return the next trial; None when no arm has one."""
        while (draws := self._next_arm()) is not None:
            item = draws.next()
            self._tell_exhausted()
            if item is not None:
                return item
        return None

    def ended(self, item: Item, record: Mapping[str, Any]) -> None:
        """Let the arm's sampler learn of it."""
        self._arms[item["arm"]].ended(item["number"], record)

    def _next_arm(self) -> ArmDraws | None:
        for draws in self._arms.values():
            if draws.unfinished:
                return draws
        return min((d for d in self._arms.values() if d.left), key=lambda draws: draws.started, default=None)

    def _tell_exhausted(self) -> None:
        for arm, draws in self._arms.items():
            if draws.exhausted and arm not in self._exhausted:
                self._exhausted.add(arm)
                self._journalist.space_exhausted(arm, draws.started, self._spaces[arm])


def past_trial(trial: TrialState) -> PastTrial:
    """Make what a sampler knows of a recorded trial."""
    state = "running" if trial.unfinished else trial.state
    return PastTrial(trial.number, trial.values, state, trial.objective, trial.reports)
