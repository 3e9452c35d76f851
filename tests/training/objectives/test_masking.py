"""How much is masked, where, and by what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.errors import ModelError
from xlingual.training.objectives.masked_language_model import MaskTokens, masked_count, masked_places


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@given(st.integers(1, 400), st.floats(0.01, 0.99), st.floats(1, 12), st.integers(0, 2**32))
def test_so_many_tokens_are_masked_each_once(length: int, rate: float, mean_span: float, seed: int) -> None:
    places = masked_places(length, rate, mean_span, generator(seed))
    assert len(places) == masked_count(length, rate) == min(length, max(1, round(rate * length)))
    assert (np.diff(places) > 0).all()
    assert places[0] >= 0 and places[-1] < length
    assert places.tolist() == masked_places(length, rate, mean_span, generator(seed)).tolist()


def span_lengths(places: np.ndarray) -> list[int]:
    return [len(run) for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)]


@pytest.mark.parametrize("mean_span", [1.0, 3.0, 6.0])
def test_span_lengths_are_geometric(mean_span: float) -> None:
    """For answers long enough that the truncated last span hardly matters."""
    draw = generator(1)
    lengths = np.concatenate([span_lengths(masked_places(20_000, 0.15, mean_span, draw)) for _ in range(10)])
    assert lengths.mean() == pytest.approx(mean_span, rel=0.03)
    for size in (1, 2, 3):
        expected = (1 - 1 / mean_span) ** (size - 1) / mean_span
        assert float((lengths == size).mean()) == pytest.approx(expected, abs=0.01)


def test_every_place_is_masked_about_as_often() -> None:
    draw, times = generator(2), np.zeros(12)
    for _ in range(6000):
        times[masked_places(12, 0.25, 1.0, draw)] += 1
    # Three single tokens with one or more between any two: 10 choose 3 ways, each as likely; the ends come more often.
    expected = np.zeros(12)
    for a in range(12):
        for b in range(a + 2, 12):
            for c in range(b + 2, 12):
                expected[[a, b, c]] += 6000 / 120
    assert np.abs(times - expected).max() < 5 * np.sqrt(6000 * 0.25)


def test_eighty_ten_ten() -> None:
    tokens = MaskTokens(4, np.arange(5, 105))
    ids = np.full(40_000, 50, dtype=np.int32)
    found = tokens.replacing(ids, generator(3))
    shares = [float((found == 4).mean()), float((found == 50).mean())]
    assert shares == pytest.approx([0.8, 0.1 + 0.1 / 100], abs=0.01)
    others, times = np.unique(found[(found != 4) & (found != 50)], return_counts=True)
    assert set(others) == set(range(5, 105)) - {50}
    assert times.mean() == pytest.approx(40, rel=0.1) and found.dtype == ids.dtype


def test_a_tokenizer_without_a_mask_is_refused(tiny_checkpoint: Path) -> None:
    with pytest.raises(ModelError, match="masked_language_model needs a mask token, and its tokenizer has none; write"):
        MaskTokens.of(tiny_checkpoint, 20)
