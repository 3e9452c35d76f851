"""AdamW with linear warm-up and linear decay."""

from __future__ import annotations

import torch
from torch import nn

from xlingual.models.encoder import word_embeddings
from xlingual.study import TrainingSettings


def make_optimizer(model: nn.Module, training: TrainingSettings, trained: nn.Module | None = None) -> torch.optim.AdamW:
    """Make AdamW (Loshchilov & Hutter, arXiv 1711.05101) over what is trained.

    Biases and layer-norm weights (every tensor of one dimension) do not decay; betas 0.9 and 0.999, epsilon 1e-8.

    Args:
        model: the encoder with its span head; its word embeddings are frozen where the settings say so.
        training: the settings.
        trained: the model and what is trained beside it, where there is more.
    """
    if training.freeze_word_embeddings:
        word_embeddings(model).weight.requires_grad_(False)
    parameters = [parameter for parameter in (trained or model).parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": training.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=(0.9, 0.999), eps=1e-8, fused=True)


def learning_rate(training: TrainingSettings, update: int, first_stage: int = 0) -> float:
    """Learning rate of an update, counted from 0.

    Rises linearly over the first `warmup_share` of a stage's updates to `training.learning_rate`, then falls linearly
    so that it would reach 0 just after the stage's last update.

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
    return float(training.learning_rate * (updates - place) / max(1, updates - warmup))
