"""The choices of an arm's searches, with the number of trials they chose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState


@dataclass(frozen=True, slots=True)
class Winner:
    """The configuration that one search chose.

    Attributes:
        search: its number, from 1.
        trial: the number of the chosen trial in its search.
        trials: number of ended trials of the search.
        objective: development objective of the chosen trial, in percent.
        fingerprint: of the chosen trial.
        configuration: of the chosen trial.
        values: as the sampler drew them, by parameter name.
        seeds: of its replicates that were scored on the test set.
    """

    search: int
    trial: int
    trials: int
    objective: float | None
    fingerprint: str
    configuration: dict[str, Any]
    values: dict[str, Any]
    seeds: tuple[int, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "search": self.search,
            "trial": self.trial,
            "trials": self.trials,
            "objective": self.objective,
            "fingerprint": self.fingerprint,
            "configuration": self.configuration,
            "values": self.values,
            "seeds": list(self.seeds),
        }


def read_winners(directory: StudyDirectory, state: StudyState, arm: str, test_set: str) -> tuple[Winner, ...]:
    """Read the choice of every search of an arm that has chosen.

    Raises:
        RecordError: when the configuration of a chosen trial is gone.
    """
    ended = [trial.search for trial in state.arm_trials(arm) if not trial.unfinished]
    return tuple(
        Winner(
            search=search,
            trial=trial.number,
            trials=ended.count(search),
            objective=trial.objective,
            fingerprint=trial.fingerprint,
            configuration=read_json(directory.trial(trial.fingerprint).configuration),
            values=dict(trial.values),
            seeds=tuple(r.seed for r in state.replicates if r.of == trial.of and test_set in r.scores),
        )
        for search, trial in state.chosen_trials(arm).items()
    )


def best_of_all(winners: Sequence[Winner]) -> Winner | None:
    """The winner with the highest development objective, the earliest of equals; None if there is none."""
    return max(winners, key=lambda winner: winner.objective or 0.0, default=None)
