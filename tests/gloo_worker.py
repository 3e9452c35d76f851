"""Workers of a trial without Ray: processes joined by torch's gloo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.layout import TrialDirectory
from xlingual.study import TrialConfiguration
from xlingual.training.loop import train_trial
from xlingual.training.memory import NO_THRIFT, Thrift
from xlingual.training.worker import Report

IMPORTED_ONCE = [
    "xlingual.training.loop",
    "torch._dynamo",
    "transformers.models.bert.modeling_bert",
    "transformers.models.xlm_roberta.modeling_xlm_roberta",
    "transformers.models.mt5.modeling_mt5",
]
"""Modules that take long to import and that every worker needs."""


class GlooWorker:
    """One of several processes that train a trial."""

    def __init__(self, rank: int, workers: int) -> None:
        self.rank, self.workers, self.device = rank, workers, torch.device("cpu")

    def wrap(self, model: nn.Module) -> nn.Module:
        return DistributedDataParallel(model)

    def gather(self, value: Any) -> list[Any]:
        gathered: list[Any] = [None] * self.workers
        torch.distributed.all_gather_object(gathered, value)
        return gathered

    def hand_on(self, tensor: Tensor) -> Tensor:
        torch.distributed.broadcast(tensor, src=0)
        return tensor

    def report(self, report: Report) -> None:
        pass


class SmallMemory:
    """Makes a pass of more examples than some fail as one does that does not fit into memory.

    Args:
        most: examples that fit.
        recomputed: examples that fit if activations are computed again.
        backward: whether it fails in the backward pass, else in the forward pass.

    Attributes:
        failed: examples of the passes that failed.
    """

    def __init__(self, most: int, recomputed: int, *, backward: bool = False) -> None:
        self.most, self.recomputed, self.backward = most, recomputed, backward
        self.failed: list[int] = []

    def limit(self, losses: nn.Module) -> nn.Module:
        losses.register_forward_hook(self._hook, with_kwargs=True)
        return losses

    def _hook(self, losses: Any, inputs: tuple[Any, ...], named: dict[str, Any], loss: Tensor) -> Tensor:
        rows = sum(len(batch.lengths) for batch in inputs[1]) if len(inputs) > 1 else 0
        recomputes = any(getattr(part, "gradient_checkpointing", False) for part in losses.model.modules())
        if rows > (self.recomputed if recomputes else self.most):
            if not self.backward:
                self._fail(rows)
            loss.register_hook(lambda gradient: self._fail(rows))
        return loss

    def _fail(self, rows: int) -> None:
        self.failed.append(rows)
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 1.50 GiB. GPU 0 has a total capacity of")


Task = tuple[TrialConfiguration, TrialInputs, Path, Path]


def train(
    rank: int, workers: int, rendezvous: Path, tasks: Sequence[Task], thrift: Thrift, second: Path | None
) -> None:
    """Train a sequence of trials as process `rank` of `workers`."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{rendezvous}", rank=rank, world_size=workers)
    try:
        worker = GlooWorker(rank, workers)
        for configuration, inputs, checkpoint, directory in tasks:
            train_trial(
                configuration,
                inputs,
                Checkpoint.at(checkpoint, inputs.task),
                TrialDirectory(second if rank and second else directory),
                worker,
                keep_model=False,
                thrift=thrift,
            )
    finally:
        torch.distributed.destroy_process_group()  # a worker waiting for a failed one fails too


class TwoWorkers:
    """Two processes that train trials together, started at the first trial and then reused."""

    def __init__(self) -> None:
        context = get_context("forkserver")  # PyTorch is imported once for both
        context.set_forkserver_preload(IMPORTED_ONCE)
        self._processes = ProcessPoolExecutor(2, mp_context=context)

    def start(
        self, rendezvous: Path, *tasks: Task, thrift: Thrift = NO_THRIFT, second: Path | None = None
    ) -> Callable[[], None]:
        """Start training.

        Args:
            rendezvous: an unused path for the processes to find each other.
            tasks: tasks in order.
            thrift: how memory is spared.
            second: where the second process finds the records, which it must not read.

        Returns:
            A function that waits for the end and raises a worker's error.
        """
        trained = [self._processes.submit(train, rank, 2, rendezvous, tasks, thrift, second) for rank in range(2)]

        def wait() -> None:
            for one in as_completed(trained):
                one.result()

        return wait

    def stop(self) -> None:
        """Wait for the processes to end."""
        self._processes.shutdown()
