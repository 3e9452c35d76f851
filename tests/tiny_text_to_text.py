"""Tiny text-to-text models for the tiny task, in the layout of real ones."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tiny_task import COLOURS, THINGS, questions
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import nn
from transformers import (
    ByT5Tokenizer,
    MT5Config,
    MT5ForConditionalGeneration,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

from xlingual.models.encoder import quiet_transformers

SPECIAL = ("<pad>", "</s>", "<unk>")
PROMPTS = ("question:", "context:", "answer", "ask")


def write_text_to_text(directory: Path, *, dropout: float = 0.1, width: int = 64, sentinels: int = 0) -> Path:
    """A tiny mT5, with an untied head like every mT5, and a Unigram tokenizer like T5's.

    The sentinels are plain pieces, like mT5's.
    """
    pieces = [*_pieces(), *((f"▁<extra_id_{number}>", -20.0) for number in range(sentinels))]
    write_tokenizer(directory, pieces)
    torch.manual_seed(0)
    config = MT5Config(vocab_size=len(pieces), decoder_start_token_id=0, **_size(width, dropout))
    model = MT5ForConditionalGeneration(config)
    nn.init.normal_(model.shared.weight, std=1.0)
    model.lm_head.weight = nn.Parameter(torch.randn(len(pieces), width) * width**-0.5)
    return _save(model, directory, tied=False)


def write_byte_to_byte(directory: Path, *, dropout: float = 0.1, width: int = 32) -> Path:
    """A tiny ByT5, which has no fast tokenizer."""
    ByT5Tokenizer().save_pretrained(directory)
    torch.manual_seed(0)
    model = T5ForConditionalGeneration(T5Config(vocab_size=384, decoder_start_token_id=0, **_size(width, dropout)))
    return _save(model, directory, tied=True)


def write_tokenizer(directory: Path, pieces: list[tuple[str, float]]) -> None:
    """A tokenizer with these pieces, starting with the special ones."""
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    special = dict(zip(("pad_token", "eos_token", "unk_token"), SPECIAL, strict=True))
    names = ["input_ids", "attention_mask"]
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_input_names=names, **special).save_pretrained(directory)


def _size(width: int, dropout: float) -> dict[str, int | float]:
    return {
        "d_model": width,
        "d_kv": 16,
        "d_ff": 2 * width,
        "num_layers": 2,
        "num_heads": 4,
        "relative_attention_num_buckets": 8,
        "relative_attention_max_distance": 32,
        "dropout_rate": dropout,
    }


def _save(model: nn.Module, directory: Path, *, tied: bool) -> Path:
    with quiet_transformers():
        model.save_pretrained(directory)
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tie_word_embeddings": tied}))
    return directory


def _pieces() -> list[tuple[str, float]]:
    """Every word of the task as one piece, and its letters, which are slightly less likely in total."""
    from robust_families import DICTIONARIES, SYNONYMS  # which imports this module

    words = {word for e in questions(60) for word in f"{e.question} {e.context}".split()}
    words |= {"deu", "spa", *COLOURS, *THINGS, *SYNONYMS, *PROMPTS}
    words |= {word for found in SYNONYMS.values() for word in found}
    words |= {word for found in DICTIONARIES.values() for pair in found.items() for word in pair}
    letters = sorted({letter for word in words for letter in word})
    likely = [(f"▁{word}", -3.0) for word in sorted(words)]
    return [*((name, 0.0) for name in SPECIAL), *likely, ("▁", -1.6), *((letter, -1.6) for letter in letters)]
