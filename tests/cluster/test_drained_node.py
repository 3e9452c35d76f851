"""A node of a real cluster that is drained: what its processes are told."""

from __future__ import annotations

import time

import pytest
import ray


@ray.remote(num_cpus=1)
class Busy:
    """Keeps a node's CPU."""

    def node(self) -> str:
        return str(ray.get_runtime_context().get_node_id())


@pytest.mark.cluster
def test_a_drained_node_is_to_leave_before_it_is_gone() -> None:
    """The notice is that of a spot machine: the node is alive until its deadline."""
    from ray.cluster_utils import Cluster
    from ray.core.generated import autoscaler_pb2
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    from xlingual.search.preemption import nodes_that_leave, notice_of_leaving

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        leaving = cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False)
        place = NodeAffinitySchedulingStrategy(leaving.node_id, soft=False)
        busy = Busy.options(scheduling_strategy=place).remote()  # a node with nothing to do would leave at once
        assert ray.get(busy.node.remote(), timeout=120) == leaving.node_id
        assert nodes_that_leave() == set()
        with (
            notice_of_leaving(leaving.node_id, seconds=0.05) as leaves,
            notice_of_leaving(cluster.head_node.node_id, seconds=0.05) as head_leaves,
        ):
            accepted, why = ray._private.worker.global_worker.gcs_client.drain_node(
                leaving.node_id,
                autoscaler_pb2.DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION"),
                "a spot machine is taken back",
                int((time.time() + 600) * 1000),
            )
            assert accepted, why
            deadline = time.monotonic() + 30
            while not leaves() and time.monotonic() < deadline:
                ray.nodes()  # a question to the cluster in place of a pause
            assert leaves() and not head_leaves()
        assert nodes_that_leave() == {leaving.node_id}
        assert sum(node["Alive"] for node in ray.nodes()) == 2
    finally:
        ray.shutdown()
        cluster.shutdown()
