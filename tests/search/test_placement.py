from __future__ import annotations

import pytest

from xlingual.errors import PlacementError
from xlingual.search.placement import Demand, concurrent_trials

TWO_GPU_NODES = [{"CPU": 8.0, "GPU": 4.0}, {"CPU": 8.0, "GPU": 4.0}, {"CPU": 4.0}]


def test_as_many_trials_as_fit() -> None:
    assert concurrent_trials(TWO_GPU_NODES, Demand(1, 1, 1), "auto") == 8


def test_a_worker_lies_on_one_node_but_a_trial_may_span_nodes() -> None:
    assert concurrent_trials(TWO_GPU_NODES, Demand(2, 1, 3), "auto") == 1
    assert concurrent_trials([{"CPU": 3.0}], Demand(1, 2, 0), "auto") == 1


def test_a_number_is_an_upper_bound() -> None:
    assert concurrent_trials(TWO_GPU_NODES, Demand(1, 1, 1), 3) == 3
    assert concurrent_trials(TWO_GPU_NODES, Demand(1, 1, 1), 30) == 8


def test_a_trial_that_cannot_fit_is_refused_with_what_is_there() -> None:
    with pytest.raises(PlacementError, match=r"4 workers of 1 CPU and 2 GPU.*4 CPU, 0 GPU"):
        concurrent_trials([{"CPU": 4.0}], Demand(4, 1, 2), "auto")


def test_a_cluster_that_may_grow_takes_a_number_at_its_word_but_cannot_guess() -> None:
    head = [{"CPU": 4.0}]
    assert concurrent_trials(head, Demand(1, 4, 1), 6, may_grow=True) == 6
    with pytest.raises(PlacementError, match=r"write scaling\.concurrent_trials: N"):
        concurrent_trials(head, Demand(1, 4, 1), "auto", may_grow=True)
