"""Sampled segmentations, compared with an enumeration of all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from xlingual.data.augmentation.lattice import Lattice, Pieces

SCORES = {"a": -1.0, "b": -1.5, "c": -4.0, "ab": -1.8, "bc": -2.0, "abc": -2.5, "ca": -3.0, "aa": -2.2}
DRAWS = 20_000
LEAST = 1e-4


def segmentations(word: str, scores: dict[str, float]) -> Iterator[tuple[str, ...]]:
    """Every way to write a word as pieces."""
    if not word:
        yield ()
    for end in range(1, len(word) + 1):
        if word[:end] in scores:
            yield from ((word[:end], *rest) for rest in segmentations(word[end:], scores))


def shares(word: str, alpha: float, scores: dict[str, float]) -> dict[tuple[str, ...], float]:
    weights = {one: math.exp(alpha * sum(scores[p] for p in one)) for one in segmentations(word, scores)}
    return {one: weight / sum(weights.values()) for one, weight in weights.items()}


def drawn(word: str, alpha: float, scores: dict[str, float], draws: int) -> Counter[tuple[str, ...]]:
    lattice = Lattice.of(word, Pieces.of(scores, alpha))
    numbers = iter(np.random.Generator(np.random.PCG64(0)).random(draws * len(word)).tolist())
    counts: Counter[tuple[str, ...]] = Counter()
    for _ in range(draws):
        found = lattice.draw(numbers)
        assert found is not None
        counts[tuple(word[start:end] for start, end in found)] += 1
    return counts


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("word", ["abc", "aabca", "abcabc"])
def test_segmentations_come_as_often_as_their_probability_to_the_power_says(word: str, alpha: float) -> None:
    expected, counts = shares(word, alpha, SCORES), drawn(word, alpha, SCORES, DRAWS)
    assert set(counts) <= set(expected)
    likely = [one for one, share in expected.items() if share * DRAWS >= 5]
    rare = DRAWS - sum(counts[one] for one in likely)
    observed = [*(counts[one] for one in likely), rare]
    wanted = [*(expected[one] * DRAWS for one in likely), (1 - sum(expected[one] for one in likely)) * DRAWS]
    if wanted[-1] < 1e-6:
        assert rare == 0
        observed, wanted = observed[:-1], wanted[:-1]
    assert chisquare(observed, wanted).pvalue > LEAST


def test_at_alpha_0_all_are_alike_and_at_a_large_one_the_best_is_drawn() -> None:
    assert set(shares("abcabc", 0.0, SCORES).values()) == {1 / len(list(segmentations("abcabc", SCORES)))}
    best = max(segmentations("aabca", SCORES), key=lambda one: sum(SCORES[piece] for piece in one))
    assert drawn("aabca", 50.0, SCORES, 200) == {best: 200}


@settings(deadline=None)
@given(
    st.dictionaries(st.text("ab", min_size=1, max_size=3), st.floats(-9, 0), max_size=8),
    st.text("ab", min_size=1, max_size=7),
    st.floats(0, 10),
)
def test_a_draw_is_a_segmentation_or_there_is_none(scores: dict[str, float], word: str, alpha: float) -> None:
    found = Lattice.of(word, Pieces.of(scores, alpha)).draw(iter([0.5] * len(word)))
    every = set(segmentations(word, scores))
    assert (found is None) == (not every)
    if found is not None:
        assert tuple(word[start:end] for start, end in found) in every


def test_long_words_neither_underflow_nor_need_more_numbers_than_characters() -> None:
    found = Lattice.of("ab" * 2000, Pieces.of(SCORES, 10.0)).draw(iter([0.999999] * 4000))
    assert found is not None and found[0][0] == 0 and found[-1][1] == 4000
