"""Adversarial training: perturbations that are made to harm, by gradient ascent within a norm ball."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from xlingual.robust.ascent import Ascent
from xlingual.robust.balls import Ball
from xlingual.robust.divergence import symmetric_divergence
from xlingual.robust.hook_points import HookPoint
from xlingual.robust.magnitudes import Scale
from xlingual.robust.robust_training import Rows, Run, Term
from xlingual.robust.token_layout import Layout
from xlingual.study.methods.adversarial import Adversarial as Settings


class Adversarial:
    """PGD and FreeLB.

    Passes of each example in an update, where K is `steps`:

    - `freelb` (Zhu et al., arXiv 1909.11764, algorithm 1): K. The gradient that moves the perturbation is that of the
      backward pass that trains, on loss / K. Unlike their code the start is brought into the ball too, and a step
      has no smallest norm of the gradient.
    - `pgd` against the loss (Madry et al., arXiv 1706.06083): K for the perturbation alone, then one to train on the
      last perturbation.
    - `pgd` against the prediction (arXiv 1704.03976; SMART, arXiv 1911.03437, without its momentum): the clean one, K
      for the perturbation, which ascends the symmetric KL divergence from the clean prediction held fixed, and one
      to train on the loss plus `weight` times the divergence, whose gradient flows through both predictions (SMART's
      code holds each fixed in turn). From a start of 0 the divergence has no gradient, and nothing would move.

    Dropout is the same in all runs of a pass. How the divergence of spans is counted: see `Consistency`. In bf16 a
    perturbation of less than about 0.03 rms is lost in the rounding of the first layer, and a divergence from the
    prediction with it: see `xlingual.study.rounding`.

    Args:
        settings: see `xlingual.study.methods.adversarial`.
        model: with its pretrained weights.
    """

    def __init__(self, settings: Settings, model: nn.Module) -> None:
        self._settings = settings
        self._scale = Scale.of(model, settings.unit)
        self._ball = Ball(settings, self._scale)
        self._hook_point = HookPoint(model, settings.place)
        free = settings.attack == "freelb"
        assert not free or settings.against == "loss", "FreeLB trains on the loss that it ascends"
        self.terms = settings.steps if free else 1
        self.passes = settings.steps if free else settings.steps + (1 if settings.against == "loss" else 2)

    def loss_terms(self, rows: Sequence[Rows], run: Run, seed: int) -> Iterator[Term]:
        """Yield the terms, see `RobustTraining`."""
        layouts = [Layout(part) for part in rows]
        ascent = Ascent(self._ball, layouts, seed)
        if self._settings.attack == "freelb":
            yield from self._free(layouts, ascent)
        elif self._settings.against == "loss":
            yield from self._against_loss(layouts, ascent, run)
        else:
            yield from self._against_prediction(layouts, ascent)

    def record(self) -> Mapping[str, Any]:
        """Return each magnitude, relative and absolute, and the root mean square it is relative to."""
        settings, scale = self._settings, self._scale
        of, elements = self._norm()
        found = {"step_size": scale.both(settings.step_size, of, elements)}
        if settings.norm == "l2" and settings.unit == "absolute":
            group = "a token" if settings.over == "token" else "an example"
            of_start = f"half-width of an element times sqrt(elements of {group})"
            found["start"] = scale.both(settings.start, of_start, elements)
        else:
            found["start"] = scale.both(settings.start, "half-width of an element")
        if settings.radius is not None:
            found["radius"] = scale.both(settings.radius, of, elements)
        return {"root_mean_square": scale.root_mean_square, **found}

    def _norm(self) -> tuple[str, int | None]:
        """What step and radius are recorded as, and the elements that it covers, see `Scale.both`."""
        if self._settings.norm == "linf":
            return "largest element", 1
        if self._settings.over == "token":
            return "L2 norm of a token", self._hook_point.width
        if self._settings.unit == "rms":
            return "root mean square of the elements of an example", 1
        return "L2 norm of an example", None

    def pop_squared_norms(self) -> tuple[float, float]:
        """See `RobustTraining.pop_squared_norms`; of the perturbations that are trained on, not of earlier steps."""
        return self._hook_point.pop_squared_norms()

    def _free(self, layouts: Sequence[Layout], ascent: Ascent) -> Iterator[Term]:
        def term(run: Run) -> Tensor:
            with self._hook_point.perturbed(layouts, ascent):
                loss = run().loss
            return loss if self.terms == 1 else loss / self.terms

        for number in range(self.terms):
            ascent.climbs = number < self.terms - 1
            yield term
            if ascent.climbs:
                ascent.climb_as_backpropagated()

    def _against_loss(self, layouts: Sequence[Layout], ascent: Ascent, run: Run) -> Iterator[Term]:
        for _ in range(self._settings.steps):
            with self._hook_point.perturbed(layouts, ascent, measured=False):
                loss = run().loss
            ascent.climb(loss)
        ascent.climbs = False

        def term(run: Run) -> Tensor:
            with self._hook_point.perturbed(layouts, ascent):
                return run().loss

        yield term

    def _against_prediction(self, layouts: Sequence[Layout], ascent: Ascent) -> Iterator[Term]:
        def term(run: Run) -> Tensor:
            clean = run()
            fixed = [logits.detach() for logits in clean.logits]
            for _ in range(self._settings.steps):
                with self._hook_point.perturbed(layouts, ascent, measured=False):
                    noised = run()
                ascent.climb(symmetric_divergence(fixed, noised.logits, clean.weights))
            ascent.climbs = False
            with self._hook_point.perturbed(layouts, ascent):
                noised = run()
            assert self._settings.weight is not None
            divergence = symmetric_divergence(clean.logits, noised.logits, clean.weights)
            return clean.loss + self._settings.weight * divergence

        yield term
