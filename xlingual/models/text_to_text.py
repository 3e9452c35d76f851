"""Text-to-text models: T5, mT5, umT5 and ByT5, an encoder and a decoder with a language-model head."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from xlingual.activity import doing
from xlingual.errors import ModelError
from xlingual.models.encoder import checkpoint_notes, load_tokenizer, quiet_transformers
from xlingual.models.known_tokens import check_tokens
from xlingual.models.model_config import first_line, load_configuration
from xlingual.models.weight_shapes import check_headers, header_shapes
from xlingual.models.weight_values import check_values
from xlingual.tokens.text_encoder import BYTES

MODEL_TYPES = ("t5", "mt5", "umt5")
"""As `config.json` names them; ByT5 is a t5."""

SENTINEL = "<extra_id_"
"""How the names of sentinels begin."""

SPAN_HEAD = "ForQuestionAnswering"


def is_text_to_text(directory: Path) -> bool:
    """Whether a checkpoint's configuration is that of a model that writes text, not of a T5 with a span head.

    Raises:
        ModelError: when its config.json cannot be read.
    """
    configuration = _configuration(directory)
    architectures = configuration.get("architectures") or []
    spans = any(str(name).endswith(SPAN_HEAD) for name in architectures)
    return configuration.get("model_type") in MODEL_TYPES and not spans


def reads_bytes(directory: Path) -> bool:
    """Whether a checkpoint's tokens are bytes (ByT5, arXiv 2105.13626)."""
    path = directory / "tokenizer_config.json"
    return path.is_file() and _json(path).get("tokenizer_class") == BYTES


@doing("loading the tokenizer")
def load_text_tokenizer(directory: Path) -> Any:
    """Load a checkpoint's tokenizer: a fast one, or ByT5's, which has no fast form.

    Raises:
        ModelError: when it has none of these, or one that knows tokens which the model does not, or ends texts with
            another token than the model.
    """
    tokenizer = _byte_tokenizer(directory) if reads_bytes(directory) else load_tokenizer(directory)
    if (directory / "config.json").is_file():
        _check_ends(directory, tokenizer)
    return tokenizer


def _byte_tokenizer(directory: Path) -> Any:
    from transformers import ByT5Tokenizer

    try:
        with quiet_transformers():
            tokenizer = ByT5Tokenizer.from_pretrained(str(directory))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"model {directory}: its tokenizer cannot be loaded ({first_line(error)})") from None
    check_tokens(directory, tokenizer)
    return tokenizer


def _check_ends(directory: Path, tokenizer: Any) -> None:
    """Check that a model begins and ends its texts as its tokenizer does: it learns one and would wait for another."""
    configuration = load_configuration(directory)
    ends = configuration.eos_token_id
    ends = list(ends) if isinstance(ends, list | tuple) else [ends]
    if tokenizer.eos_token_id not in ends:
        raise ModelError(
            f"model {directory}: its tokenizer ends a text with token {tokenizer.eos_token_id} "
            f"({tokenizer.eos_token!r}), and its config.json with {ends[0]}, so that no answer would end; write "
            f'"eos_token_id": {tokenizer.eos_token_id} in config.json'
        )
    start, padding = getattr(configuration, "decoder_start_token_id", None), configuration.pad_token_id
    if padding is None or (start is None and padding != tokenizer.pad_token_id):
        raise ModelError(
            f"model {directory}: its config.json does not say what token its answers begin with (pad_token_id is "
            f"{padding}, the tokenizer's {tokenizer.pad_token_id}); write the two that it was pretrained with, for "
            'T5\'s relatives "pad_token_id": 0 and "decoder_start_token_id": 0'
        )
    for name, number in (("pad_token_id", padding), ("decoder_start_token_id", start)):
        if number is not None and not 0 <= number < configuration.vocab_size:
            raise ModelError(
                f"model {directory}: {name} {number} of its config.json is no token of its vocabulary of "
                f"{configuration.vocab_size}; write the one that it was pretrained with, 0 for T5's relatives"
            )


def check_text_to_text(directory: Path) -> None:
    """Check, without reading weights, that a checkpoint holds the model that its configuration says.

    Raises:
        ModelError: when weights are of other shapes, or missing.
    """
    from transformers import AutoModelForSeq2SeqLM

    _refuse_missing_head(directory)
    with quiet_transformers():
        missing = check_headers(directory, AutoModelForSeq2SeqLM, load_configuration(directory))
    if missing:
        raise _incomplete(directory, sorted(missing))


def text_to_text_notes(directory: Path, tokenizer: Any) -> list[str]:
    """Say what looks wrong about a checkpoint, see `tokenizer_notes` and `unread_notes`.

    Raises:
        ModelError: when its tokenizer does not fit it.
    """
    from transformers import AutoModelForSeq2SeqLM

    return checkpoint_notes(directory, tokenizer, AutoModelForSeq2SeqLM, load_configuration(directory))


@doing("loading the model")
def load_text_to_text(directory: Path) -> nn.Module:
    """Load a text-to-text model in float32, in training mode, with what turns its tokens into text (`detokenizer`).

    Its own generation settings (beams, penalties, sampling) are left behind: answers are not written with them, and an
    exported model that kept them would write other answers in plain `transformers` than those that are recorded.

    A checkpoint must hold the whole model. Nothing can tell whether it was fine-tuned: mT5 as pretrained has its
    language-model head, and yet knows span corruption alone.

    Raises:
        ModelError: when `transformers` cannot make the model of it, or weights are missing, of other shapes, or NaN.
    """
    from transformers import AutoModelForSeq2SeqLM

    _refuse_missing_head(directory)
    check_values(directory)
    with quiet_transformers(), torch.random.fork_rng(devices=[]):
        try:
            model, loading = AutoModelForSeq2SeqLM.from_pretrained(
                str(directory), dtype=torch.float32, use_safetensors=True,
                output_loading_info=True, trust_remote_code=False,
            )  # fmt: skip
        except Exception as error:  # safetensors, too, raises plain ones
            check_headers(directory, AutoModelForSeq2SeqLM, load_configuration(directory))
            raise ModelError(
                f"model {directory}: no text-to-text model can be made of it ({first_line(error)}); write one such as "
                "google/mt5-small, with weights in safetensors"
            ) from None
    if missing := sorted(loading["missing_keys"]):
        raise _incomplete(directory, missing)
    configuration: Any = model.config
    if getattr(configuration, "decoder_start_token_id", None) is None:  # T5 begins with padding
        configuration.decoder_start_token_id = configuration.pad_token_id
    if configuration.model_type == "umt5":
        # A decoder's output is divided by the root of its width where the head is the word embeddings, and only there.
        # `transformers` goes by what the configuration says: up to 5.23 of ties, from 5.24 on of the scale itself.
        configuration.tie_word_embeddings = model.lm_head.weight is model.shared.weight
        configuration.scale_decoder_outputs = configuration.tie_word_embeddings
    model.generation_config = plain_generation(configuration)
    model.detokenizer = Detokenizer(directory)
    loaded: nn.Module = model
    return loaded.train()


def plain_generation(configuration: Any) -> Any:
    """Generation settings, `transformers.GenerationConfig`, that say nothing but a model's three token ids."""
    from transformers import GenerationConfig

    names = ("eos_token_id", "pad_token_id", "decoder_start_token_id")
    return GenerationConfig(**{name: getattr(configuration, name) for name in names})


class Detokenizer:
    """Turns written tokens into text.

    The tokenizer is read when it is first needed, for most processes that load a model never write an answer.

    Args:
        directory: the checkpoint's.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tokenizer: Any = None
        self._sentinels: frozenset[int] = frozenset()

    def __call__(self, rows: Sequence[Sequence[int]]) -> list[str]:
        """Texts of token ids, without special tokens, sentinels and white space around."""
        self._read()
        kept = [[number for number in row if number not in self._sentinels] for row in rows]
        return [self._tokenizer.decode(row, skip_special_tokens=True).strip() for row in kept]

    def with_sentinels(self, rows: Sequence[Sequence[int]]) -> list[bool]:
        """Whether there are sentinels among token ids, which are left out of their text."""
        self._read()
        return [not self._sentinels.isdisjoint(row) for row in rows]

    def _read(self) -> None:
        if self._tokenizer is None:
            self._tokenizer = load_text_tokenizer(self._directory)
            self._sentinels = sentinels(self._tokenizer)


def sentinels(tokenizer: Any) -> frozenset[int]:
    """Ids of the pieces that mark masked spans in T5's pretraining (arXiv 1910.10683, section 3.1.4).

    They are special tokens in T5's tokenizer and plain pieces, `▁<extra_id_0>`, in mT5's.
    """
    return frozenset(number for token, number in tokenizer.get_vocab().items() if SENTINEL in token)


def detokenizer(model: nn.Module) -> Detokenizer:
    """What `load_text_to_text` gave a model."""
    found = model.detokenizer
    assert isinstance(found, Detokenizer), "a text-to-text model is loaded by `load_text_to_text`"
    return found


def _refuse_missing_head(directory: Path) -> None:
    """Refuse a checkpoint without the head that its configuration says it has apart from its word embeddings.

    `transformers` would tie such a model's head to its word embeddings and say nothing.
    """
    if _configuration(directory).get("tie_word_embeddings", True):
        return
    shapes = header_shapes(directory)
    if shapes and "lm_head.weight" not in shapes:
        raise _incomplete(directory, ["lm_head.weight"])


def _incomplete(directory: Path, missing: Sequence[str]) -> ModelError:
    return ModelError(
        f"model {directory}: weights are not in the checkpoint ({', '.join(missing[:4])}"
        f"{f' and {len(missing) - 4} more' if len(missing) > 4 else ''}), so that it could write nothing but noise; "
        "name one that was saved whole, with encoder, decoder and language-model head, such as google/mt5-small"
    )


def _configuration(directory: Path) -> dict[str, Any]:
    return _json(directory / "config.json")


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"model {path.parent}: its {path.name} cannot be read ({error})") from None
    if not isinstance(found, dict):
        raise ModelError(f"model {path.parent}: its {path.name} holds no JSON object")
    return found
