"""Magnitudes: from what a study says to the model's own numbers."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from xlingual.errors import ModelError
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
        """Measure a model that has its pretrained weights still; in double precision.

        Raises:
            ModelError: when all word embeddings are 0.
        """
        table = word_embeddings(model).weight.detach()
        found = float(table.double().pow(2).mean().sqrt())
        if found == 0:
            raise ModelError(
                f"a {type(model).__name__} whose word embeddings are all 0 has no scale that a magnitude could be "
                "relative to; name a pretrained checkpoint"
            )
        return cls(found, unit)

    @property
    def one(self) -> float:
        """The absolute value of a magnitude of 1."""
        return self.root_mean_square if self.unit == "rms" else 1.0

    @property
    def of_norm(self) -> str:
        """What a magnitude speaks of where it is that of an L2 norm."""
        return "root mean square of the elements" if self.unit == "rms" else "L2 norm"

    def both(self, magnitude: float, of: str) -> dict[str, float | str]:
        """Return a magnitude in root mean squares of the word embeddings, absolute, and what it is the magnitude of."""
        absolute = magnitude * self.one
        return {"relative": absolute / self.root_mean_square, "absolute": absolute, "of": of}
