"""The test stage without Ray: which replicate reads which data."""

from __future__ import annotations

import pytest

from xlingual.records.state import ReplicateState
from xlingual.search.answer_tasks import find_candidates
from xlingual.search.examiner import answer_task
from xlingual.search.placement import Demand
from xlingual.search.stages.test import distinct


def test_arms_that_chose_the_same_configuration_are_read_for_once() -> None:
    """Otherwise, shares of a model's answers from several workers would be mixed with those of an identical model."""
    replicates = [
        ReplicateState(arm, seed, f"{model}-{seed}", model, "finished")
        for arm, model in (("plain", "x"), ("twin", "x"), ("other", "y"))
        for seed in (10101, 10102)
    ]
    found = distinct(replicates)
    assert [(one.arm, one.seed) for one in found] == [
        (arm, seed) for arm in ("plain", "other") for seed in (10101, 10102)
    ]


@pytest.mark.parametrize(("gpus", "calls"), [(0, 0), (0.5, 1), (1, 1)])
def test_a_process_that_scores_on_a_gpu_answers_once(gpus: float, calls: int) -> None:
    """Otherwise it keeps the GPU's memory, and its first device; Ray forgets that where GPUs are asked for later."""
    task = answer_task(Demand(workers=2, cpus_per_worker=3, gpus_per_worker=gpus))
    assert task._function is find_candidates
    assert (task._num_cpus, task._num_gpus, task._max_calls) == (3, gpus, calls)
