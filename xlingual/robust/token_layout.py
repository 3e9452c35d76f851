"""How the examples of one call of a model are laid out in the values that are perturbed."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from xlingual.models.on_device import on_device
from xlingual.robust.robust_training import Rows


class Layout:
    """Sums over each example of values (rows, tokens, ...), whether rows are packed or padded.

    Args:
        rows: of one call of the model.
    """

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._made: tuple[Tensor, Tensor | None, Tensor | None] | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and tokens of the values."""
        lengths = self._rows.lengths
        return (1, sum(lengths)) if self._rows.packed else (len(lengths), max(lengths))

    def token_mask(self, device: torch.device) -> Tensor | None:
        """Return True for tokens, False for padding, (rows, tokens, 1); None where there is no padding."""
        return self._on(device)[1]

    def lengths(self, device: torch.device) -> Tensor:
        """Tokens of the example that each token belongs to, (rows, tokens or 1, 1), float64."""
        lengths, _, owner = self._on(device)
        return lengths[:, None, None] if owner is None else lengths[owner][None, :, None]

    def over_examples(self, per_token: Tensor) -> Tensor:
        """Sum a number of each token, (rows, tokens, 1), over its example: (rows, tokens or 1, 1).

        Padding must be 0. No example's sum depends on which others there are.
        """
        owner = self._on(per_token.device)[2]
        if owner is None:
            return per_token.sum(1, keepdim=True)
        sums = per_token.new_zeros(len(self._rows.lengths)).index_add(0, owner, per_token[0, :, 0])
        return sums[owner][None, :, None]

    def _on(self, device: torch.device) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Lengths (examples,), the token mask, and the example of each token of a packed row (tokens,); made once."""
        if self._made is None:
            lengths = on_device(np.array(self._rows.lengths), device)
            mask = owner = None
            if self._rows.packed:
                owner = on_device(np.repeat(np.arange(len(lengths)), self._rows.lengths), device)
            elif len(set(self._rows.lengths)) > 1:
                places = torch.arange(max(self._rows.lengths), device=device)
                mask = (places < lengths[:, None])[..., None]
            self._made = (lengths.double(), mask, owner)
        return self._made
