"""Random draws of the shape of what is perturbed."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from xlingual.robust.magnitudes import Recorded, Scale


class Noise:
    """Noise of one distribution, the same whatever it is added to.

    `gaussian` has the magnitude as standard deviation of each element, `uniform` as half-width of each element. `ball`
    is uniform in the L2 ball of each token's vector, whose radius is the magnitude (`absolute`), or the magnitude
    times the root mean square times sqrt(width) (`rms`): in the unit `rms` all three speak of elements.

    Args:
        distribution: see above.
        magnitude: in the unit of `scale`.
        scale: of the model.
        width: elements of a token's vector where the noise is added.
    """

    def __init__(self, distribution: str, magnitude: float, scale: Scale, width: int) -> None:
        self._distribution, self._magnitude, self._scale, self._width = distribution, magnitude, scale, width

    def draw(self, like: Tensor, generator: torch.Generator) -> Tensor:
        """Draw noise for values, (rows, tokens, width), of their shape and type."""
        if self._distribution == "ball":
            return self._in_ball(like.shape, like.device, generator).to(like.dtype)
        if self._distribution == "gaussian":
            unit = torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
        else:
            unit = torch.rand(like.shape, generator=generator, device=like.device, dtype=like.dtype) * 2 - 1
        return unit * (self._magnitude * self._scale.unit_size)

    def record(self) -> dict[str, Recorded]:
        """Return the magnitude, relative and absolute, see `Scale.both`."""
        of = {"gaussian": "standard deviation of an element", "uniform": "half-width of an element"}
        if self._distribution in of:
            return {"magnitude": self._scale.both(self._magnitude, of[self._distribution])}
        return {"magnitude": self._scale.both(self._magnitude, "L2 norm of a token at the ball's surface", self._width)}

    def _in_ball(self, shape: torch.Size, device: torch.device, generator: torch.Generator) -> Tensor:
        """A gaussian has an even direction; the share of a ball within radius r of 1 is r^width."""
        direction = torch.randn(shape, generator=generator, device=device)
        inside = torch.rand((*shape[:-1], 1), generator=generator, device=device).pow(1 / shape[-1])
        radius = self._magnitude * self._scale.unit_size
        if self._scale.unit == "rms":
            radius *= math.sqrt(shape[-1])
        length: Tensor = torch.linalg.vector_norm(direction, dim=-1, keepdim=True)
        return direction * (radius * inside / length)
