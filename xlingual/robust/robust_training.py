"""What the implementation of every perturbing method is: loss terms in place of the plain loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from torch import Tensor

from xlingual.models.outcome import Outcome


class Run(Protocol):
    """Runs the model on a pass's inputs."""

    def __call__(self, *, draw: int = 0) -> Outcome:
        """Runs of one draw have the same dropout, so that they differ by the perturbation; draws are independent."""
        ...


Term: TypeAlias = Callable[[Run], Tensor]
"""A loss, (), of runs of the model; the terms of a pass are backpropagated one after another, and their sum counts."""


@dataclass(frozen=True)
class Rows:
    """How the examples of one call of the model are laid out in its inputs.

    Attributes:
        lengths: tokens of each.
        packed: whether they follow each other in one row; else each has a row, padded at its end.
    """

    lengths: tuple[int, ...]
    packed: bool


class RobustTraining(Protocol):
    """One method, or none.

    Attributes:
        passes: how often each example goes forward through the model and a gradient back, in one update.
        terms: the number of loss terms of one pass.
    """

    passes: int
    terms: int

    def loss_terms(self, rows: Sequence[Rows], run: Run, seed: int) -> Iterator[Term]:
        """Yield the terms of a pass; each is backpropagated before the next one is asked for.

        A term's argument runs the model in the way in which workers join their gradients. `run` is for a method's own
        use between two terms: no gradient of it may reach the parameters.

        Args:
            rows: of each call of the model that one run makes, in order.
            run: see above.
            seed: decides all random numbers of the pass's perturbations, and touches no other random stream.
        """
        ...

    def record(self) -> Mapping[str, Any]:
        """Return what the magnitudes amount to for the model at hand, relative and absolute; empty without any."""
        ...

    def pop_squared_norms(self) -> tuple[float, float]:
        """Return sums of squares since the last call, over all perturbed elements, and start again from 0.

        Returns:
            Of the perturbation, and of what it was added to. The square root of their ratio is its relative size.
        """
        ...


class PlainTraining:
    """No robust training."""

    passes = 1
    terms = 1

    def loss_terms(self, rows: Sequence[Rows], run: Run, seed: int) -> Iterator[Term]:
        """Yield the task's loss."""
        yield lambda run: run().loss

    def record(self) -> Mapping[str, Any]:
        """Return nothing: there is no magnitude."""
        return {}

    def pop_squared_norms(self) -> tuple[float, float]:
        """Return zeros."""
        return 0.0, 0.0
