"""A node that is told to leave, and trials that end with it."""

from __future__ import annotations

import threading
from typing import Any

from ray.train import WorkerGroupError
from ray.train.v2.api.exceptions import PreemptionError
from ray.train.v2.api.preemption import PreemptionInfo

from xlingual.search.failures import PLACE, failure_of
from xlingual.search.preemption import notice_of_leaving


class Cluster:
    """Answers which nodes leave: one answer a question, then the last one again."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.asked = list(answers), 0
        self.done = threading.Event()

    def __call__(self) -> set[str]:
        self.asked += 1
        if self.asked > len(self.answers):
            self.done.set()
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return set(answer)


def test_a_drained_node_is_noticed_and_another_one_is_not() -> None:
    for answers, expected in (
        ([[], ["b"], ["a", "b"]], True),
        ([["b"]], False),
        ([["a"], []], False),  # the drain was called off
        ([["a"], ConnectionError("the head is away")], True),
    ):
        cluster = Cluster(*answers)
        with notice_of_leaving("a", ask=cluster, seconds=0.001) as leaves:
            assert cluster.done.wait(60)
            assert leaves() is expected


def test_a_death_by_preemption_is_its_places() -> None:
    info = PreemptionInfo(deadline_ms=1, preempted_node_to_ranks={"a": [0]})
    assert failure_of(PreemptionError(info)).kind == PLACE
    assert failure_of(WorkerGroupError("lost", {0: RuntimeError("reset"), 1: PreemptionError(info)})).kind == PLACE
