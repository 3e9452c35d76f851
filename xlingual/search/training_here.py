"""Training on this machine alone: in this process with one worker, through Ray with several."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from xlingual.activity import entering
from xlingual.errors import PlacementError, TrialDiverged
from xlingual.families import Checkpoint
from xlingual.records.layout import StudyDirectory
from xlingual.search.queue import TrialQueue
from xlingual.search.recording_callback import Item
from xlingual.search.trial import TrialTask
from xlingual.study import TrialConfiguration
from xlingual.training.freed_memory import keep_freed_memory, release_free_memory
from xlingual.training.loop import train_trial
from xlingual.training.memory import NO_THRIFT, Thrift
from xlingual.training.worker import SoloWorker


class Stopped(Exception):
    """The queue says that a trial does not go on."""


def train_here(queue: TrialQueue, task: TrialTask, *, thrift: Thrift = NO_THRIFT) -> None:
    """Train what a queue hands out, one after the other.

    Args:
        queue: hands out items.
        task: what the trials share; its `inputs` are the inputs themselves.
        thrift: how memory is spared from the beginning.

    Raises:
        PlacementError: when this machine lacks what the trials need, or Ray does not start.
    """
    if task.demand.gpus_per_worker > 0 and not torch.cuda.is_available():
        raise PlacementError(
            f"scaling.gpus_per_worker: {task.demand.gpus_per_worker:g}: the study trains on GPUs, and this machine has "
            "none; use a machine like the one that it was trained on"
        )
    if not task.demand.is_alone:
        _train_through_ray(queue, task)
        return
    keep_freed_memory()
    while (item := queue.next()) is not None:
        _train(queue, item, task, thrift)


def _train(queue: TrialQueue, item: Item, task: TrialTask, thrift: Thrift) -> None:
    release_free_memory()  # of the trial before
    if task.execution.threads:
        torch.set_num_threads(task.execution.threads)

    def heard(report: dict[str, Any]) -> None:
        if not queue.reported(item, report):
            raise Stopped

    model = task.models[item["arm"]]
    device = torch.device("cuda" if task.demand.gpus_per_worker > 0 else "cpu")
    try:
        train_trial(
            TrialConfiguration.model_validate(item["configuration"]),
            task.inputs[model],
            Checkpoint.resolve(model, task.inputs[model].task),
            task.trial(item["fingerprint"]),
            SoloWorker(device, heard),
            keep_model=task.keep_model,
            execution=task.execution,
            thrift=thrift,
        )
    except Stopped:
        pass
    except TrialDiverged as error:
        queue.reported(item, {"failed": str(error)})
    queue.returned(item)


def _train_through_ray(queue: TrialQueue, task: TrialTask) -> None:
    import ray

    from xlingual.search.cluster import connected, driver_resources
    from xlingual.search.concurrency import Concurrency
    from xlingual.search.ray_output import kept_in
    from xlingual.search.tuning import train_all

    output = StudyDirectory(task.storage).ray_output
    with kept_in(output), entering("starting Ray", connected("local", task.demand)) as found:
        Concurrency(task.demand, 1).check(found)
        shared = {model: ray.put(inputs) for model, inputs in task.inputs.items()}
        train_all(queue, replace(task, inputs=shared), concurrent=1, driver=driver_resources())
