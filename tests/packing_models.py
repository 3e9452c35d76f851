"""Small encoders whose windows may share a row, such windows, and attention as GPUs compute it, in plain torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForQuestionAnswering, BertConfig, ElectraConfig, XLMRobertaConfig

from xlingual.families import batches
from xlingual.models import packing
from xlingual.models.varlen import window_starts

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
}
LENGTHS = (11, 3, 20, 1)


def make(config: Any, dropout: float = 0.0) -> Any:
    torch.manual_seed(0)
    for name in ("hidden_dropout_prob", "attention_probs_dropout_prob"):
        setattr(config, name, dropout)
    return AutoModelForQuestionAnswering.from_config(config)


PACKING = {"bert": (BertConfig(**SIZES), None), "xlm-roberta": (XLMRobertaConfig(**SIZES, pad_token_id=1), 1),
           "electra": (ElectraConfig(**SIZES, embedding_size=32), None)}  # fmt: skip


def ids() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(5, 50, (length,), generator=generator) for length in LENGTHS]


def plain(
    query: Tensor, key: Tensor, value: Tensor, starts: Tensor, longest: int, rate: float, scale: float, **faults: Any
) -> Tensor:
    """What a kernel computes, with faults on demand."""
    lengths = starts.diff().tolist()
    assert longest == max(lengths) and starts.dtype == torch.int32
    if faults.get("no windows"):
        lengths = [sum(lengths)]
    outputs = []
    for place, parts in enumerate(zip(*(part.split(lengths) for part in (query, key, value)), strict=True)):
        of_query, of_key, of_value = (part.float().transpose(0, 1) for part in parts)
        weights = (of_query @ of_key.transpose(1, 2) * scale * faults.get("other scale", 1.0)).softmax(-1)
        if faults.get("same masks"):
            torch.manual_seed(9)
        if faults.get("no seed"):
            torch.seed()
        of_heads = weights[:1] if faults.get("same heads") else weights
        kept = (torch.rand(of_heads.shape) >= rate * faults.get("other rate", 1.0)).float()
        used = weights * kept / (1 - rate * faults.get("kept", 1.0))
        if place == 1 and (off := faults.get("second window")):
            used = used * off
        output = used @ of_value
        if faults.get("other backward"):
            again = weights * (torch.rand(of_heads.shape) >= rate) / (1 - rate) @ of_value
            output = again + (output - again).detach()
        outputs.append(output.transpose(0, 1))
    return torch.cat(outputs).to(query.dtype)


def pack_as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> list[torch.dtype]:
    """Let rows of several windows be read on CPUs as on GPUs; return which precisions a kernel is chosen for."""
    asked: list[torch.dtype] = []

    def chosen(dtype: torch.dtype, device: torch.device, width: int) -> Any:
        asked.append(dtype)
        return plain

    def layout(lengths: Sequence[int], device: torch.device) -> dict[str, Any]:
        return {"window_lengths": tuple(lengths), "starts": window_starts(lengths, device)}

    monkeypatch.setattr(packing, "kernel_for", chosen)
    monkeypatch.setattr(packing, "layout_inputs", layout)
    monkeypatch.setattr(batches, "layout_inputs", layout)
    return asked
