"""What all families of encoders have in common: how they are loaded and checked, and that inputs may share a row."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import torch
from numpy.typing import NDArray
from torch import nn

from xlingual.families.batches import Batcher
from xlingual.models.encoder import check_encoder, encoder_notes, load_encoder, load_tokenizer
from xlingual.models.encoder_head import EncoderHead
from xlingual.models.packing import Outputs, span_logits
from xlingual.study import Lengths


class EncoderFamily(ABC):
    """An encoder with a head, see `xlingual.families.family.Family`."""

    recipes: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def head(self) -> EncoderHead:
        """The kind of head."""

    @property
    def outputs(self) -> Outputs:
        """What is compared to find out whether inputs may share a row."""
        return span_logits

    def served_recipes(self, directory: Path) -> tuple[str, ...]:
        """All of them."""
        return self.recipes

    def check(self, directory: Path, lengths: Lengths) -> None:
        """See `check_encoder`."""
        assert lengths.longest is not None, "lengths of encoders are never open"
        check_encoder(directory, lengths.longest, self.head)

    def notes(self, directory: Path, tokenizer: Any) -> list[str]:
        """See `encoder_notes`."""
        return encoder_notes(directory, tokenizer, self.head)

    def load(self, directory: Path, seed: int, *, trained_head: bool = False) -> nn.Module:
        """See `load_encoder`."""
        return load_encoder(directory, seed, trained_head=trained_head, head=self.head)

    def tokenizer(self, directory: Path) -> Any:
        """See `load_tokenizer`."""
        return load_tokenizer(directory)

    def batcher(
        self,
        model: nn.Module,
        pad_token: int,
        device: torch.device,
        encode: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
        *,
        packs: bool = True,
    ) -> Batcher:
        """Inputs share a row if the model allows it."""
        if packs:
            return Batcher.of(model, pad_token, device, encode, self.outputs)
        return Batcher(model, pad_token, device, None, encode, why_padded="it is compiled")

    def row_extras(self, example: Any, prediction: str) -> dict[str, Any]:
        """Nothing: a span is part of its context, and a label is one of the task's."""
        return {}
