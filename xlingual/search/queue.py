"""What Tune trains next: trials of every arm in turn, or a fixed list of replicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ray.tune.search import Searcher

from xlingual.search.journalist import Journalist
from xlingual.search.sampler import ArmSampler
from xlingual.study import TrialConfiguration

# Makes the configuration of an arm's trial from the plain tree that the sampler chose.
Build = Callable[[str, dict[str, Any]], TrialConfiguration]


class Unpickled(Searcher):
    """A searcher that Tune may pickle but that keeps nothing there: the records are the truth."""

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def save(self, checkpoint_path: str) -> None:
        """Save nothing."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing."""

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Do nothing; subclasses that learn override it."""

    def suggest(self, trial_id: str) -> Any:
        """Choose the next item: subclasses do."""
        raise AssertionError("a subclass suggests")


class SearchQueue(Unpickled):
    """Asks each arm's sampler in turn, the arm with the fewest started trials first.

    Args:
        samplers: by arm.
        unfinished: by arm, (number, asked values) of trials that a dead driver left running, or that failed by
            accident: they come first.
        started: by arm, how many trial numbers are taken already.
        trials_per_arm: how many trials each arm gets in all.
        build: makes the trial configuration.
        journalist: told of every trial before it starts.
    """

    def __init__(
        self,
        samplers: dict[str, ArmSampler],
        unfinished: dict[str, list[tuple[int, dict[str, Any]]]],
        started: dict[str, int],
        trials_per_arm: int,
        build: Build,
        journalist: Journalist,
    ) -> None:
        super().__init__()
        self._samplers, self._build, self._journalist = samplers, build, journalist
        self._unfinished = {arm: list(items) for arm, items in unfinished.items()}
        self._started, self._trials_per_arm = dict(started), trials_per_arm
        self._arm_of: dict[str, str] = {}
        self._held: tuple[str, dict[str, Any]] | None = None

    @property
    def remaining(self) -> int:
        """How many trials are still to be handed out."""
        fresh = sum(max(0, self._trials_per_arm - started) for started in self._started.values())
        return fresh + sum(map(len, self._unfinished.values()))

    def suggest(self, trial_id: str) -> Any:
        """Hand out the next trial; None while it must wait for an equal one that is being trained."""
        if self._held is not None:
            return self._release(trial_id)
        arm = self._next_arm()
        if arm is None:
            return Searcher.FINISHED
        if self._unfinished[arm]:
            number, values = self._unfinished[arm].pop(0)
            tree, asked = self._samplers[arm].ask(trial_id, values)
        else:
            number = self._started[arm]
            self._started[arm] += 1
            tree, asked = self._samplers[arm].ask(trial_id)
        configuration = self._build(arm, tree)
        item = {
            "arm": arm,
            "number": number,
            "values": asked,
            "fingerprint": configuration.fingerprint,
            "configuration": configuration.canonical(),
        }
        self._held = (trial_id, item)
        return self._release(trial_id)

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Pass a report on to the arm's sampler."""
        self._samplers[self._arm_of[trial_id]].on_trial_result(trial_id, result)

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Pass a trial's end on to the arm's sampler."""
        self._samplers[self._arm_of[trial_id]].on_trial_complete(trial_id, result, error)

    def _release(self, trial_id: str) -> dict[str, Any] | None:
        """Let the held item go unless an equal one is being trained; Tune asks under a new id each time."""
        assert self._held is not None
        asked_as, item = self._held
        if self._journalist.is_training(item["fingerprint"]):
            return None
        self._held = None
        self._samplers[item["arm"]].rename(asked_as, trial_id)
        self._arm_of[trial_id] = item["arm"]
        self._journalist.trial_started(item)
        return item

    def _next_arm(self) -> str | None:
        waiting = [arm for arm, items in self._unfinished.items() if items]
        if waiting:
            return waiting[0]
        open_arms = [arm for arm, started in self._started.items() if started < self._trials_per_arm]
        return min(open_arms, key=lambda arm: self._started[arm]) if open_arms else None


class ReplicateQueue(Unpickled):
    """Hands out a fixed list of replicates."""

    def __init__(self, items: Sequence[dict[str, Any]], journalist: Journalist) -> None:
        super().__init__()
        self._items, self._journalist = list(items), journalist

    def suggest(self, trial_id: str) -> Any:
        """Hand out the next replicate."""
        if not self._items:
            return Searcher.FINISHED
        item = self._items.pop(0)
        self._journalist.trial_started(item)
        return item
