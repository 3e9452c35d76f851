"""Placement on a cluster of two nodes with one CPU each."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ray.cluster_utils import Cluster

pytestmark = pytest.mark.cluster

BEGIN = """
import json, logging, sys, time
import ray
from ray.util.placement_group import placement_group, remove_placement_group
from xlingual.search.groups import groups, namespace_of, remove_left_over
ray.init(address=sys.argv[1], namespace=sys.argv[2], logging_level=logging.ERROR, log_to_driver=False)
"""

# A group that outlives its driver: on purpose here, otherwise through a fault in Ray.
LEAVE_A_GROUP = """
group = placement_group([{"CPU": 0.1}], lifetime="detached")
assert group.wait(60)
print(group.id.hex(), flush=True)
time.sleep(600)
"""

USE_A_GROUP = """
group = placement_group([{"CPU": 0.1}])
assert group.wait(60)
print(group.id.hex(), flush=True)
time.sleep(600)
"""

REMOVE = """
deadline = time.monotonic() + 60
while sum(group.left for group in groups()) < 2 and time.monotonic() < deadline:
    time.sleep(0.2)
removed = remove_left_over()
while {group.key for group in removed} & {group.key for group in groups()} and time.monotonic() < deadline:
    time.sleep(0.2)
print(json.dumps({"removed": [group.key for group in removed], "stay": sorted(group.key for group in groups())}))
"""

ELSEWHERE = """
from xlingual.search.tuning import bundle_elsewhere
from xlingual.search.cluster import driver_resources
nodes = [node["NodeID"] for node in ray.nodes()]
def placed(request, seconds=30):
    group = request.to_placement_group()
    found = group.wait(seconds) and list(ray.util.placement_group_table(group)["bundles_to_node_id"].values())
    remove_placement_group(group)
    return found
for avoided in nodes:
    (there,) = placed(bundle_elsewhere((("CPU", 1),), (avoided,)))
    assert there in nodes and there != avoided
assert placed(bundle_elsewhere((("CPU", 1),), ()))
assert not placed(bundle_elsewhere((("CPU", 1),), tuple(nodes)), 2)

driver = bundle_elsewhere(tuple(driver_resources().items()), ()).to_placement_group()
workers = placement_group([{"CPU": 1}, {"CPU": 1}])
assert driver.wait(30) and workers.wait(30), "a trial's driver takes the place of a worker"
print(json.dumps(len(nodes)))
"""

TOLD = """
from xlingual.search import waiting
waiting.SILENCE = 0.5
lines = []
watch = waiting.Watch(sys.argv[2], lines.append, _next=0.5)
group = placement_group([{"CPU": 2}])
deadline = time.monotonic() + 60
while not lines and time.monotonic() < deadline:
    watch.look(groups(), waiting.rooms_now, time.monotonic())
print(json.dumps(lines))
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    yield cluster.address
    cluster.shutdown()


def program(address: str, namespace: str, text: str) -> list[str]:
    return [sys.executable, "-c", BEGIN + text, address, namespace]


def said(address: str, text: str, namespace: str = "xlingual/1") -> Any:
    """The last line printed by a separate driver."""
    done = subprocess.run(program(address, namespace, text), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_node_that_is_avoided_gets_nothing_and_a_trials_driver_takes_no_workers_cpu(address: str) -> None:
    assert said(address, ELSEWHERE) == 2


def test_what_a_trial_waits_for_is_told(address: str) -> None:
    (line,) = said(address, TOLD)
    assert "for 1 worker of 2 CPU; no node of the cluster is that large; free now: " in line
    assert line.count(" of 1 CPU") == 2


def test_what_a_killed_driver_left_is_removed_and_what_is_other_peoples_stays(address: str) -> None:
    left = {}
    for namespace in ("xlingual/1", "theirs"):
        command = program(address, namespace, LEAVE_A_GROUP)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
            assert driver.stdout is not None
            left[namespace] = driver.stdout.readline().strip()
            driver.kill()
    with subprocess.Popen(program(address, "xlingual/3", USE_A_GROUP), stdout=subprocess.PIPE, text=True) as colleague:
        assert colleague.stdout is not None
        used = colleague.stdout.readline().strip()
        found = said(address, REMOVE, "xlingual/2")
        colleague.kill()
    assert found == {"removed": [left["xlingual/1"]], "stay": sorted([left["theirs"], used])}
