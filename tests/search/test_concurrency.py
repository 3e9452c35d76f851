from __future__ import annotations

import pytest

from xlingual.errors import PlacementError
from xlingual.search.concurrency import FIXED, Concurrency, Growth, NodeType
from xlingual.search.placement import HEAD, Demand, Resources, slots

TWO_GPU_NODES = [{"CPU": 8.0, "GPU": 4.0}, {"CPU": 8.0, "GPU": 4.0}, {"CPU": 4.0}]
ON_GPU = Demand(1, 4, 1)
CLOUD_HEAD = {"CPU": 4.0, HEAD: 1.0}
SPOT = {"CPU": 8.0, "GPU": 1.0}
UP_TO_EIGHT = Growth((NodeType("gpu_spot", SPOT, 8),), 8)


def trials(nodes: list[dict[str, float]], demand: Demand, asked: int | str = "auto") -> int:
    return Concurrency(demand, asked).trials(nodes)


def test_as_many_trials_as_fit() -> None:
    assert trials(TWO_GPU_NODES, Demand(1, 1, 1)) == 8


def test_a_worker_lies_on_one_node_but_a_trial_may_span_nodes() -> None:
    assert trials(TWO_GPU_NODES, Demand(2, 1, 3)) == 1
    assert trials([{"CPU": 3.0}], Demand(1, 2, 0)) == 1


@pytest.mark.parametrize(("part", "fitting"), [(0.1, 10), (0.2, 5), (0.25, 4), (0.3, 3)])
def test_a_gpu_holds_as_many_parts_as_it_has(part: float, fitting: int) -> None:
    assert slots([{"CPU": 64.0, "GPU": 1.0}], Demand(1, 1, part)) == fitting


def test_a_number_is_an_upper_bound() -> None:
    assert trials(TWO_GPU_NODES, Demand(1, 1, 1), 3) == 3
    assert trials(TWO_GPU_NODES, Demand(1, 1, 1), 30) == 8


@pytest.mark.parametrize(
    ("nodes", "demand", "growth", "line"),
    [
        (
            [{"CPU": 4.0}],
            Demand(4, 1, 2),
            FIXED,
            "scaling: a trial asks for 4 workers of 1 CPU and 2 GPU, but the cluster has 1 node of 4 CPU. The largest "
            "worker that fits has 4 CPU and 0 GPU: write scaling.gpus_per_worker: 0, or use larger nodes",
        ),
        (
            [{"CPU": 4.0}] * 3 + [{"CPU": 2.0}],
            Demand(8, 2, 0),
            FIXED,
            "scaling: a trial asks for 8 workers of 2 CPU, but the cluster has 3 nodes of 4 CPU; 1 node of 2 CPU. The "
            "largest trial that fits has 7 workers: write scaling.workers_per_trial: 7 or less, or use a larger "
            "cluster",
        ),
        (
            [CLOUD_HEAD],
            Demand(16, 4, 1),
            UP_TO_EIGHT,
            "scaling: a trial asks for 16 workers of 4 CPU and 1 GPU, but the cluster has 1 node of 4 CPU and may grow "
            "to 8 nodes of type gpu_spot (8 CPU, 1 GPU). The largest trial that fits has 8 workers: write "
            "scaling.workers_per_trial: 8 or less, or use a larger cluster",
        ),
        (
            [CLOUD_HEAD],
            Demand(1, 16, 1),
            UP_TO_EIGHT,
            "scaling: a trial asks for 1 worker of 16 CPU and 1 GPU, but the cluster has 1 node of 4 CPU and may grow "
            "to 8 nodes of type gpu_spot (8 CPU, 1 GPU). The largest worker that fits has 8 CPU and 1 GPU: write "
            "scaling.cpus_per_worker: 8 or less, or use larger nodes",
        ),
        (
            [CLOUD_HEAD],
            ON_GPU,
            None,
            "scaling: a trial asks for 1 worker of 4 CPU and 1 GPU, but the cluster has 1 node of 4 CPU. The largest "
            "worker that fits has 4 CPU and 0 GPU: write scaling.gpus_per_worker: 0, or use larger nodes; "
            "where the cluster adds nodes when trials wait, write scaling.concurrent_trials: N",
        ),
        (
            [CLOUD_HEAD],
            ON_GPU,
            Growth((NodeType("local.cluster.node", None, 2),), 2),
            "scaling: a trial asks for 1 worker of 4 CPU and 1 GPU, but the cluster has 1 node of 4 CPU and may grow "
            "to 2 nodes of type local.cluster.node (unknown). The largest worker that fits has 4 CPU and 0 GPU: write "
            "scaling.gpus_per_worker: 0, or use larger nodes; for what nodes of the type local.cluster.node "
            "have, write their resources in the cluster file, or write scaling.concurrent_trials: N in the study",
        ),
    ],
)
def test_a_trial_that_never_fits_is_refused_with_the_largest_that_would(
    nodes: list[dict[str, float]], demand: Demand, growth: Growth | None, line: str
) -> None:
    with pytest.raises(PlacementError) as refused:
        Concurrency(demand, "auto", growth).check(nodes)
    assert str(refused.value) == line


def test_a_cluster_without_workers_counts_those_that_it_may_start() -> None:
    concurrency = Concurrency(ON_GPU, "auto", UP_TO_EIGHT)
    concurrency.check([CLOUD_HEAD])
    assert concurrency.trials([CLOUD_HEAD]) == 8
    assert concurrency.text([CLOUD_HEAD]) == (
        "8 trials run in parallel: the cluster may grow to 8 nodes of type gpu_spot (8 CPU, 1 GPU); now 0 are up"
    )
    assert "; now 3 are up" in concurrency.text([CLOUD_HEAD, SPOT, SPOT, SPOT])


def test_the_number_stays_while_such_nodes_come_and_counts_none_twice() -> None:
    concurrency = Concurrency(ON_GPU, "auto", UP_TO_EIGHT)
    assert [concurrency.trials([CLOUD_HEAD, *[SPOT] * up]) for up in range(9)] == [8] * 9


def test_a_node_that_cannot_be_used_takes_the_place_of_one_that_could_come() -> None:
    present: list[Resources] = [CLOUD_HEAD, SPOT, SPOT]
    concurrency = Concurrency(ON_GPU, "auto", UP_TO_EIGHT)
    assert concurrency.trials(present[:-1], present) == 7


def test_all_types_share_the_clusters_workers_the_largest_first() -> None:
    large = NodeType("large", {"CPU": 32.0, "GPU": 4.0}, 2)
    growth = Growth((NodeType("gpu_spot", SPOT, 8), large, NodeType("cpu", {"CPU": 64.0}, 50)), 6)
    concurrency = Concurrency(ON_GPU, "auto", growth)
    assert concurrency.trials([CLOUD_HEAD]) == 2 * 4 + 4
    assert concurrency.text([CLOUD_HEAD]) == (
        "12 trials run in parallel: the cluster may grow to 6 nodes of type gpu_spot (8 CPU, 1 GPU) and 2 nodes of "
        "type large (32 CPU, 4 GPU); now 0 and 0 are up"
    )


def test_the_head_trains_where_a_trial_fits_it() -> None:
    assert Concurrency(Demand(1, 4, 0), "auto", UP_TO_EIGHT).trials([CLOUD_HEAD]) == 1 + 8 * 2


def test_a_number_larger_than_what_the_cluster_may_grow_to_is_lowered_and_that_is_told() -> None:
    concurrency = Concurrency(ON_GPU, 12, UP_TO_EIGHT)
    assert concurrency.trials([CLOUD_HEAD]) == 8
    assert concurrency.text([CLOUD_HEAD]) == (
        "8 trials run in parallel, not 12 as scaling.concurrent_trials says: the cluster may grow to 8 nodes of type "
        "gpu_spot (8 CPU, 1 GPU); now 0 are up"
    )


def test_a_smaller_number_is_kept() -> None:
    concurrency = Concurrency(ON_GPU, 6, UP_TO_EIGHT)
    assert concurrency.trials([CLOUD_HEAD]) == 6
    assert concurrency.text([CLOUD_HEAD]) == (
        "6 trials run in parallel, as scaling.concurrent_trials says; the cluster has room for 8"
    )


@pytest.mark.parametrize("growth", [None, Growth((NodeType("local.cluster.node", None, 2),), 2)])
def test_where_it_is_not_known_what_may_come_a_number_is_taken_at_its_word(growth: Growth | None) -> None:
    concurrency = Concurrency(ON_GPU, 6, growth)
    concurrency.check([CLOUD_HEAD])
    assert concurrency.trials([CLOUD_HEAD]) == 6
    assert concurrency.text([CLOUD_HEAD]) == (
        "6 trials run in parallel, as scaling.concurrent_trials says; the nodes that are up have room for none"
    )


def test_where_it_is_not_known_what_may_come_auto_follows_the_nodes_that_are_up() -> None:
    concurrency = Concurrency(ON_GPU, "auto", None)
    assert [concurrency.trials([CLOUD_HEAD, *[SPOT] * up]) for up in (1, 2, 5, 0)] == [1, 2, 5, 1]
    assert concurrency.text([CLOUD_HEAD, SPOT, SPOT]) == (
        "2 trials run in parallel: as many as fit the 3 nodes that are up"
    )
