"""Random draws of the shape of what is perturbed."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from xlingual.robust.magnitudes import Scale


class Noise:
    """Noise of one distribution, the same whatever it is added to.

    `gaussian` has the magnitude as standard deviation of each element, `uniform` as half-width of each element. `ball`
    is uniform in the L2 ball of each token's vector, whose radius is the magnitude (`absolute`), or the magnitude
    times the root mean square times sqrt(width) (`rms`): in the unit `rms` all three speak of elements.

    Args:
        distribution: see above.
        magnitude: in the unit of `scale`.
        scale: of the model.
    """

    def __init__(self, distribution: str, magnitude: float, scale: Scale) -> None:
        self._distribution, self._magnitude, self._scale = distribution, magnitude, scale

    def draw(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Draw noise for values, (rows, tokens, width), of their shape and type."""
        if self._distribution == "ball":
            return self._in_ball(like.shape, like.device, generator).to(like.dtype)
        if self._distribution == "gaussian":
            unit = torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
        else:
            unit = torch.rand(like.shape, generator=generator, device=like.device, dtype=like.dtype) * 2 - 1
        return unit * (self._magnitude * self._scale.one)

    def record(self) -> dict[str, dict[str, float | str]]:
        """Return the magnitude, relative and absolute, see `Scale.both`."""
        of = {"gaussian": "standard deviation of an element", "uniform": "half-width of an element"}
        in_ball = f"{self._scale.of_norm} of a token at the ball's surface"
        return {"magnitude": self._scale.both(self._magnitude, of.get(self._distribution, in_ball))}

    def _in_ball(self, shape: torch.Size, device: torch.device, generator: torch.Generator) -> Tensor:
        """A gaussian has an even direction; the share of a ball within radius r of 1 is r^width."""
        direction = torch.randn(shape, generator=generator, device=device)
        inside = torch.rand((*shape[:-1], 1), generator=generator, device=device).pow(1 / shape[-1])
        radius = self._magnitude * self._scale.one
        if self._scale.unit == "rms":
            radius *= math.sqrt(shape[-1])
        length: Tensor = torch.linalg.vector_norm(direction, dim=-1, keepdim=True)
        return direction * (radius * inside / length)
