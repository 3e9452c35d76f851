from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.mixture import apportion, draw_mixture
from xlingual.errors import DataError

WEIGHTS = st.lists(st.floats(0, 10, allow_subnormal=False), min_size=1, max_size=6).filter(any)
SOURCES = st.lists(st.tuples(st.integers(1, 20), st.floats(0, 1)), min_size=1, max_size=5).filter(
    lambda sources: any(weight for _, weight in sources)
)
DRAWS = st.integers(0, 200)
SEEDS = st.integers(0, 2**32)


@given(WEIGHTS, st.integers(0, 10_000))
def test_every_source_gets_the_floor_or_ceiling_of_its_share(weights: list[float], total: int) -> None:
    counts = apportion(weights, total)
    whole = sum(Fraction(weight) for weight in weights)
    shares = [Fraction(weight) * total / whole for weight in weights]
    assert sum(counts) == total
    assert all(math.floor(share) <= count <= math.ceil(share) for share, count in zip(shares, counts, strict=True))


def test_shares_by_hand() -> None:
    assert apportion([0.5, 0.25, 0.25], 8) == [4, 2, 2]
    assert apportion([1, 1, 1], 10) == [4, 3, 3]
    assert apportion([0.7, 0.0, 0.3], 1) == [1, 0, 0]
    assert apportion([0.1] * 10, 10) == [1] * 10


@given(SOURCES, DRAWS, SEEDS)
def test_draws_follow_counts_and_stay_within_their_source(
    sources: list[tuple[int, float]], draws: int, seed: int
) -> None:
    sizes, weights = zip(*sources, strict=True)
    source, item = draw_mixture(sizes, weights, draws, seed)
    assert source.shape == item.shape == (draws,) and source.dtype == item.dtype == np.int64
    assert np.bincount(source, minlength=len(sizes)).tolist() == apportion(weights, draws)
    assert all(0 <= i < sizes[s] for s, i in zip(source.tolist(), item.tolist(), strict=True))


@given(SOURCES, DRAWS, SEEDS)
def test_every_item_comes_once_before_any_comes_again(sources: list[tuple[int, float]], draws: int, seed: int) -> None:
    sizes, weights = zip(*sources, strict=True)
    source, item = draw_mixture(sizes, weights, draws, seed)
    for index, size in enumerate(sizes):
        of_source = item[source == index].tolist()
        epochs = [of_source[first : first + size] for first in range(0, len(of_source), size)]
        assert all(len(set(epoch)) == len(epoch) for epoch in epochs)


@given(SOURCES, DRAWS, SEEDS, st.data())
def test_a_source_of_weight_zero_changes_nothing(
    sources: list[tuple[int, float]], draws: int, seed: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(sources)))
    names = [f"s{n}" for n in range(len(sources))]
    sizes, weights = (list(column) for column in zip(*sources, strict=True))
    source, item = draw_mixture(sizes, weights, draws, seed, names)
    sizes.insert(place, 7), weights.insert(place, 0.0), names.insert(place, "other")
    wider, items = draw_mixture(sizes, weights, draws, seed, names)
    assert np.array_equal(item, items)
    assert np.array_equal(source + (source >= place), wider)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    drawn = [draw_mixture([50, 50], [0.5, 0.5], 60, seed) for seed in (1, 1, 2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0][0], drawn[2][0]) and not np.array_equal(drawn[0][1], drawn[2][1])


def test_the_draws_never_move() -> None:
    source, item = draw_mixture([3, 2], [0.75, 0.25], 8, seed=0, names=["en", "de"])
    assert source.tolist() == [0, 0, 0, 1, 0, 1, 0, 0]
    assert item.tolist() == [1, 2, 0, 1, 2, 0, 0, 1]


def test_sources_of_one_size_have_streams_of_their_own() -> None:
    source, item = draw_mixture([40, 40], [0.5, 0.5], 80, seed=0)
    assert item[source == 0].tolist() != item[source == 1].tolist()


def test_epochs_differ_in_order() -> None:
    _, item = draw_mixture([30], [1.0], 90, seed=0)
    epochs = [item[first : first + 30].tolist() for first in (0, 30, 60)]
    assert all(one != other for one, other in pairwise(epochs))
    assert Counter(item.tolist()) == dict.fromkeys(range(30), 3)


@pytest.mark.parametrize(
    ("sizes", "weights", "draws", "finding"),
    [
        ([5, 5], [0.5, -0.5], 3, "none negative"),
        ([5, 5], [0.0, 0.0], 3, "not all zero"),
        ([5, 5], [0.5, float("nan")], 3, "must be finite"),
        ([5, 5], [0.5, float("inf")], 3, "must be finite"),
        ([5, 0], [0.5, 0.5], 3, "a positive weight on sources without examples: 1"),
        ([5], [0.5, 0.5], 3, "1 sizes, 2 weights"),
        ([], [], 3, "not all zero"),
        ([5], [1.0], -1, "asked for -1 draws"),
    ],
)
def test_what_cannot_be_drawn_is_refused(sizes: list[int], weights: list[float], draws: int, finding: str) -> None:
    with pytest.raises(DataError, match=finding):
        draw_mixture(sizes, weights, draws, 0)


def test_an_empty_source_of_weight_zero_is_fine() -> None:
    source, _ = draw_mixture([5, 0], [1.0, 0.0], 4, 0)
    assert source.tolist() == [0, 0, 0, 0]
