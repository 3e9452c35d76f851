"""Random perturbation of the word embeddings while fine-tuning.

Randomised smoothing by random perturbation (Huang et al., EMNLP 2021, arXiv 2104.08645), applied to the word
embeddings; one draw an example and update, none when scoring. Their released code holds no such method, so place,
distribution and magnitude are explicit here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn


class EmbeddingNoise:
    """Adds noise to every looked-up word embedding.

    Args:
        table: the word embeddings, (vocabulary, width), with their pretrained values.
        distribution: `gaussian` (magnitude is the standard deviation) or `uniform` (its half-width), per element.
        magnitude: in units of the root mean square of the table's elements as pretrained.

    Attributes:
        root_mean_square: of the table when this was made.
        absolute: the magnitude in the embeddings' own units.
    """

    def __init__(self, table: nn.Embedding, distribution: str, magnitude: float) -> None:
        self._table = table
        self._distribution = distribution
        self.root_mean_square = float(table.weight.detach().double().pow(2).mean().sqrt())
        self.absolute = magnitude * self.root_mean_square

    @contextmanager
    def around(self, seed: int) -> Iterator[None]:
        """Perturb every look-up inside the context; `seed` decides the noise and touches no other random stream."""
        generator = torch.Generator(device=self._table.weight.device).manual_seed(seed)

        def add_noise(_table: nn.Module, _inputs: Any, embedded: Tensor) -> Tensor:
            return embedded + self._draw(embedded, generator)

        hook = self._table.register_forward_hook(add_noise)
        try:
            yield
        finally:
            hook.remove()

    def _draw(self, like: Tensor, generator: torch.Generator) -> Tensor:
        if self._distribution == "gaussian":
            unit = torch.randn(like.shape, generator=generator, device=like.device, dtype=like.dtype)
        else:
            unit = torch.rand(like.shape, generator=generator, device=like.device, dtype=like.dtype) * 2 - 1
        return unit * self.absolute
