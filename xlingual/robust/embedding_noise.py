"""Random perturbation of a model's representations while fine-tuning.

Randomised smoothing by random perturbation (Huang et al., EMNLP 2021, arXiv 2104.08645); none when scoring. Their
released code holds no such method, so place, distribution and magnitude are explicit here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from xlingual.robust.hook_points import HookPoint, Perturb
from xlingual.robust.magnitudes import Scale
from xlingual.robust.noise import Noise
from xlingual.robust.robust_training import Rows, Run, Term
from xlingual.robust.token_layout import Layout
from xlingual.study.methods.embedding_noise import EmbeddingNoise as Settings


class EmbeddingNoise:
    """The mean of the loss over `samples` perturbations; a forward and a backward pass for each.

    Args:
        settings: see `xlingual.study.methods.embedding_noise`.
        model: with its pretrained weights.
    """

    def __init__(self, settings: Settings, model: nn.Module) -> None:
        self._scale = Scale.of(model, settings.unit)
        self._hook_point = HookPoint(model, settings.place)
        self._noise = Noise(settings.distribution, settings.magnitude, self._scale, self._hook_point.width)
        self.passes = self.terms = settings.samples

    def loss_terms(self, rows: Sequence[Rows], run: Run, seed: int) -> Iterator[Term]:
        """Yield a term a sample, see `RobustTraining`."""
        layouts = [Layout(part) for part in rows]
        perturb = drawn(self._noise, seed)

        def term(run: Run) -> Tensor:
            with self._hook_point.perturbed(layouts, perturb):
                loss = run().loss
            return loss if self.terms == 1 else loss / self.terms

        for _ in range(self.terms):
            yield term

    def record(self) -> Mapping[str, Any]:
        """Return the magnitude, relative and absolute, and the root mean square it is relative to."""
        return {"root_mean_square": self._scale.root_mean_square, **self._noise.record()}

    def pop_squared_norms(self) -> tuple[float, float]:
        """See `RobustTraining.pop_squared_norms`."""
        return self._hook_point.pop_squared_norms()


def drawn(noise: Noise, seed: int) -> Perturb:
    """Return what perturbs with noise of one random stream, so that no two calls and no two runs get the same."""
    generator: torch.Generator | None = None

    def perturb(_call: int, values: Tensor) -> Tensor:
        nonlocal generator
        if generator is None:
            generator = torch.Generator(device=values.device).manual_seed(seed)
        return noise.draw(values, generator)

    return perturb
