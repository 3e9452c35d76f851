"""Logits of labels: an encoder's head on the last hidden states of first tokens, where inputs may share a row.

`transformers`' classifiers read the first token of a row, some through a pooler within the encoder. Here the encoder
gives last hidden states, the first token of each input is taken out, and the model's own head is asked with these
alone. So inputs may lie end to end in one row, and a perturbation of last hidden states reaches the head in every
model. Whether a head reads nothing but the first token is not looked up but tried; another one gets a row for each
input and is asked as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xlingual.models.encoder_head import columns_of
from xlingual.models.on_device import on_device

TOLERANCE = 1e-4
"""Largest difference of logits, relative to the largest of them, that counts as another order of summation."""


@dataclass(frozen=True)
class LabelHead:
    """How a model's logits of labels are made.

    Attributes:
        columns: of the model's logits, in the task's order of labels.
        reads_first_token: whether the head reads the last hidden state of the first token and nothing else.
    """

    columns: tuple[int, ...]
    reads_first_token: bool

    @classmethod
    def of(cls, model: nn.Module, labels: tuple[str, ...]) -> LabelHead:
        """Look at a model with a classification head for these labels, in float32 on the CPU."""
        columns = columns_of(model.config, labels)
        assert columns is not None, "loaded for these labels"
        return cls(columns, _reads_first_token(model))

    def logits(self, model: nn.Module, inputs: Mapping[str, Any], lengths: Sequence[int], *, packed: bool) -> Tensor:
        """Logits of each input, (inputs, labels), float32.

        Args:
            model: a `transformers` model with a classification head.
            inputs: what it is called with.
            lengths: tokens of each input.
            packed: whether the inputs share a row.
        """
        if self.reads_first_token:
            hidden: Tensor = model.base_model(**inputs)[0]  # type: ignore[operator]
            found = _of_states(model, first_tokens(hidden, lengths, packed=packed))
        else:
            assert not packed, "a head that reads more than first tokens has a row for each input"
            found = model(**inputs).logits
        found = found.float()
        return torch.stack([found[:, column] for column in self.columns], dim=1)


def first_tokens(hidden: Tensor, lengths: Sequence[int], *, packed: bool) -> Tensor:
    """Hidden states of the first token of each input, (inputs, 1, width).

    Args:
        hidden: (1, tokens, width) where the inputs share a row, else (inputs, longest, width).
        lengths: tokens of each input.
        packed: whether they share a row.
    """
    if not packed:
        return hidden[:, :1]
    starts = on_device(np.cumsum([0, *lengths[:-1]]), hidden.device)
    return hidden[0, starts][:, None]


def pooler_parameters(model: nn.Module) -> list[nn.Parameter]:
    """Parameters of a pooler within the encoder, which last hidden states do not depend on."""
    pooler = getattr(model.base_model, "pooler", None)
    return list(pooler.parameters()) if isinstance(pooler, nn.Module) else []


def hidden_states(model: nn.Module, inputs: Mapping[str, Any]) -> Tensor:
    """Last hidden states of one row, (tokens, width), to try a model with (`xlingual.models.packing`)."""
    if not label_head_of(model).reads_first_token:
        raise ValueError("its head reads more than first tokens")
    found: Tensor = model.base_model(**inputs)[0][0]  # type: ignore[operator]
    return found


def label_head_of(model: nn.Module) -> LabelHead:
    """What `load_pair_classifier` of the family gave a model."""
    found = model.label_head
    assert isinstance(found, LabelHead), "a model that classifies pairs is loaded by its family"
    return found


def _reads_first_token(model: nn.Module) -> bool:
    """Whether the head gives the model's own logits when it is asked with first tokens alone."""
    if model.base_model is model:
        return False
    size = int(model.config.vocab_size)  # type: ignore[union-attr, arg-type]
    row = torch.tensor([[part * size // 9 for part in range(9)]])
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            inputs = {"input_ids": row, "attention_mask": torch.ones_like(row)}
            expected: Tensor = model(**inputs).logits
            found = _of_states(model, model.base_model(**inputs)[0][:, :1])  # type: ignore[operator]
    except (TypeError, ValueError, KeyError, AttributeError, RuntimeError, IndexError):
        return False
    finally:
        model.train(was_training)
    return found.shape == expected.shape and bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max())


def _of_states(model: nn.Module, states: Tensor) -> Tensor:
    """Logits of the model's own head, asked with last hidden states, (inputs, 1, width), in place of its encoder's."""
    head = copy.copy(model)  # the same parameters, under another encoder
    prefix = str(model.base_model_prefix)
    head._modules = {**model._modules, prefix: _States(states, getattr(model.base_model, "pooler", None))}
    found: Tensor = head(input_ids=None).logits
    return found


class _States(nn.Module):
    """Stands for an encoder: returns given hidden states, and what its pooler makes of them."""

    def __init__(self, states: Tensor, pooler: nn.Module | None) -> None:
        super().__init__()
        self._states = states
        self._pool = [pooler] if pooler is not None else []  # in a list, so that its parameters are listed once

    def forward(self, *_: Any, **__: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutputWithPooling

        pooled = self._pool[0](self._states) if self._pool else None
        return BaseModelOutputWithPooling(last_hidden_state=self._states, pooler_output=pooled)
