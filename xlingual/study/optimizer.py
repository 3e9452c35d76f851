"""What an optimiser says of itself, without torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlingual.extensions import resolve


@dataclass(frozen=True, slots=True)
class Optimizer:
    """An optimiser.

    Attributes:
        name: its value of `training.optimizer`.
        title: what sentences call it, as in a model's card.
        implementation: what builds it, as `module:attribute`. It is called with parameter groups, each with `params`
            and `weight_decay`, and with the trial's `TrainingSettings`, and returns a `torch.optim.Optimizer` whose
            groups have `lr`.
        exact_when_trimmed: whether a trimmed vocabulary gives the same training as the whole one. It does where a row
            of the word embeddings whose gradient is always zero is scaled by 1 - learning rate x weight decay at each
            step, and changes no other weight's step. The vocabulary is trimmed under no other optimiser.
    """

    name: str
    title: str
    implementation: str
    exact_when_trimmed: bool = False

    def load(self) -> Any:
        """Import what builds it.

        Raises:
            ExtensionError: when it cannot be imported.
        """
        return resolve(self.implementation, f"training.optimizer: {self.name}")
