"""The tokenizer of a toy world: one token per word or sign, in the layout that `transformers` loads."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, processors

SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")


def write_tokenizer(directory: Path, words: Sequence[str], max_length: int) -> None:
    """Write tokenizer.json and tokenizer_config.json; ids number the special tokens, then `words`."""
    tokenizer = _tokenizer(words)
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": max_length,
        "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        **{f"{token[1:-1].lower()}_token": token for token in SPECIAL_TOKENS},
    }
    (directory / "tokenizer.json").write_bytes(tokenizer.to_str(pretty=True).encode() + b"\n")
    (directory / "tokenizer_config.json").write_bytes(json.dumps(configuration, indent=2).encode() + b"\n")


def _tokenizer(words: Sequence[str]) -> Tokenizer:
    vocabulary = {text: number for number, text in enumerate((*SPECIAL_TOKENS, *words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")],
    )
    return tokenizer
