"""One trial inside Ray: in the Tune actor itself with one worker, under Ray Train with several.

Starting Ray Train costs about half a minute a trial; a reused Tune actor costs a fraction of a second. The training
function is the same.
"""

from __future__ import annotations

import shutil
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
import torch
from ray import tune
from torch import Tensor, nn

from xlingual.errors import OutOfMemory, StorageError, TrialDiverged
from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.attached import attach
from xlingual.records.files import write_text
from xlingual.records.layout import TrialDirectory
from xlingual.records.lease import Holder
from xlingual.search.failures import OWN, PLACE, TO_MEND, causes_of, failure_of
from xlingual.search.hung import end_hung, forget, word_of_workers
from xlingual.search.interface import ReachableTorch
from xlingual.search.own_node import Expected, check_software, make_toy_world, model_here
from xlingual.search.placement import Demand, elsewhere
from xlingual.search.preemption import notice_of_leaving
from xlingual.study import TrialConfiguration
from xlingual.tasks import Task
from xlingual.training.execution import Execution
from xlingual.training.freed_memory import keep_freed_memory, release_free_memory
from xlingual.training.lookout import LONGEST
from xlingual.training.loop import train_trial
from xlingual.training.memory import NO_THRIFT, Thrift
from xlingual.training.watch import LEAST, Watch
from xlingual.training.worker import Report, SoloWorker


@dataclass(frozen=True)
class TrialTask:
    """What every trial of a study shares.

    Attributes:
        storage: the study's directory, by the path that all nodes use.
        url: what it is the mirror of on every node; None where all nodes see the directory itself.
        demand: workers and resources.
        models: by arm, the checkpoint's hub id with its commit, or its absolute path.
        inputs: by model, a reference to `TrialInputs` in Ray's object store.
        keep_model: whether trained models are kept (replicates).
        execution: how a trial is computed.
        expected: what a node must have in common with the driver; None on the driver's own machine.
    """

    storage: Path
    url: str | None
    demand: Demand
    models: dict[str, str]
    inputs: dict[str, Any]
    keep_model: bool
    execution: Execution
    expected: Expected | None = None

    def trial(self, fingerprint: str) -> TrialDirectory:
        """Return the records of a trial, as this process is to use them."""
        if self.url is not None:
            attach(self.url, self.storage)
        return TrialDirectory(self.storage / "trials" / fingerprint)


def train_driver_fn(config: dict[str, Any], task: TrialTask) -> None:
    """Drive one try of a trial: Tune's function.

    It says itself what failed, as the exception may not survive the way to the driver; after a failure that is not the
    trial's own its process is not used again.
    """
    keep_freed_memory()
    release_free_memory()  # of the trial that this actor trained before
    directory = task.trial(config["fingerprint"])
    try:
        if task.demand.is_alone:
            device = torch.device("cuda" if task.demand.gpus_per_worker > 0 else "cpu")
            here = ray.get_runtime_context().get_node_id()

            def hung(line: str) -> None:
                tune.report({"failed": line, "kind": PLACE, "node": here})

            _train(config, task, directory, SoloWorker(device, tune.report), hung=hung)
        else:
            forget(directory)
            train_with_less(
                lambda thrift: _train_with_ray_train(config, task, thrift), lambda line: tune.report({"note": line})
            )
    except Exception as error:
        failure = failure_of(error)
        if not task.demand.is_alone and failure.kind != OWN:
            failure = word_of_workers(directory) or failure
        if failure.kind != OWN:
            with suppress(OSError, StorageError):  # storage may be what failed
                write_text(directory.path / "error.txt", traceback.format_exc())
        here = ray.get_runtime_context().get_node_id() if task.demand.is_alone else ""
        tune.report({"failed": failure.reason, "kind": failure.kind, "node": here})
        if failure.kind not in (OWN, TO_MEND):
            raise


def train_fn_per_worker(loop: dict[str, Any]) -> None:
    """Train as one of several workers: Ray Train's function."""
    keep_freed_memory()
    worker = RayTrainWorker()
    directory = loop["task"].trial(loop["config"]["fingerprint"])
    try:
        _train(loop["config"], loop["task"], directory, worker, thrift=loop["thrift"])
    except TrialDiverged as error:  # every worker sees the same gradient norm
        worker.report({"failed": str(error)})


class RayTrainWorker:
    """A worker of Ray Train's group (gloo on CPUs, nccl on GPUs)."""

    def __init__(self) -> None:
        from ray.train import get_context
        from ray.train.torch import get_device

        context = get_context()
        self.rank: int = context.get_world_rank()
        self.workers: int = context.get_world_size()
        self.device: torch.device = get_device()

    def wrap(self, model: nn.Module) -> nn.Module:
        """Move the model to the device and wrap it for distributed data parallel training."""
        from ray.train.torch import prepare_model

        wrapped: nn.Module = prepare_model(model)
        return wrapped

    def gather(self, value: Any) -> list[Any]:
        """Collect a value from every worker."""
        gathered: list[Any] = [None] * self.workers
        torch.distributed.all_gather_object(gathered, value)
        return gathered

    def hand_on(self, tensor: Tensor) -> Tensor:
        """Return rank 0's tensor on every worker; nccl sends from GPU to GPU."""
        sent = tensor.to(self.device).contiguous()
        torch.distributed.broadcast(sent, src=0)
        return sent.cpu()

    def report(self, report: Report) -> None:
        """Hand a report to Ray Train; every worker does, rank 0's reaches Tune."""
        from ray.train import report as hand_over

        hand_over(dict(report))


def _train(
    config: dict[str, Any],
    task: TrialTask,
    directory: TrialDirectory,
    worker: Any,
    *,
    thrift: Thrift = NO_THRIFT,
    hung: Callable[[str], None] = lambda line: None,
) -> None:
    model = task.models[config["arm"]]
    if task.execution.threads:
        torch.set_num_threads(task.execution.threads)
    inputs: TrialInputs = ray.get(task.inputs[model])
    checkpoint = _checkpoint(model, task.expected, inputs.task)  # which may wait for a download, unwatched
    watch, node = Watch(lambda line: end_hung(line, directory, hung)), ray.get_runtime_context().get_node_id()
    with watch.watching(), notice_of_leaving(node) as leaves:
        train_trial(
            TrialConfiguration.model_validate(config["configuration"]),
            inputs,
            checkpoint,
            directory,
            worker,
            keep_model=task.keep_model,
            execution=task.execution,
            holder=Holder(node, has_left_cluster),
            thrift=thrift,
            alive=watch.alive,
            leaves=leaves,
        )


def _checkpoint(name: str, expected: Expected | None, task: Task) -> Checkpoint:
    """Find the model; on a node that joined a moment ago, nobody may have looked at it and the software yet."""
    if expected is not None:
        check_software(expected)
        make_toy_world(expected)
        model_here(name, expected.models[name])
    return Checkpoint.resolve(name, task)


def has_left_cluster(node: str) -> bool:
    """Whether the node of this id is none of the cluster's now; that it is only slow makes it wait, no more."""
    return node not in {each["NodeID"] for each in ray.nodes() if each["Alive"]}


def train_with_less(train: Callable[[Thrift], None], tell: Callable[[str], None]) -> None:
    """Train with several workers, again with less memory where a pass of one of them did not fit, and tell of it.

    The others wait for its gradient by then and are ended; all begin again at the checkpoint, with what it takes.
    """
    thrift = NO_THRIFT
    while True:
        try:
            return train(thrift)
        except Exception as error:
            short = next((cause for cause in causes_of(error) if isinstance(cause, OutOfMemory)), None)
            if short is None or short.thrift is None:
                raise
            thrift = thrift.joined(Thrift(**short.thrift))
            tell(str(short))


def _train_with_ray_train(config: dict[str, Any], task: TrialTask, thrift: Thrift) -> None:
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer
    from ray.tune.integration.ray_train import TuneReportCallback

    runs = task.storage / "ray" / "train"
    name = f"{config['fingerprint']}-{tune.get_context().get_trial_id()}"
    if thrift != NO_THRIFT:  # a run of the same name would go on where that one failed
        name += f"-{thrift.tokens or 'recompute'}"
    least_is_most = task.demand.workers == task.demand.most_workers
    trainer = TorchTrainer(
        train_fn_per_worker,
        train_loop_config={"config": config, "task": task, "thrift": thrift},
        torch_config=ReachableTorch(timeout_s=int(LEAST)),  # a lost partner is noticed as soon as a hang
        scaling_config=ScalingConfig(
            num_workers=(task.demand.workers if least_is_most else (task.demand.workers, task.demand.most_workers)),
            elastic_resize_monitor_interval_s=LONGEST,  # a resize begins again at the last checkpoint
            use_gpu=task.demand.gpus_per_worker > 0,
            resources_per_worker=task.demand.per_worker,
            label_selector=elsewhere(config["avoid"]) if config["avoid"] else None,
        ),
        run_config=RunConfig(
            name=name,
            storage_path=str(runs),
            callbacks=[TuneReportCallback()],
            failure_config=FailureConfig(max_failures=0, max_preemption_failures=0),  # tries are the queue's to count
        ),
    )
    try:
        trainer.fit()
    finally:
        shutil.rmtree(runs / name, ignore_errors=True)  # the records hold all that matters
