"""Magnitudes: from what a study says to the model's own numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from torch import nn

from xlingual.errors import ModelError
from xlingual.models.encoder import word_embeddings

Recorded: TypeAlias = dict[str, float | str | None]
"""A magnitude as it is recorded, see `Scale.both`."""


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
    def unit_size(self) -> float:
        """The absolute value of a magnitude of 1."""
        return self.root_mean_square if self.unit == "rms" else 1.0

    def both(self, magnitude: float, of: str, elements: int | None = 1) -> Recorded:
        """Return what a magnitude amounts to, in either unit.

        Args:
            magnitude: of an element, or of an L2 norm.
            of: says what it is the magnitude of.
            elements: that the norm covers; None where these depend on the example.

        Returns:
            `relative`: in root mean squares of the word embeddings' elements times sqrt(`elements`), so that each
            method's is that of an element. `absolute`: in 1. What depends on the example is None. `of`: as given.
        """
        given = "relative" if self.unit == "rms" else "absolute"
        found: Recorded = {"relative": None, "absolute": None, "of": of}
        if elements is not None:
            unit = self.root_mean_square * math.sqrt(elements)
            found |= {"relative": magnitude / unit, "absolute": magnitude * unit}
        return found | {given: magnitude}
