"""The trials of all searches in turn, every one drawn for its number and for none of its search twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from xlingual.records.events import search_of
from xlingual.records.state import ArmSearch, TrialState
from xlingual.search.recording_callback import Item, RecordingCallback
from xlingual.search.sampler import ArmSampler, PastTrial
from xlingual.seeds import stream_seed
from xlingual.study import TrialConfiguration
from xlingual.study.points import count_up_to, is_finite, points

Build = Callable[[dict[str, Any]], TrialConfiguration]
"""Makes the configuration of an arm's trial from its plain tree."""
ATTEMPTS = 20
"""Draws of one number that may be repetitions before a finite space is gone through point by point."""
CONTINUOUS_ATTEMPTS = 500
"""The same where there is a continuum, of which nothing may have an effect."""


class ArmDraws:
    """The trials of one search of an arm: those that an earlier command left, then new ones.

    Args:
        search: which one.
        tree: the arm's search space.
        sampler: of this search.
        build: makes its configurations.
        seed: of the search.
        trials: what the records hold of it.
        wanted: how many it gets.
        several: whether the arm has other searches, which its items' names tell it from.
        taken: how many numbers are taken, those of trials that are set aside among them.
        held: whether none is handed out now, as the arm is paused.
        going_on: numbers of trials that go on: they did not end, and are not to be handed out.
    """

    def __init__(
        self,
        search: ArmSearch,
        tree: dict[str, Any],
        sampler: ArmSampler,
        build: Build,
        *,
        seed: int,
        trials: Sequence[TrialState],
        wanted: int,
        several: bool = False,
        taken: int = 0,
        held: bool = False,
        going_on: Collection[int] = (),
    ) -> None:
        self._held = held
        self.search, self._tree, self._sampler, self._build, self._seed = search, tree, sampler, build, seed
        self._of = {"arm": search.arm, **({"search": search.number} if several else {})}
        self._past = {trial.number: past_trial(trial) for trial in trials}
        self._drawn = {trial.fingerprint for trial in trials}
        self._unfinished = [trial for trial in trials if trial.unfinished and trial.number not in going_on]
        self._number, self._asked = max(taken, 1 + max(self._past, default=-1)), wanted
        self._wanted = max(0, count_up_to(tree, wanted) - len(self._past))

    @property
    def of(self) -> dict[str, Any]:
        """What items and events say of the search that they belong to."""
        return dict(self._of)

    @property
    def left(self) -> int:
        """How many are still to be handed out, at most; none while the arm is paused."""
        return 0 if self._held else self.waiting

    @property
    def waiting(self) -> int:
        """The same, but also while the arm is paused."""
        return len(self._unfinished) + self._wanted

    @property
    def unfinished(self) -> int:
        """How many of these an earlier command left."""
        return 0 if self._held else len(self._unfinished)

    @property
    def started(self) -> int:
        """How many were drawn so far."""
        return len(self._past)

    @property
    def exhausted(self) -> bool:
        """Whether the space holds fewer trials than were asked for, and all of them were drawn."""
        return self._wanted == 0 and self.started < self._asked

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
        """Draw the trial of a number: its values and its configuration, which no other trial of the search has."""
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
        chance = random.Random(stream_seed(self._seed, "sampler", self.search.arm, number, "points"))
        return chance.choice(new) if new else None

    def _item(self, number: int, values: dict[str, Any], configuration: TrialConfiguration, running: list[int]) -> Item:
        return {
            **self._of,
            "number": number,
            "values": values,
            "running": running,
            "fingerprint": configuration.fingerprint,
            "configuration": configuration.canonical(),
        }


class SearchSource:
    """Trials of all searches: first what an earlier command left, then of the search with the fewest.

    Args:
        searches: draws of each.
        recorder: told when a space is exhausted.
        spaces: by arm, the fingerprint of its space.
        exhausted: searches of which the journal says so already.
    """

    def __init__(
        self,
        searches: Sequence[ArmDraws],
        recorder: RecordingCallback,
        spaces: Mapping[str, str],
        exhausted: Collection[ArmSearch],
    ) -> None:
        self._searches = {draws.search: draws for draws in searches}
        self._recorder, self._spaces = recorder, spaces
        self._exhausted = set(exhausted)
        self._tell_exhausted()

    @property
    def left(self) -> int:
        """How many more there are, at most."""
        return sum(draws.left for draws in self._searches.values())

    @property
    def waiting(self) -> int:
        """The same, with those of arms that are paused."""
        return sum(draws.waiting for draws in self._searches.values())

    def next(self) -> Item | None:
        """Return the next trial; None when no search has one."""
        while (draws := self._next_search()) is not None:
            item = draws.next()
            self._tell_exhausted()
            if item is not None:
                return item
        return None

    def ended(self, item: Item, record: Mapping[str, Any]) -> None:
        """Let the search's sampler learn of it."""
        self._searches[search_of(item)].ended(item["number"], record)

    def _next_search(self) -> ArmDraws | None:
        for draws in self._searches.values():
            if draws.unfinished:
                return draws
        return min((d for d in self._searches.values() if d.left), key=lambda draws: draws.started, default=None)

    def _tell_exhausted(self) -> None:
        for search, draws in self._searches.items():
            if draws.exhausted and search not in self._exhausted:
                self._exhausted.add(search)
                self._recorder.space_exhausted(draws.of, draws.started, self._spaces[search.arm])


def past_trial(trial: TrialState) -> PastTrial:
    """Make what a sampler knows of a recorded trial."""
    state = "running" if trial.unfinished else trial.state
    return PastTrial(trial.number, trial.values, state, trial.objective, trial.reports)
