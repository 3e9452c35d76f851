"""Robust training: fine-tuning that is made to tolerate noise."""

from __future__ import annotations

from torch import nn

from xlingual.robust.hook_points import HookPoint
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


def hook_points_of(robust: RobustTraining) -> list[HookPoint]:
    """Where a method adds its perturbations."""
    return [part for part in vars(robust).values() if isinstance(part, HookPoint)]


__all__ = [
    "HookPoint",
    "PlainTraining",
    "RobustTraining",
    "Rows",
    "Run",
    "Term",
    "hook_points_of",
    "robust_training",
]
