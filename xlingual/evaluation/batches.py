"""Windows of like length together, padded to the longest of their batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xlingual.data.windows import Windows

Indices = NDArray[np.int64]


def scoring_batches(lengths: Indices, tokens_per_batch: int) -> list[Indices]:
    """Cut windows, longest first, into batches of at most `tokens_per_batch` padded tokens (at least one window).

    Args:
        lengths: tokens of each window, (windows,).
        tokens_per_batch: upper bound of windows x longest window.

    Returns:
        window indices of each batch; every window is in exactly one.
    """
    order = np.argsort(-lengths, kind="stable")
    batches, first = [], 0
    while first < len(order):
        count = max(1, tokens_per_batch // max(1, int(lengths[order[first]])))
        batches.append(order[first : first + count])
        first += count
    return batches


def padded(windows: Sequence[tuple[Windows, int]], pad_token: int, device: torch.device) -> dict[str, Tensor]:
    """Stack windows into tensors of (windows, longest) on `device`: input_ids, attention_mask, token_type_ids."""
    rows = [slice(int(source.pointers[i]), int(source.pointers[i + 1])) for source, i in windows]
    shape = (len(rows), max(row.stop - row.start for row in rows))
    ids = np.full(shape, pad_token, dtype=np.int64)
    types = np.zeros(shape, dtype=np.int64)
    mask = np.zeros(shape, dtype=np.int64)
    for place, ((source, _), row) in enumerate(zip(windows, rows, strict=True)):
        length = row.stop - row.start
        ids[place, :length] = source.input_ids[row]
        types[place, :length] = source.token_types[row]
        mask[place, :length] = 1
    tensors = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
    return {name: torch.from_numpy(values).to(device, non_blocking=True) for name, values in tensors.items()}
