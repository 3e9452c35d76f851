"""The tokenizer of a toy world's text-to-text model: one token per word or sign; decoding restores the text.

A word's token begins with ▁ for the space before it, as in T5's tokenizer; a sign's token does not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

from xlingual.data.toy.vocabularies import Word

SPACE = "▁"
SPECIAL_TOKENS = ("<pad>", "</s>", "<unk>")
NAMED_TOKENS = (*SPECIAL_TOKENS, "▁question", "▁context", "▁answer", "▁ask", ":")
"""Tokens of no language: special tokens, and those of the prompts."""


def write_text_tokenizer(directory: Path, words: Sequence[Word]) -> None:
    """Write tokenizer.json and tokenizer_config.json; ids number the named tokens, then `words`."""
    configuration = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
        **dict(zip(("pad_token", "eos_token", "unk_token"), SPECIAL_TOKENS, strict=True)),
    }
    (directory / "tokenizer.json").write_bytes(_tokenizer(words).to_str(pretty=True).encode() + b"\n")
    (directory / "tokenizer_config.json").write_bytes(json.dumps(configuration, indent=2).encode() + b"\n")


def _tokenizer(words: Sequence[Word]) -> Tokenizer:
    vocabulary = {token: number for number, token in enumerate((*NAMED_TOKENS, *_tokens(words)))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.WhitespaceSplit(),
            pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always"),
            pre_tokenizers.Punctuation(behavior="isolated"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", vocabulary["</s>"])]
    )
    return tokenizer


def _tokens(words: Sequence[Word]) -> Iterator[str]:
    """The tokens of words; signs have no ▁, because they follow a word without a space."""
    for word in words:
        yield word.text if word.parts[0] in ("statement sign", "question sign") else SPACE + word.text
