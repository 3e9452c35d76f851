"""The perturbations of one pass on their way up."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from xlingual.robust.balls import Ball
from xlingual.robust.token_layout import Layout


class Ascent:
    """One perturbation for each call of the model that a run makes; each run gets the same until a step is taken.

    Args:
        ball: says start, steps and bound.
        layouts: of each call.
        seed: decides the start.

    Attributes:
        climbs: whether the next run's perturbations ask for a gradient.
    """

    def __init__(self, ball: Ball, layouts: Sequence[Layout], seed: int) -> None:
        self._ball, self._layouts, self._seed = ball, layouts, seed
        self._generator: torch.Generator | None = None
        self._perturbations: list[Tensor] = []
        self.climbs = True

    def __call__(self, call: int, values: Tensor) -> Tensor:
        """Return the perturbation of a call, see `Perturb`."""
        if self._generator is None:
            self._generator = torch.Generator(device=values.device).manual_seed(self._seed)
        if call == len(self._perturbations):
            self._perturbations.append(self._ball.start(values, self._layouts[call], self._generator))
        found = self._perturbations[call].requires_grad_(self.climbs)
        return found

    def climb(self, objective: Tensor) -> None:
        """Take one step up an objective of the last run, (), whose graph is used up; no parameter gets a gradient."""
        self._step(torch.autograd.grad(objective, self._perturbations))

    def climb_as_backpropagated(self) -> None:
        """Take one step with the gradients that backpropagating the last run's loss left."""
        gradients = [perturbation.grad for perturbation in self._perturbations]
        self._step([gradient for gradient in gradients if gradient is not None])

    def _step(self, gradients: Sequence[Tensor]) -> None:
        """Replace each perturbation by a new tensor, so that no graph stays alive."""
        found = zip(self._perturbations, gradients, self._layouts, strict=True)
        self._perturbations = [self._ball.stepped(one.detach(), gradient, part) for one, gradient, part in found]
