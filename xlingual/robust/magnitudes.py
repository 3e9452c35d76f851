"""Magnitudes: from what a study says to the model's own numbers."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from xlingual.models.encoder import word_embeddings


@dataclass(frozen=True)
class Scale:
    """What a magnitude of 1 is.

    Attributes:
        root_mean_square: of the elements of the word embeddings as pretrained, of the whole table.
        unit: `rms` (a magnitude counts in these) or `absolute` (in 1).
    """

    root_mean_square: float
    unit: str

    @classmethod
    def of(cls, model: nn.Module, unit: str) -> Scale:
        """Measure a model that has its pretrained weights still; in double precision."""
        table = word_embeddings(model).weight.detach()
        return cls(float(table.double().pow(2).mean().sqrt()), unit)

    @property
    def one(self) -> float:
        """The absolute value of a magnitude of 1."""
        return self.root_mean_square if self.unit == "rms" else 1.0

    def both(self, magnitude: float) -> dict[str, float]:
        """Return a magnitude relative to the root mean square, and absolute."""
        absolute = magnitude * self.one
        return {"relative": absolute / self.root_mean_square, "absolute": absolute}
