"""The families that every method has to work with, and what training under each variant leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from robust_families import FAMILIES, Family
from robust_trace import Trace, trace
from robust_variants import ALL, COMBINATIONS


@pytest.fixture(scope="session", params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return FAMILIES[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def plain(family: Family) -> Trace:
    """Two updates of two micro-batches each in plain training."""
    return trace(family, family.configuration())


@pytest.fixture(scope="session")
def traced(family: Family) -> Callable[[str], Trace]:
    """The same under a variant or a combination, trained once."""
    return cache(lambda name: trace(family, family.configuration((ALL | COMBINATIONS)[name])))
