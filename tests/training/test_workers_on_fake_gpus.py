"""Updates of several workers, and with activations computed twice, on a GPU that computes nothing: no one waits.

The workers' processes are torch's fake process group, and what they exchange is each worker's own: it is torch's
DistributedDataParallel around our passes that is run, not the exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from unittest.mock import patch

import pytest
import torch
import torch.distributed
from fake_gpu import GPU, FakeGpu, packing_gpu
from robust_families import Family
from torch import nn
from torch.testing._internal.distributed.fake_pg import FakeStore

from xlingual.training.execution import Execution
from xlingual.training.model import TrainedModel
from xlingual.training.order import training_order
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker, Worker

SHAPES = "torch.nn.parallel.distributed._verify_param_shape_across_processes"
"""Compares the workers' values."""


@dataclass
class OneOfTwo(SoloWorker):
    """The first of two workers."""

    device: torch.device = GPU
    workers: int = 2
    gpu: FakeGpu = field(default_factory=FakeGpu)
    exchanged: list[int] = field(default_factory=list)

    def wrap(self, model: nn.Module) -> nn.Module:
        """Join the gradients of both, whose exchange gives back what this one has."""

        def exchange(state: object, bucket: torch.distributed.GradBucket) -> torch.futures.Future[torch.Tensor]:
            self.exchanged.append(bucket.buffer().numel())
            done: torch.futures.Future[torch.Tensor] = torch.futures.Future()
            done.set_result(bucket.buffer())
            return done

        with self.gpu, patch(SHAPES):
            joined = nn.parallel.DistributedDataParallel(model)
        exchange.__annotations__ = {}  # torch compares them, and these are strings
        joined.register_comm_hook(None, exchange)
        return joined


@pytest.fixture
def process_group() -> Iterator[None]:
    torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=2)
    yield
    torch.distributed.destroy_process_group()


def updated(family: Family, worker: Worker, gpu: FakeGpu, execution: Execution, precision: str) -> TrainedModel:
    """Do one update of four micro-batches, of which two workers do two each; inputs share a row."""
    configuration = family.configuration(None, updates=3, batch_size=8, micro_batch_size=2, precision=precision)
    order = training_order(configuration, family.inputs.train, family.inputs.of_mixture(None))
    with packing_gpu():
        model = TrainedModel(configuration, family.inputs, family.resolved, worker, execution)
        updater = Updater(configuration, order, model, worker)
        with gpu:
            updater.update(0)
    return model


@pytest.mark.usefixtures("process_group")
def test_no_update_of_several_workers_waits(family_of: Callable[[str], Family], gpu: FakeGpu) -> None:
    worker = OneOfTwo(gpu=gpu)
    model = updated(family_of("xlm_roberta"), worker, gpu, Execution(), "bf16")
    assert "\n".join(map(str, gpu.syncs)) == ""
    trained = sum(parameter.numel() for parameter in model.forward.parameters() if parameter.requires_grad)
    assert sum(worker.exchanged) == trained  # once, after the last micro-batch
    assert gpu.operations["aten::_flash_attention_forward"] == 2 * model.plain.config.num_hidden_layers  # type: ignore[union-attr, operator]


def test_no_update_waits_where_activations_are_computed_again(family_of: Callable[[str], Family], gpu: FakeGpu) -> None:
    execution = Execution(activation_checkpointing=True)
    model = updated(
        family_of("xlm_roberta"), SoloWorker(device=GPU), gpu, execution, "fp32"
    )  # autocast is not seen again
    assert "\n".join(map(str, gpu.syncs)) == ""
    layers = model.plain.config.num_hidden_layers  # type: ignore[union-attr]
    assert gpu.operations["aten::_efficient_attention_forward"] == 2 * 4 * layers  # type: ignore[operator]
