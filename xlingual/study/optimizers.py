"""All optimisers: those that are built in, then those of installed packages. One entry is all that one needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from xlingual.errors import RecordError
from xlingual.extensions import registered
from xlingual.study.messages import did_you_mean
from xlingual.study.optimizer import Optimizer
from xlingual.study.section import LeafDoc

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
