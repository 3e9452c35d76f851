"""What a model family determines about its trials."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from xlingual.study.lengths import Lengths
from xlingual.study.optimizers import DEFAULT_OPTIMIZER
from xlingual.study.windows import WindowSettings


@dataclass(frozen=True)
class FamilyDefaults:
    """Settings of a family (see `xlingual.families`) that trials of its models take where the study leaves them open.

    Attributes:
        lengths: of the model's inputs: windows, or of texts to read and write, none of them null.
        optimizer: the default.
        decay: of the learning rate, the default.
        weight_decay: the default.
    """

    lengths: Lengths = field(default_factory=WindowSettings)
    optimizer: str = DEFAULT_OPTIMIZER
    decay: Literal["linear", "constant"] = "linear"
    weight_decay: float = 0.01
