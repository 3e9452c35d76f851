"""Robust training: fine-tuning that is made to tolerate noise."""

from __future__ import annotations

from torch import nn

from xlingual.robust.adversarial import Adversarial
from xlingual.robust.consistency import Consistency
from xlingual.robust.embedding_noise import EmbeddingNoise
from xlingual.robust.method import PlainTraining, RobustTraining, Rows, Run, Term
from xlingual.study import Robust


def robust_training(robust: Robust | None, model: nn.Module) -> RobustTraining:
    """Build what perturbs a model while it is trained.

    Args:
        robust: a trial's; at most one of its methods perturbs.
        model: still with its pretrained weights, for magnitudes are in units of its embedding table.

    Raises:
        ModelError: when the model has nothing at the place that is to be perturbed.
    """
    if robust is None:
        return PlainTraining()
    if robust.embedding_noise is not None:
        return EmbeddingNoise(robust.embedding_noise, model)
    if robust.adversarial is not None:
        return Adversarial(robust.adversarial, model)
    if robust.consistency is not None:
        return Consistency(robust.consistency, model)
    return PlainTraining()


__all__ = [
    "Adversarial",
    "Consistency",
    "EmbeddingNoise",
    "PlainTraining",
    "RobustTraining",
    "Rows",
    "Run",
    "Term",
    "robust_training",
]
