"""AdamW with linear warm-up and linear decay."""

from __future__ import annotations

import torch
from torch import nn

from xlingual.models.encoder import word_embeddings
from xlingual.study import TrainingSettings


def make_optimizer(model: nn.Module, training: TrainingSettings) -> torch.optim.AdamW:
    """Make AdamW (Loshchilov & Hutter, arXiv 1711.05101) over what is trained.

    Biases and layer-norm weights (every tensor of one dimension) do not decay; betas 0.9 and 0.999, epsilon 1e-8.
    """
    if training.freeze_word_embeddings:
        word_embeddings(model).weight.requires_grad_(False)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": training.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=training.learning_rate, betas=(0.9, 0.999), eps=1e-8, fused=True)


def learning_rate(training: TrainingSettings, update: int) -> float:
    """Learning rate of an update, counted from 0.

    Rises linearly over the first `warmup_share` of the updates to `training.learning_rate`, then falls linearly so
    that it would reach 0 just after the last update.
    """
    warmup = round(training.warmup_share * training.updates)
    if update < warmup:
        return float(training.learning_rate * (update + 1) / warmup)
    return float(training.learning_rate * (training.updates - update) / max(1, training.updates - warmup))
