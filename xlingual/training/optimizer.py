"""The optimisers, and the learning-rate schedule: linear warm-up, then linear decay or none."""

from __future__ import annotations

from typing import Any, TypeAlias

import torch
from torch import nn

from xlingual.models.encoder import word_embeddings
from xlingual.study import TrainingSettings
from xlingual.study.optimizers import optimizer_named
from xlingual.training.adafactor import DeviceAdafactor, is_on_gpu

Groups: TypeAlias = list[dict[str, Any]]
"""Parameters, `params`, and their `weight_decay`."""

SMALLEST = 1e-18
"""Adafactor's epsilon1: lower bound of a tensor's mean squared gradient, and of the root of any one weight's moment."""


def make_optimizer(
    model: nn.Module, training: TrainingSettings, trained: nn.Module | None = None
) -> torch.optim.Optimizer:
    """Make the optimiser over what is trained. Biases and norms (tensors of one dimension) do not decay.

    Args:
        model: what answers; its word embeddings are frozen where the settings say so.
        training: the settings.
        trained: the model and what is trained beside it, where there is more.
    """
    if training.freeze_word_embeddings:
        word_embeddings(model).weight.requires_grad_(False)
    parameters = [parameter for parameter in (trained or model).parameters() if parameter.requires_grad]
    groups: Groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": training.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer: torch.optim.Optimizer = optimizer_named(training.optimizer).load()(groups, training)
    return optimizer


def adamw(groups: Groups, training: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW (Loshchilov & Hutter, arXiv 1711.05101): betas 0.9 and 0.999, epsilon 1e-8."""
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=(0.9, 0.999), eps=1e-8, fused=True)


def adafactor(groups: Groups, training: TrainingSettings) -> torch.optim.Optimizer:
    """Adafactor (Shazeer & Stern, arXiv 1804.04235), which T5 and mT5 were trained with.

    Second moments of a matrix are kept as those of its rows and columns, with beta2 = 1 - t^-0.8; no momentum; an
    update of root mean square above d = 1 is scaled down to 1; the step is the learning rate times the tensor's root
    mean square, at least 1e-3.

    torch's differs in three ways from the algorithm of the paper. Its step is at most 1 / sqrt(t) times that root (the
    paper's own schedule), so that a constant learning rate r is constant for the first 1 / r^2 updates: a million at
    T5's 1e-3. It factors every matrix, however narrow. And its epsilon1 bounds moments from below in place of being
    added to squared gradients; torch's default (1.2e-7) is far above the squared gradients of a large model, whose
    updates would then no longer adapt to single weights, so that it is 1e-18 here (in the paper 1e-30, whose square is
    no float32). Weight decay is decoupled, as in AdamW; T5 has none.

    On a GPU the same steps are made without waiting for it, see `DeviceAdafactor`.
    """
    on_gpu = is_on_gpu([parameter for group in groups for parameter in group["params"]])
    kind = DeviceAdafactor if on_gpu else torch.optim.Adafactor
    return kind(groups, lr=training.learning_rate, beta2_decay=-0.8, eps=(SMALLEST, 1e-3), d=1.0)


def learning_rate(training: TrainingSettings, update: int, first_stage: int = 0) -> float:
    """Learning rate of an update, counted from 0.

    Rises linearly over the first `warmup_share` of a stage's updates to `training.learning_rate`. Then it falls
    linearly so that it would reach 0 just after the stage's last update, or stays there where the decay is `constant`.

    Args:
        training: the settings; `training.updates` counts both stages.
        update: counted from the first stage's first.
        first_stage: updates of the first stage; 0 where there is one stage only.
    """
    begin, end = (0, first_stage) if update < first_stage else (first_stage, training.updates)
    place, updates = update - begin, end - begin
    warmup = round(training.warmup_share * updates)
    if place < warmup:
        return float(training.learning_rate * (place + 1) / warmup)
    if training.decay == "constant":
        return float(training.learning_rate)
    return float(training.learning_rate * (updates - place) / max(1, updates - warmup))
