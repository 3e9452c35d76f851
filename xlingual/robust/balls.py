"""Steps of gradient ascent within a norm ball, for each example or each token by itself."""

from __future__ import annotations

import torch
from torch import Tensor

from xlingual.robust.magnitudes import Scale
from xlingual.robust.token_layout import Layout
from xlingual.study.methods.adversarial import Adversarial


class Ball:
    """The norm of a perturbation, its start, its steps and its bound.

    A *group* is what a norm covers: all tokens of an example, or a token's vector. In the unit `rms` an L2 norm counts
    in root mean squares of the word embeddings' elements times sqrt(elements of the group), so that a magnitude means
    the same for a short and a long example. Perturbations are float32; norms are taken in double precision, so that no
    gradient is too small to have a direction.

    Args:
        settings: says the norm and its magnitudes.
        scale: of the model.
    """

    def __init__(self, settings: Adversarial, scale: Scale) -> None:
        self._settings, self._scale = settings, scale
        self._over_tokens = settings.over == "token"

    def start(self, like: Tensor, layout: Layout, generator: torch.Generator) -> Tensor:
        """Draw where the ascent starts, uniform in each element, then brought into the ball; of `like`'s shape."""
        drawn = torch.rand(like.shape, generator=generator, device=like.device, dtype=torch.float32) * 2 - 1
        drawn = drawn * (self._settings.start * self._scale.unit_size)
        if self._settings.norm == "l2" and self._scale.unit == "absolute":
            width = torch.full((), like.shape[-1], dtype=torch.float64, device=like.device)
            covered = width if self._over_tokens else width * layout.lengths(like.device)
            drawn = drawn / covered.sqrt().float()
        mask = layout.token_mask(like.device)
        return self._projected(drawn if mask is None else drawn * mask, layout)

    @torch.no_grad()
    def stepped(self, perturbation: Tensor, gradient: Tensor, layout: Layout) -> Tensor:
        """Go one step up and back into the ball.

        L2: along the gradient over its norm; a group whose gradient is 0 stays. Linf: along its sign (as PGD does;
        FreeLB's code divides by the largest element instead). Neither hangs on the loss's scale: whether the loss is a
        sum or a mean, or weighted, an example's step is the same.
        """
        mask = layout.token_mask(gradient.device)
        if mask is not None:
            gradient = gradient * mask
        size = self._settings.step_size * self._scale.unit_size
        if self._settings.norm == "linf":
            return self._projected(perturbation + size * gradient.sign(), layout)
        norm = self._norm(gradient, layout)
        factor = torch.where(norm == 0, 0.0, size * self._root(gradient, layout) / norm)
        return self._projected(perturbation + (gradient.double() * factor).float(), layout)

    def _projected(self, perturbation: Tensor, layout: Layout) -> Tensor:
        """Bring what lies outside the ball to the nearest point of it."""
        if self._settings.radius is None:
            return perturbation
        radius = self._settings.radius * self._scale.unit_size
        if self._settings.norm == "linf":
            return perturbation.clamp(-radius, radius)
        norm, bound = self._norm(perturbation, layout), radius * self._root(perturbation, layout)
        return perturbation * torch.where(norm > bound, bound / norm, 1.0).float()

    def _norm(self, values: Tensor, layout: Layout) -> Tensor:
        """L2 norm of each group, (rows, tokens or 1, 1), float64; padding must be 0."""
        of_tokens = torch.linalg.vector_norm(values, dim=-1, keepdim=True, dtype=torch.float64)
        return of_tokens if self._over_tokens else layout.over_examples(of_tokens.square()).sqrt()

    def _root(self, values: Tensor, layout: Layout) -> Tensor | float:
        """What an L2 magnitude is multiplied by: sqrt(elements of the group) in the unit `rms`, else 1."""
        if self._scale.unit == "absolute":
            return 1.0
        width = float(values.shape[-1])
        return width**0.5 if self._over_tokens else (layout.lengths(values.device) * width).sqrt()
