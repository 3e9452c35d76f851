"""Batches of a model's inputs: examples of similar length, packed in one row where the model allows it, else padded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.families.pass_limits import MOST_PADDING, PassLimits, tokens_per_pass
from xlingual.models.host_masks import decides_masks
from xlingual.models.on_device import on_device
from xlingual.models.packing import Outputs, Positions, layout_inputs, pack_windows, span_logits

Indices = NDArray[np.int64]
ItemRef: TypeAlias = tuple[Any, int]
"""Windows, pairs or sequences, and an example of them: the tokens `input_ids[pointers[e]:pointers[e + 1]]`."""

# A logit where there is no token: the exponential of it is 0, and sums of two stay finite.
NO_TOKEN = -1e9


@dataclass(frozen=True)
class Batch:
    """Windows as a model's inputs.

    Attributes:
        inputs: what the model is called with.
        lengths: tokens of each window.
        packed: whether the windows lie end to end in one row.
    """

    inputs: dict[str, Any]
    lengths: tuple[int, ...]
    packed: bool

    @property
    def tokens(self) -> int:
        """Tokens without padding."""
        return sum(self.lengths)

    @property
    def padded_tokens(self) -> int:
        """Tokens with padding."""
        return int(self.inputs["input_ids"].numel())

    def rows(self, logits: Tensor) -> Tensor:
        """Arrange a model's logits as one row per window, (windows, longest), padded with NO_TOKEN."""
        if self.packed:
            parts = torch.split(logits[0].float(), list(self.lengths))
            return nn.utils.rnn.pad_sequence(list(parts), batch_first=True, padding_value=NO_TOKEN)
        mask = self.inputs.get("attention_mask")
        return logits.float() if mask is None else logits.float().masked_fill(mask == 0, NO_TOKEN)


class Batcher:
    """Makes a model's inputs of windows, pairs or sequences.

    Args:
        model: decides which inputs there are.
        pad_token: padding id of the model's vocabulary.
        device: where the inputs go.
        positions: of a window's tokens when windows share a row (see `pack_windows`); None for a padded row each.
        encode: from token ids of the windows to those of the model, where its vocabulary is trimmed.
        bare: whether rows of one length come without a mask (see `decides_masks`).
        why_padded: why inputs do not share a row, in words.

    Attributes:
        layout: `packed`, or `padded` and why: for a trial's records.
    """

    def __init__(
        self,
        model: nn.Module,
        pad_token: int,
        device: torch.device,
        positions: Positions | None = None,
        encode: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
        bare: bool = False,
        why_padded: str = "",
    ) -> None:
        self.layout = "packed" if positions is not None else ": ".join(filter(None, ("padded", why_padded)))
        self._pad_token, self._device, self._positions, self._bare = pad_token, device, positions, bare
        self._encode = encode or (lambda ids: ids)
        # XLM-R knows one token type only.
        self._types = int(getattr(model.config, "type_vocab_size", 0) or 0) > 1

    def __call__(self, places: Sequence[ItemRef]) -> Batch:
        """Stack windows, in this order."""
        rows = [slice(int(source.pointers[i]), int(source.pointers[i + 1])) for source, i in places]
        ids = [self._encode(source.input_ids[row]) for (source, _), row in zip(places, rows, strict=True)]
        lengths = tuple(row.stop - row.start for row in rows)
        arrays = self._in_rows(ids, lengths) if self._positions is None else self._in_one_row(ids, self._positions)
        if self._types:
            types = [source.token_types[row] for (source, _), row in zip(places, rows, strict=True)]
            arrays["token_type_ids"] = self._laid_out(types, lengths, 0)
        inputs: dict[str, Any] = {name: on_device(array, self._device) for name, array in arrays.items()}
        if self._packs:
            inputs |= layout_inputs(lengths, self._device)
        return Batch(inputs, lengths, self._packs)

    @classmethod
    def of(
        cls,
        model: nn.Module,
        pad_token: int,
        device: torch.device,
        encode: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
        outputs: Outputs = span_logits,
    ) -> Batcher:
        """Make a batcher that lets inputs share a row if the model allows it, see `pack_windows`.

        The model lies on the device.
        """
        found = pack_windows(model, outputs)
        if isinstance(found, str):
            return cls(model, pad_token, device, None, encode, decides_masks(model), found)
        return cls(model, pad_token, device, found, encode)

    @property
    def tokens_per_pass(self) -> int:
        """Tokens that one forward pass takes well."""
        return tokens_per_pass(self._device)

    @property
    def training_limits(self) -> PassLimits:
        """What one pass of a training takes well."""
        on_cpu = self._device.type == "cpu"
        return PassLimits(tokens_per_pass(self._device), None if on_cpu or self._packs else MOST_PADDING)

    @property
    def _packs(self) -> bool:
        return self._positions is not None

    def _in_one_row(self, ids: list[Any], positions: Positions) -> dict[str, NDArray[np.int64]]:
        return {
            "input_ids": np.concatenate(ids).astype(np.int64)[None],
            "position_ids": np.concatenate([positions.of(window) for window in ids])[None],
        }

    def _in_rows(self, ids: list[Any], lengths: tuple[int, ...]) -> dict[str, NDArray[np.int64]]:
        rows = {"input_ids": self._laid_out(ids, lengths, self._pad_token)}
        if not self._bare or len(set(lengths)) > 1:
            there = [np.ones(length, dtype=np.int64) for length in lengths]
            rows["attention_mask"] = self._laid_out(there, lengths, 0)
        return rows

    def _laid_out(self, parts: list[Any], lengths: tuple[int, ...], padding: int) -> NDArray[np.int64]:
        """Concatenate the numbers of all examples in one row, or pad each to a row."""
        if self._packs:
            return np.concatenate(parts).astype(np.int64)[None]
        rows = np.full((len(parts), max(lengths)), padding, dtype=np.int64)
        for row, part, length in zip(rows, parts, lengths, strict=True):
            row[:length] = part
        return rows
