"""Small encoders whose windows may share a row, and such windows."""

from __future__ import annotations

from typing import Any

import torch
from transformers import AutoModelForQuestionAnswering, BertConfig, ElectraConfig, XLMRobertaConfig

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
