"""Messages while the cluster has no room for a study's trials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlingual.search.groups import Group, namespace_of
from xlingual.search.listener import ClusterUse
from xlingual.search.waiting import Room, Watch, use_of, waiting_line

MINE = namespace_of(Path("/studies/mine"))
TWO_WORKERS = ({"CPU": 1.0}, {"CPU": 1.0})
DRIVER = ({"node:10.0.0.1": 0.001},)
ROOMS = (Room("10.0.0.1", {"CPU": 2.0}, {"CPU": 0.0}), Room("10.0.0.2", {"CPU": 2.0}, {"CPU": 1.0}))


def group(
    key: str = "a", bundles: tuple[dict[str, float], ...] = TWO_WORKERS, placed: bool = False, namespace: str = MINE
) -> Group:
    return Group(key, namespace, bundles, placed, left=False)


def told(*looks: tuple[float, Sequence[Group]]) -> list[str]:
    """Lines of a watch that checked at these moments."""
    lines: list[str] = []
    watch = Watch(MINE, lines.append)
    for now, found in looks:
        watch.look(found, lambda: ROOMS, now)
    return lines


def test_a_trial_that_waits_is_told_of_after_half_a_minute_and_then_ever_less_often() -> None:
    lines = told(*((float(now), [group()]) for now in range(0, 301, 5)))
    waited = [line.split(" has waited ")[1].split(" ")[0] for line in lines]
    assert waited == ["30", "60", "120", "240"]


def test_the_line_says_what_is_waited_for_and_what_is_free() -> None:
    line = waiting_line(group(), ROOMS, 30.0)
    assert line == (
        "no trial is training: one has waited 30 s for 2 workers of 1 CPU; "
        "free now: 10.0.0.1 0 of 2 CPU; 10.0.0.2 1 of 2 CPU"
    )


def test_the_line_says_when_no_node_will_ever_do() -> None:
    line = waiting_line(group(bundles=({"CPU": 1.0, "GPU": 1.0},)), ROOMS, 30.0)
    assert (
        "1 worker of 1 CPU and 1 GPU; no node of the cluster is that large; free now: 10.0.0.1 0 of 2 CPU, 0 of 0 GPU"
        in line
    )


def test_on_a_cluster_that_grows_the_line_says_that_a_node_is_yet_to_start() -> None:
    line = waiting_line(group(bundles=({"CPU": 1.0, "GPU": 1.0},)), ROOMS, 90.0, grows=True)
    assert "1 worker of 1 CPU and 1 GPU; the cluster has yet to start a node that large; free now: " in line


def test_a_large_cluster_makes_no_long_line() -> None:
    line = waiting_line(group(), ROOMS * 50, 30.0)
    assert line.endswith("; 94 more nodes")


def test_nothing_is_said_while_another_trial_of_the_study_trains() -> None:
    assert told(*((float(now), [group(), group("b", placed=True)]) for now in range(0, 301, 5))) == []


def test_a_driver_that_has_its_place_trains_nothing() -> None:
    assert told(*((float(now), [group(), group("b", DRIVER, placed=True)]) for now in range(0, 61, 5)))


def test_waiting_is_counted_anew_after_something_trained() -> None:
    looks = [(0.0, [group()]), (25.0, [group()]), (29.0, [group(placed=True)]), (31.0, [group()]), (59.0, [group()])]
    assert told(*looks) == []
    assert told(*looks, (61.0, [group()]))


def test_what_other_people_wait_for_is_not_told() -> None:
    other = namespace_of(Path("/studies/other"))
    assert other != MINE
    assert told(*((float(now), [group(namespace=other)]) for now in range(0, 301, 5))) == []


def test_the_use_of_a_cluster_is_the_sum_over_its_nodes() -> None:
    gpus = Room("10.0.0.3", {"CPU": 8.0, "GPU": 4.0, "memory": 1e9}, {"CPU": 5.0, "GPU": 1.0})
    assert use_of((*ROOMS, gpus)) == ClusterUse(3, {"CPU": 6.0, "GPU": 3.0}, {"CPU": 12.0, "GPU": 4.0})
    assert use_of(()) == ClusterUse(0, {"CPU": 0.0, "GPU": 0.0}, {"CPU": 0.0, "GPU": 0.0})
