"""The optimisers that a trial may be trained with: what each says of itself, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from xlingual.errors import RecordError
from xlingual.extensions import registered, resolve
from xlingual.study.messages import did_you_mean
from xlingual.study.section import LeafDoc


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


ADAMW = Optimizer("adamw", "AdamW", "xlingual.training.optimizer:adamw", exact_when_trimmed=True)
ADAFACTOR = Optimizer("adafactor", "Adafactor", "xlingual.training.optimizer:adafactor")
"""Not exact when trimmed: its steps are in proportion to the root mean square of the whole table."""

OPTIMIZERS: Mapping[str, Optimizer] = registered("xlingual.optimizers", Optimizer, (ADAMW, ADAFACTOR))
"""By the value of `training.optimizer`."""

DEFAULT_OPTIMIZER = ADAMW.name


def optimizer_named(name: str) -> Optimizer:
    """Return the optimiser of a trial's settings.

    Raises:
        RecordError: when no installed package adds it.
    """
    found = OPTIMIZERS.get(name)
    if found is None:
        raise RecordError(
            f"training.optimizer: a record names {name!r}, which no installed package adds; install the package that "
            f"it was made with ({did_you_mean(name, tuple(OPTIMIZERS))})"
        )
    return found


if TYPE_CHECKING:
    OptimizerName: TypeAlias = str
else:
    *_most, _last = OPTIMIZERS
    OptimizerName = Annotated[Literal[tuple(OPTIMIZERS)], LeafDoc(f"{', '.join(_most)} or {_last}", DEFAULT_OPTIMIZER)]
