"""Coordinates of numbers: quantiles of a distribution, and back."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from xlingual.search.coordinates import Centred, Coordinate, Stick, coordinates
from xlingual.study import Choice, Integer, LogNormal, LogUniform, Simplex, Uniform
from xlingual.study.simplex import from_unit_cube

SHARES = np.linspace(0.0, 1.0, 41)
SOME: tuple[tuple[Coordinate, float, float], ...] = (
    (Centred(0.05, 0.5, False), 0.05, 0.5),
    (Centred(1e-5, 1e-3, True), 1e-5, 1e-3),
    (Stick(1), 0.0, 1.0),
    (Stick(10), 0.0, 1.0),
    (LogNormal(3e-5, 2.0), 3e-5 / 8, 3e-5 * 8),
)


@pytest.mark.parametrize(("coordinate", "low", "high"), SOME)
def test_a_share_gives_a_number_of_the_range_and_is_found_again(
    coordinate: Coordinate, low: float, high: float
) -> None:
    values = [coordinate.at_share(share) for share in SHARES]
    assert values == sorted(values) and (values[0], values[-1]) == pytest.approx((low, high))
    assert all(low <= value <= high for value in values)
    assert [coordinate.share_below(value) for value in values] == pytest.approx(SHARES.tolist(), abs=1e-9)


def test_numbers_are_centred_by_the_distributions_that_are_named() -> None:
    plain, log = Centred(1.0, 3.0, False), Centred(0.1, 10.0, True)
    for share in SHARES:
        quantile = stats.beta(2, 2).ppf(share)
        assert plain.at_share(share) == pytest.approx(1.0 + 2.0 * quantile)
        assert math.log10(log.at_share(share)) == pytest.approx(2.0 * quantile - 1.0)


def test_independent_shares_give_weights_of_a_dirichlet_distribution() -> None:
    shares = np.random.default_rng(0).uniform(size=(2000, 3))
    sticks = [Stick(others) for others in (3, 2, 1)]
    weights = np.array([from_unit_cube([s.at_share(u) for s, u in zip(sticks, row, strict=True)]) for row in shares])
    assert weights.sum(axis=1) == pytest.approx(1.0)
    for column in weights.T:
        assert stats.kstest(column, stats.beta(4, 12).cdf).pvalue > 0.01
    covariance = stats.dirichlet(np.full(4, 4.0)).cov()
    assert np.cov(weights.T) == pytest.approx(covariance, abs=0.1 * covariance[0, 0])


def test_whole_numbers_and_options_have_none_and_a_space_that_is_not_centred_those_of_its_own() -> None:
    space = {
        "rate": LogNormal(1e-3, 2.0),
        "share": Uniform(0.0, 1.0),
        "size": LogUniform(0.1, 1.0),
        "steps": Integer(1, 3),
        "place": Choice((1, 2)),
        "weights": Simplex(("de", "es", "ru")),
        "noise": Choice((None, Uniform(0.0, 1.0)), ("off", "on")),
    }
    assert set(coordinates(space, centred=True)) == {"rate", "share", "size", "weights.0", "weights.1", "noise.on"}
    assert coordinates(space, centred=False) == {"rate": LogNormal(1e-3, 2.0)}
