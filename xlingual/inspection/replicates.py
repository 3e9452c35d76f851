"""Whose answers are shown: one scored replicate of an arm, and of the arm beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xlingual.errors import RecordError
from xlingual.inspection.request import InspectionRequest
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import ReplicateState, StudyState


@dataclass(frozen=True, slots=True)
class Shown:
    """A replicate whose answers are shown, and the number of replicates of its arm that have answers."""

    replicate: ReplicateState
    scored: int

    @property
    def arm(self) -> str:
        """The arm's name."""
        return self.replicate.arm

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        one = self.replicate
        return {
            "arm": one.arm,
            "search": one.search,
            "seed": one.seed,
            "fingerprint": one.fingerprint,
            "replicates": self.scored,
        }


def chosen_replicates(
    place: StudyDirectory, state: StudyState, test_set: str, asked: InspectionRequest
) -> tuple[Shown, Shown | None]:
    """The replicate of the arm that is asked for, and of the arm beside it; None where there is none beside it.

    Of the arm beside it, the replicate of the same search and seed is taken where there is one, else its first.

    Raises:
        RecordError: when an arm is unknown or has no answers on the test set, or no replicate is of the search or seed.
    """
    scored: dict[str, list[ReplicateState]] = {arm: [] for arm in state.arms}
    for one in state.replicates:
        if test_set in one.scores:
            scored[one.arm].append(one)
    if not any(scored.values()):
        raise RecordError(
            f"{place.path}: no answers on {test_set} yet (stage: {state.stage}); a test set stays sealed until every "
            "trial and replicate has ended. Run the study to its end first, see `xlingual status`"
        )
    arm = _known("--arm", asked.arm, scored) or _usual(state, scored)
    beside = _known("--against", asked.against, scored) or _compared(state, arm, scored)
    if beside == arm:
        raise RecordError(f"--against {arm}: is the arm itself; name another one, or leave it out")
    mine = _one_of(scored[arm], asked)
    if beside is None:
        if asked.only == "differ":
            raise RecordError(f"--differ: the study compares arm {arm} with no other that has answers; add --against")
        return Shown(mine, len(scored[arm])), None
    twin = [one for one in scored[beside] if (one.search, one.seed) == (mine.search, mine.seed)]
    return Shown(mine, len(scored[arm])), Shown((twin or scored[beside])[0], len(scored[beside]))


def _known(option: str, name: str | None, scored: Mapping[str, Sequence[ReplicateState]]) -> str | None:
    if name is not None and not scored.get(name):
        why = "has no answers on this test set" if name in scored else "is no arm of this study"
        there = ", ".join(arm for arm, found in scored.items() if found)
        raise RecordError(f"{option} {name}: {why}; write one of {there}")
    return name


def _usual(state: StudyState, scored: Mapping[str, Sequence[ReplicateState]]) -> str:
    return next((arm for arm, found in scored.items() if found and arm != state.baseline), state.baseline)


def _compared(state: StudyState, arm: str, scored: Mapping[str, Sequence[ReplicateState]]) -> str | None:
    """The arm that the study compares an arm with, if it has answers; None for the baseline."""
    other = state.study["arms"][arm].get("against") or state.baseline
    return str(other) if arm != state.baseline and scored.get(other) else None


def _one_of(replicates: Sequence[ReplicateState], asked: InspectionRequest) -> ReplicateState:
    """The first replicate of the search and seed that are asked for."""
    ordered = sorted(replicates, key=lambda one: (one.search, one.seed))
    fit = [
        one
        for one in ordered
        if asked.search in (None, one.search) and asked.seed in (None, one.seed)
    ]  # fmt: skip
    if not fit:
        wanted = [f"--search {asked.search}"] * (asked.search is not None) + [f"--seed {asked.seed}"] * (
            asked.seed is not None
        )
        there = ", ".join(f"search {one.search} seed {one.seed}" for one in ordered)
        raise RecordError(f"{' '.join(wanted)}: arm {ordered[0].arm} has no such replicate; there are {there}")
    return fit[0]
