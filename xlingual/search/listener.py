"""What a running study tells whoever watches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class TrialView:
    """A trial or replicate as a watcher sees it.

    `key` is unique in the study ("baseline/3", "baseline/seed-10101"); `objective` is the last development score in
    percent, None before the first; `configuration` is `TrialConfiguration.canonical()`; `passes` is how
    often each example of an update goes through the model.
    """

    key: str
    arm: str
    label: str
    state: str
    updates: int
    total_updates: int
    configuration: dict[str, Any] = field(default_factory=dict)
    objective: float | None = None
    reason: str | None = None
    resumed: bool = False
    passes: int = 1


@dataclass(frozen=True, slots=True)
class ClusterUse:
    """What a cluster has and what of it is in use, by Ray's names (`CPU`, `GPU`)."""

    nodes: int
    used: Mapping[str, float]
    total: Mapping[str, float]


class Listener(Protocol):
    """Hears of a study's events in order, in the driver's process."""

    def recorded(
        self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Mapping[str, Mapping[str, float]]]
    ) -> None:
        """Trials and replicates that ended before this command, and scores by arm, seed and test set; told once."""

    def cluster_used(self, use: ClusterUse) -> None:
        """The use of the cluster that was joined has changed; told by another thread."""

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """A stage begins; `done` of its `total` items were finished before."""

    def stage_ended(self, stage: str) -> None:
        """A stage has nothing left to do."""

    def trial_changed(self, trial: TrialView) -> None:
        """A trial started, reported or ended."""

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """A replicate was scored on a test set; scores in percent per language."""

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """The present stage has `total` items now; `held` names arms that are `paused` or `stopped`."""

    def note(self, text: str) -> None:
        """A sentence for the user."""

    def close(self) -> None:
        """Nothing more will come; restore the terminal."""
