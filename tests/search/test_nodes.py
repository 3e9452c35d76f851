"""A faulty node is excluded, and failures there do not count against the trial."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from xlingual.errors import PlacementError
from xlingual.records.layout import StudyDirectory
from xlingual.search.concurrency import FIXED, Concurrency, Growth, NodeType
from xlingual.search.failures import OWN, PLACE, TO_MEND, UNKNOWN, Failure
from xlingual.search.nodes import Nodes
from xlingual.search.placement import Demand
from xlingual.search.survey import Node, Survey

FAULT = "/studies/mine is not shared with that node"
BROKE = Failure(UNKNOWN, "FileNotFoundError: reports.jsonl")


class Cluster:
    """Nodes of one CPU each, whose faults are set by the test."""

    def __init__(self, *keys: str) -> None:
        self.keys, self.faults, self.storage = list(keys), dict[str, str](), None
        self.looks = 0
        self.looked_at: list[str] = []

    def ask(self, study: Path, keys: Collection[str] | None = None) -> Survey:
        self.looks += 1
        self.looked_at = sorted(self.keys if keys is None else keys)
        if self.storage is not None:
            return Survey((), self.storage)
        return Survey(tuple(Node(key, f"10.0.0.{key}", {"CPU": 1.0}, self.faults.get(key)) for key in self.looked_at))

    storage: str | None


class Watched:
    """A cluster, the study's view of it, and the reported lines."""

    def __init__(self, *keys: str, workers: int = 1, growth: Growth | None = FIXED) -> None:
        self.cluster, self.lines = Cluster(*keys), list[str]()
        directory = StudyDirectory(Path("/studies/mine"))
        concurrency = Concurrency(Demand(workers, 1, 0), "auto", growth)
        self.nodes = Nodes(directory, concurrency, self.lines.append, self.cluster.ask)


def test_a_node_with_a_fault_at_the_start_is_left_out_and_named_once() -> None:
    watched = Watched("1", "2", "3")
    watched.cluster.faults["3"] = FAULT
    watched.nodes.check()
    watched.nodes.look()
    assert watched.nodes.avoid() == ["3"]
    assert len(watched.nodes.usable) == 2
    assert watched.lines == [
        f"node 10.0.0.3 is left out: {FAULT}",
        "2 trials run in parallel: as many as fit the 2 nodes that are up",
    ]
    assert watched.nodes.trials() == 2


def test_another_number_of_trials_that_is_asked_for_holds_from_then_on_and_as_nodes_come() -> None:
    watched = Watched("1", "2", "3")
    watched.nodes.check()
    assert watched.nodes.trials() == 3
    watched.nodes.ask(2)
    assert watched.nodes.trials() == 2
    assert watched.lines[-1] == (
        "2 trials run in parallel, as scaling.concurrent_trials says; the cluster has room for 3"
    )
    watched.cluster.keys.append("4")
    watched.nodes.follow(watched.cluster.keys)
    assert watched.nodes.trials() == 2
    watched.nodes.ask("auto")
    assert watched.nodes.trials() == 4


@pytest.mark.parametrize(("workers", "faulty"), [(1, ["1", "2"]), (2, ["2"])])
def test_a_start_with_too_few_nodes_without_fault_is_refused(workers: int, faulty: list[str]) -> None:
    watched = Watched("1", "2", workers=workers)
    watched.cluster.faults = dict.fromkeys(faulty, FAULT)
    with pytest.raises(PlacementError, match=r"too few nodes can take part .*: node 10\.0\.0\..*: .* --storage"):
        watched.nodes.check()


def test_storage_is_not_blamed_for_a_node_that_does_not_answer() -> None:
    watched = Watched("1")
    watched.cluster.faults["1"] = "it cannot run a process (no answer in 60 s)"
    with pytest.raises(PlacementError, match=r"take part .*: node 10\.0\.0\.1: .* \(no answer in 60 s\)$"):
        watched.nodes.check()


def test_a_driver_that_cannot_write_is_refused_for_that() -> None:
    watched = Watched("1")
    watched.cluster.storage = "/studies/mine cannot be written (Read-only file system)"
    with pytest.raises(PlacementError, match=r"cannot be written \(Read-only file system\); name another directory"):
        watched.nodes.check()


def test_a_failure_on_a_node_that_has_a_fault_since_is_the_nodes() -> None:
    watched = Watched("1", "2", "3")
    watched.nodes.check()
    watched.cluster.faults["3"] = FAULT
    blamed = watched.nodes.blame(BROKE, [])
    assert blamed == Failure(PLACE, f"node 10.0.0.3: {FAULT}")
    assert watched.nodes.avoid() == ["3"]


def test_a_second_trial_that_was_there_when_the_node_was_left_out_is_not_blamed_either() -> None:
    watched = Watched("1", "2", "3")
    watched.nodes.check()
    watched.cluster.faults["3"] = FAULT
    assert [watched.nodes.blame(BROKE, []).kind for _ in range(2)] == [PLACE, PLACE]


def test_a_failure_away_from_the_node_is_the_trials() -> None:
    watched = Watched("1", "2", "3")
    watched.cluster.faults["3"] = FAULT
    watched.nodes.check()
    assert watched.nodes.blame(BROKE, watched.nodes.avoid()) == BROKE


def test_a_failure_on_nodes_without_fault_is_the_trials() -> None:
    watched = Watched("1", "2")
    watched.nodes.check()
    assert watched.nodes.blame(BROKE, []) == BROKE


def test_what_a_trial_did_itself_is_never_a_nodes_and_asks_no_node() -> None:
    watched = Watched("1", "2")
    watched.nodes.check()
    watched.cluster.faults["2"] = FAULT
    diverged = Failure(OWN, "the loss is not finite")
    assert watched.nodes.blame(diverged, []) == diverged
    assert watched.cluster.looks == 1


def test_storage_that_fails_everywhere_is_no_nodes_fault() -> None:
    watched = Watched("1", "2")
    watched.nodes.check()
    watched.cluster.storage = "/studies/mine cannot be written (No space left on device)"
    blamed = watched.nodes.blame(BROKE, [])
    assert blamed == Failure(PLACE, watched.cluster.storage)
    assert watched.nodes.avoid() == []


@pytest.mark.parametrize(("workers", "kind"), [(1, PLACE), (2, TO_MEND)])
def test_a_study_stops_when_too_few_nodes_are_left_for_a_trial(workers: int, kind: str) -> None:
    watched = Watched("1", "2", workers=workers)
    watched.nodes.check()
    watched.cluster.faults["2"] = FAULT
    blamed = watched.nodes.blame(BROKE, [])
    assert blamed.kind == kind
    assert "10.0.0.2" in blamed.reason


def test_a_node_whose_fault_is_gone_is_used_again() -> None:
    watched = Watched("1", "2")
    watched.cluster.faults["2"] = FAULT
    watched.nodes.check()
    watched.cluster.faults.clear()
    watched.nodes.look()
    assert watched.nodes.avoid() == []
    assert watched.lines[-2:] == [
        "node 10.0.0.2 is used again",
        "2 trials run in parallel: as many as fit the 2 nodes that are up",
    ]


def test_a_next_try_runs_elsewhere_where_there_is_an_elsewhere() -> None:
    watched = Watched("1", "2")
    watched.nodes.check()
    assert watched.nodes.avoid("2") == ["2"]
    watched.cluster.faults["1"] = FAULT
    watched.nodes.look()
    assert watched.nodes.avoid("2") == ["1"]


def test_nodes_that_join_are_looked_at_alone_and_then_used() -> None:
    watched = Watched("1", "2", growth=None)
    watched.nodes.check()
    watched.cluster.keys += ["3", "4"]
    watched.cluster.faults["4"] = FAULT
    watched.nodes.follow(watched.cluster.keys)
    assert watched.cluster.looked_at == ["3", "4"]
    assert watched.nodes.avoid() == ["4"]
    assert watched.nodes.trials() == 3
    assert watched.lines[-2:] == [
        f"node 10.0.0.4 is left out: {FAULT}",
        "3 trials run in parallel: as many as fit the 3 nodes that are up",
    ]
    watched.nodes.follow(watched.cluster.keys)
    assert watched.cluster.looks == 2


def test_nodes_that_went_are_counted_no_more_and_none_is_asked() -> None:
    watched = Watched("1", "2", "3", growth=None)
    watched.nodes.check()
    watched.nodes.follow({"2"})
    assert (watched.nodes.trials(), watched.cluster.looks) == (1, 1)
    watched.nodes.follow(())
    assert watched.nodes.trials() == 1  # which waits, and that is told


def test_a_study_goes_on_where_a_node_may_come_in_place_of_the_last_one() -> None:
    growth = Growth((NodeType("cpu", {"CPU": 1.0}, 2),), 2)
    watched = Watched("1", growth=growth)
    watched.nodes.check()
    watched.cluster.faults["1"] = FAULT
    assert watched.nodes.blame(BROKE, []) == Failure(PLACE, f"node 10.0.0.1: {FAULT}")
    assert watched.nodes.trials() == 1
    assert watched.nodes.may_come and not Watched("1").nodes.may_come
