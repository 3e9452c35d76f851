"""Units of the statistics: searches if an arm has several, otherwise seeds."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import numpy as np

from xlingual.report.scores import TestScores, read_scores


@dataclass(frozen=True)
class Replicate:
    arm: str
    seed: int
    search: int
    fingerprint: str
    scored: bool = True
    scores: dict[str, dict[str, dict[str, float]]] = field(default_factory=lambda: {"xquad": {}})


def scores_of(
    studies: ModuleType,
    storage: Path,
    replicates: dict[str, list[tuple[int, int, list[float]]]],
    several: Collection[str] = (),
) -> TestScores:
    """Scores of arms whose replicates are (search, seed, F1 of each question)."""
    builder = studies.StudyBuilder(storage, tuple(replicates))
    scored = []
    for arm, found in replicates.items():
        for search, seed, f1 in found:
            builder.replicate(arm, seed)
            builder.score(arm, seed, {"en": studies.rows(f1)})
            scored.append(Replicate(arm, seed, search, f"{arm}-1-seed-{seed}"))
    return read_scores(builder.directory, scored, None, several, test_set="xquad")


def test_seeds_are_the_units_of_an_arm_with_one_search(studies: ModuleType, tmp_path: Path) -> None:
    scores = scores_of(studies, tmp_path, {"baseline": [(1, 10101, [1.0, 2.0]), (1, 10102, [3.0, 4.0])]})

    assert scores.seeds == {"baseline": (10101, 10102)}
    assert scores.searches == {"baseline": ()}
    assert scores.scores["baseline"]["en"]["f1"].tolist() == [[1.0, 2.0], [3.0, 4.0]]


def test_a_search_is_a_unit_and_the_mean_over_its_seeds(studies: ModuleType, tmp_path: Path) -> None:
    second, first = [(2, 10201, [7.0, 0.0]), (2, 10202, [8.0, 1.0])], [(1, 10101, [1.0, 2.0]), (1, 10102, [3.0, 4.0])]
    scores = scores_of(studies, tmp_path, {"baseline": second + first})

    assert scores.searches == {"baseline": (1, 2)}
    assert scores.seeds == {"baseline": ()}
    assert scores.scores["baseline"]["en"]["f1"].tolist() == [[2.0, 3.0], [7.5, 0.5]]
    assert scores.uneven == {}


def test_searches_with_unequal_numbers_of_seeds_count_once_each_and_are_told(
    studies: ModuleType, tmp_path: Path
) -> None:
    uneven = [(1, 10101, [0.0, 0.0]), (1, 10102, [2.0, 4.0]), (2, 10201, [10.0, 20.0])]
    even = [(1, 10101, [1.0, 1.0]), (2, 10201, [2.0, 2.0])]
    scores = scores_of(studies, tmp_path, {"baseline": uneven, "webfaq": even})

    assert scores.uneven == {"baseline": {1: 2, 2: 1}}
    assert scores.scores["baseline"]["en"]["f1"].tolist() == [[1.0, 2.0], [10.0, 20.0]]


def test_one_seed_a_search_changes_no_digit(studies: ModuleType, tmp_path: Path) -> None:
    f1 = np.random.default_rng(1).uniform(0, 100, (3, 7))
    scores = scores_of(studies, tmp_path, {"baseline": [(i, 100 * i + 1, list(f1[i])) for i in range(3)]})

    assert np.array_equal(scores.scores["baseline"]["en"]["f1"], f1)


def test_the_only_search_of_several_that_was_scored_is_one_unit(studies: ModuleType, tmp_path: Path) -> None:
    seeds = [(2, 10200 + seed, [1.0 * seed, 3.0]) for seed in (1, 2, 3)]
    scores = scores_of(studies, tmp_path, {"baseline": seeds}, several=["baseline"])

    assert scores.searches == {"baseline": (2,)}
    assert scores.seeds == {"baseline": ()}
    assert scores.scores["baseline"]["en"]["f1"].tolist() == [[2.0, 3.0]]
