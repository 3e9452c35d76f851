"""Robust training: fine-tuning that is made to tolerate noise."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from torch import nn

from xlingual.models.encoder import word_embeddings
from xlingual.robust.embedding_noise import EmbeddingNoise
from xlingual.study import TrialConfiguration


class RobustTraining(Protocol):
    """Changes how one micro-batch's loss is computed."""

    def around(self, seed: int) -> AbstractContextManager[object]:
        """Return a context in which the model's forward pass is perturbed with the noise that `seed` decides."""


class PlainTraining:
    """No robust training."""

    def around(self, seed: int) -> AbstractContextManager[object]:
        """Return a context that changes nothing."""
        return nullcontext()


def robust_training(configuration: TrialConfiguration, model: nn.Module) -> RobustTraining:
    """Build the robust training of a trial configuration.

    Args:
        configuration: names the method and its magnitude.
        model: still with its pretrained weights, for magnitudes are in units of its embedding table.
    """
    noise = configuration.robust.embedding_noise if configuration.robust else None
    if noise is None:
        return PlainTraining()
    return EmbeddingNoise(word_embeddings(model), noise.distribution, noise.magnitude)


__all__ = ["EmbeddingNoise", "PlainTraining", "RobustTraining", "robust_training"]
