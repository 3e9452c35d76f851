"""The view of `--quiet`: nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlingual.search.listener import ClusterUse, TrialView


class SilentView:
    """A listener that shows nothing."""

    def recorded(
        self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Mapping[str, Mapping[str, float]]]
    ) -> None:
        """Show nothing."""

    def cluster_used(self, use: ClusterUse) -> None:
        """Show nothing."""

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Show nothing."""

    def stage_ended(self, stage: str) -> None:
        """Show nothing."""

    def trial_changed(self, trial: TrialView) -> None:
        """Show nothing."""

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Show nothing."""

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Show nothing."""

    def note(self, text: str) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Do nothing."""
