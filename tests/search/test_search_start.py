"""The simulated arms of tests/benchmarks/search_start.py match their description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from benchmark_modules import benchmark_modules

from xlingual.study.simplex import to_unit_cube


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    with benchmark_modules(start="search_start") as modules:
        yield modules.start


def trained(world: Any) -> dict[str, Any]:
    """The baseline's best values."""
    batch = min(world.offsets, key=lambda size: world.offsets[size])
    return {"training.batch_size": batch, "training.learning_rate": 10**world.rate * (batch / 16) ** 0.5}


def treated(share: float, magnitude: float, weights: Any) -> dict[str, Any]:
    units = {f"mixture.weights.{i}": unit for i, unit in enumerate(to_unit_cube(list(weights)))}
    return {"mixture.faq_share": share, "robust.embedding_noise.magnitude": magnitude, **units}


@pytest.mark.parametrize("number", range(5))
def test_the_best_values_attain_what_is_said_beside_the_baselines(bench: Any, number: int) -> None:
    mildest = treated(bench.LOW_SHARE, bench.LOW_MAGNITUDE, np.full(4, 0.25))
    for kind in bench.KINDS:
        world = bench.World(number, kind)
        base, best = trained(world), treated(world.share, 10**world.magnitude, world.weights)
        alone = world.true(base)
        at_best, at_mildest = world.true({**base, **best}), world.true({**base, **mildest})
        if kind == "helpful":
            assert at_mildest == pytest.approx(alone) and at_best == pytest.approx(75.0) and alone < 75.0
        else:
            assert alone == pytest.approx(75.0) == pytest.approx(max(at_best, at_mildest))
        assert (at_best < at_mildest) == (kind == "harmful") and (at_mildest < at_best) == (
            kind in ("balanced", "helpful")
        )


def test_a_search_begins_as_its_start_says_and_chooses_the_highest(bench: Any) -> None:
    share, magnitude = "mixture.faq_share", "robust.embedding_noise.magnitude"
    firsts = {start: bench.sampler(start, bench.TREATMENT, 0).draw(0, ())[1] for start in bench.STARTS}
    assert (firsts["mildest"][share], firsts["mildest"][magnitude]) == (0.05, 0.01)
    assert (firsts["middle"][share], firsts["middle"][magnitude]) == pytest.approx((0.275, 0.1))
    assert firsts["random"][share] not in (0.05, 0.275)
    world = bench.World(0, "balanced")
    chosen = bench.winners(world, "mildest", bench.BASELINE, 1, 5)
    scores = [world.score(values, 1) for values in chosen]
    assert scores == sorted(scores) and chosen[0] == {
        "training.learning_rate": pytest.approx(1e-4),
        "training.batch_size": 8,
    }
