"""Tokens that a checkpoint's tokenizer knows and its model does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xlingual.errors import ModelError
from xlingual.models.model_config import load_configuration

NAMED = ("bos_token_id", "eos_token_id", "unk_token_id", "sep_token_id", "pad_token_id", "cls_token_id",
         "mask_token_id")  # fmt: skip
"""Special tokens that a model's inputs may contain."""


def check_tokens(directory: Path, tokenizer: Any) -> None:
    """Check that a model has a word embedding for every token that its tokenizer may make of a text.

    The model is known by its configuration, whose `vocab_size` its weights are checked against when they are loaded.
    Other special tokens, such as T5's sentinels, occur in no text and need none.

    Args:
        directory: the checkpoint's.
        tokenizer: its own, as `transformers` loads it.

    Raises:
        ModelError: when it has none for some.
    """
    if not (directory / "config.json").is_file():
        return
    rows = getattr(load_configuration(directory), "vocab_size", None)
    if not isinstance(rows, int):
        return
    spare = {number for number, token in tokenizer.added_tokens_decoder.items() if token.special}
    spare -= {getattr(tokenizer, name, None) for name in NAMED}
    beyond = {number: token for token, number in tokenizer.get_vocab().items() if number >= rows}
    unknown = sorted(beyond.keys() - spare)
    if unknown:
        raise ModelError(
            f"model {directory}: its tokenizer knows tokens without a word embedding ({beyond[unknown[0]]!r} is token "
            f"{unknown[0]}, {len(unknown)} such in all; its config.json has a vocab_size of {rows}); put "
            "the tokenizer there that the model was trained with"
        )
