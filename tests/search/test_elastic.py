"""Trials whose workers may be few or many."""

from __future__ import annotations

import pytest

from xlingual.search.concurrency import Concurrency
from xlingual.search.placement import Demand

ELASTIC = Demand(1, 2, 0, most=4)


@pytest.mark.parametrize(("cpus", "room"), [(1, 0), (2, 1), (6, 1), (8, 1), (15, 1), (16, 2), (24, 3)])
def test_as_many_trials_as_fit_with_the_most_workers_and_one_with_the_least(cpus: float, room: int) -> None:
    concurrency = Concurrency(ELASTIC, "auto")
    assert concurrency.room([{"CPU": cpus}]) == room
    assert concurrency.trials([{"CPU": cpus}]) == max(1, room)


def test_a_trial_says_how_many_workers_it_takes() -> None:
    assert str(ELASTIC) == "1 to 4 workers of 2 CPU"
    assert (str(Demand(1, 1, 1)), str(Demand(2, 1, 0))) == ("1 worker of 1 CPU and 1 GPU", "2 workers of 1 CPU")
    assert [each.is_alone for each in (Demand(1, 1, 0), ELASTIC, Demand(2, 1, 0))] == [True, False, False]
