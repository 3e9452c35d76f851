from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from xlingual.statistics.pooling import pool

CODES = ("ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh", "ro")


def drawn(seed: int, spread: float = 1.5, shared: float = 0.6) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """True differences, their estimates, the estimates' errors, and the error of their mean."""
    generator = np.random.default_rng(seed)
    own = generator.uniform(0.8, 1.8, len(CODES))
    truth = generator.normal(1.0, spread, len(CODES))
    estimates = truth + generator.normal(0, shared) + generator.normal(0, own)
    mean_error = float(np.sqrt(shared**2 + (own**2).sum() / len(CODES) ** 2))
    return truth, estimates, np.sqrt(own**2 + shared**2), mean_error


def by_code(values: np.ndarray) -> dict[str, float]:
    return dict(zip(CODES, values.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_posterior_mean_under_the_whole_covariance_of_the_errors(seed: int) -> None:
    """Independent implementation: matrices with the shared error in every entry, a flat prior, scipy's root of Q."""
    _, estimates, errors, mean_error = drawn(seed)
    found = pool(by_code(estimates), by_code(errors), mean_error)
    assert found is not None
    count, ones = len(CODES), np.ones(len(CODES))
    shared = (mean_error**2 * count**2 - (errors**2).sum()) / (count * (count - 1))
    noise = np.diag(errors**2 - shared) + shared * np.outer(ones, ones)

    def quadratic_form(between: float) -> float:
        inverse = np.linalg.inv(np.diag(errors**2 - shared + between))
        gaps = estimates - ones * (ones @ inverse @ estimates) / (ones @ inverse @ ones)
        return float(gaps @ inverse @ gaps) - (count - 1)

    between = brentq(quadratic_form, 0.0, 100.0) if quadratic_form(0.0) > 0 else 0.0
    inverse = np.linalg.inv(noise + between * np.eye(count))
    mean = (ones @ inverse @ estimates) / (ones @ inverse @ ones)
    expected = mean * ones + between * inverse @ (estimates - mean * ones)
    assert list(found.estimates.values()) == pytest.approx(expected.tolist(), rel=1e-6)
    assert (found.mean, found.spread**2) == pytest.approx((mean, between), rel=1e-6)
    assert found.shared == pytest.approx(0.6)


def test_pooled_differences_are_nearer_to_the_truth_than_single_ones() -> None:
    squares = np.zeros(2)
    for seed in range(200):
        truth, estimates, errors, mean_error = drawn(seed)
        found = pool(by_code(estimates), by_code(errors), mean_error)
        assert found is not None
        squares += [((estimates - truth) ** 2).mean(), ((np.array(list(found.estimates.values())) - truth) ** 2).mean()]
    assert squares[1] < 0.85 * squares[0]


@given(st.lists(st.tuples(st.floats(-30, 30), st.floats(0.01, 5)), min_size=4, max_size=11), st.floats(0, 5))
def test_every_language_is_drawn_towards_the_mean_and_never_beyond(
    cells: list[tuple[float, float]], mean_error: float
) -> None:
    names = CODES[: len(cells)]
    found = pool(
        {n: d for n, (d, _) in zip(names, cells, strict=True)},
        {n: e for n, (_, e) in zip(names, cells, strict=True)},
        mean_error,
    )
    assert found is not None
    for name, (single, _) in zip(names, cells, strict=True):
        pooled = found.estimates[name]
        assert min(single, found.mean) - 1e-6 <= pooled <= max(single, found.mean) + 1e-6


def test_what_all_languages_share_draws_nothing() -> None:
    _, estimates, errors, mean_error = drawn(3)
    found = pool(by_code(estimates), by_code(errors), mean_error)
    moved = pool(by_code(estimates + 5.0), by_code(errors), mean_error)
    assert found is not None and moved is not None
    for code in CODES:
        assert moved.estimates[code] == pytest.approx(found.estimates[code] + 5.0)


def test_languages_that_agree_are_all_given_their_mean() -> None:
    found = pool(by_code(np.linspace(1.9, 2.1, 11)), by_code(np.ones(11)), 0.4)
    assert found is not None and found.spread == 0.0
    assert set(found.estimates.values()) == {found.mean}


def test_three_languages_or_one_without_an_error_are_not_pooled() -> None:
    three = CODES[:3]
    assert pool(dict.fromkeys(three, 1.0), dict.fromkeys(three, 1.0), 0.6) is None
    errors = by_code(np.ones(11)) | {"th": 0.0}
    assert pool(by_code(np.ones(11)), errors, 0.4) is None
