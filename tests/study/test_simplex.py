from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from xlingual.study.simplex import from_unit_cube, to_unit_cube

units = st.lists(st.floats(0, 1), min_size=0, max_size=12)


@given(units)
def test_weights_are_shares_that_sum_to_one(numbers):
    weights = from_unit_cube(numbers)
    assert len(weights) == len(numbers) + 1
    assert all(0 <= weight <= 1 for weight in weights)
    assert sum(weights) == pytest.approx(1, abs=1e-12)


@given(st.lists(st.floats(0.001, 0.95), min_size=1, max_size=8))
def test_the_inverse_gives_the_numbers_back(numbers):
    assert to_unit_cube(from_unit_cube(numbers)) == pytest.approx(numbers, abs=1e-6)


@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=12))
def test_weights_survive_the_inverse(raw):
    weights = [weight / sum(raw) for weight in raw]
    assert from_unit_cube(to_unit_cube(weights)) == pytest.approx(weights, abs=1e-9)


def test_corners_are_reached_and_inverted():
    for corner in np.eye(4):
        numbers = to_unit_cube(tuple(corner))
        assert all(0 <= number <= 1 for number in numbers)
        assert from_unit_cube(numbers) == pytest.approx(tuple(corner))


def test_two_weights_by_hand():
    assert from_unit_cube([0.25]) == (0.25, 0.75)


def test_three_weights_by_hand():
    # 1 - (1 - 0.19)^(1/2) = 0.1; half of the remaining 0.9.
    assert from_unit_cube([0.19, 0.5]) == pytest.approx((0.1, 0.45, 0.45))


@pytest.mark.parametrize("size", [2, 3, 5, 11])
def test_uniform_numbers_give_the_dirichlet_marginals(size):
    cube = np.random.default_rng(7).random((4000, size - 1))
    weights = np.array([from_unit_cube(row) for row in cube])
    marginal = stats.beta(1, size - 1).cdf
    # 21 tests over all sizes: 0.01 / 21 each.
    assert all(stats.kstest(weights[:, column], marginal).pvalue > 0.0005 for column in range(size))


def test_scaled_uniform_numbers_would_not_pass_for_it():
    raw = np.random.default_rng(7).random((4000, 5))
    weights = raw / raw.sum(axis=1, keepdims=True)
    assert stats.kstest(weights[:, 0], stats.beta(1, 4).cdf).pvalue < 1e-6
