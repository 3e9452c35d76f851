"""Robust training: fine-tuning that is made to tolerate noise."""

from __future__ import annotations

from torch import nn

from xlingual.robust.robust_training import PlainTraining, RobustTraining, Rows, Run, Term
from xlingual.study import Robust
from xlingual.study.methods import PerturbingMethod
from xlingual.study.robust import methods_of


def robust_training(robust: Robust | None, model: nn.Module) -> RobustTraining:
    """Build what perturbs a model while it is trained.

    Args:
        robust: a trial's; at most one of its methods perturbs.
        model: still with its pretrained weights, for magnitudes are in units of its embedding table.

    Raises:
        ModelError: when the model has no module whose output the method could perturb.
    """
    for method, settings in methods_of(robust, PerturbingMethod):
        training: RobustTraining = method.load()(settings, model)
        return training
    return PlainTraining()


__all__ = [
    "PlainTraining",
    "RobustTraining",
    "Rows",
    "Run",
    "Term",
    "robust_training",
]
