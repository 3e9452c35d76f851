"""How an arm's trials are split into independent searches, each with a winner and seeds of its own.

Two arms are compared by their winners. A search that were run again would find another one, so the search is what is
repeated: each has its own share of the arm's trials, and nothing that another one found decides what it does
(Bouthillier et al., arXiv 2103.03098). Seeds are readable: with `search.seed: 0`, 10203 is the third seed of the winner
of search 2, and 10200 the seed of that search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from xlingual.study.changes import drawn
from xlingual.study.points import count_up_to
from xlingual.study.space import from_written

BLOCK, STEP = 10_000, 100
MOST = STEP - 1
"""Most searches of an arm, and most seeds of a winner: their numbers have two digits in a seed."""


class ArmSearch(NamedTuple):
    """One search of an arm; `number` counts from 1."""

    arm: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.arm}, search {self.number}"


@dataclass(frozen=True, slots=True)
class Searches:
    """The searches of one arm.

    Attributes:
        count: how many there are; one where nothing is searched.
        trials: of each.
        seeds: under which the winner of each is trained again.
    """

    count: int
    trials: int
    seeds: int

    @property
    def replicates(self) -> int:
        """How many final models the arm has."""
        return self.count * self.seeds


def searches_of(space: Mapping[str, Any], trials_per_arm: int, searches: int, seeds: int) -> Searches:
    """Split an arm's trials evenly.

    An arm whose space is a single point has nothing to search: it has one search, whose winner is trained under as many
    seeds as the other arms have winners' seeds in all.
    """
    if count_up_to(dict(space), 2) < 2:
        return Searches(1, trials_per_arm, searches * seeds)
    return Searches(searches, trials_per_arm // searches, seeds)


def recorded_searches(study: Mapping[str, Any]) -> dict[str, Searches]:
    """The searches of each arm of a resolved study, as the records have it."""
    replicates, trials = study["replicates"], int(study["search"]["trials_per_arm"])
    return {
        str(name): searches_of(from_written(drawn(arm)), trials, int(replicates["searches"]), int(replicates["seeds"]))
        for name, arm in study["arms"].items()
    }


def search_seed(study_seed: int, number: int) -> int:
    """Seed of a search, for its draws and the training of its trials."""
    return BLOCK * (study_seed + 1) + STEP * number


def replicate_seeds(study_seed: int, number: int, count: int) -> list[int]:
    """Seeds of a search's winner: none is the search's own, and a larger count adds to the same first ones."""
    return [search_seed(study_seed, number) + index for index in range(1, count + 1)]
