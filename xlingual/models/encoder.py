"""Extractive question answering: an encoder with a span head (two logits a token)."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import nn

from xlingual.errors import ModelError

# A tokenizer's vocabulary is in one of these files.
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")

# These families count positions from their padding id + 1, and so know two fewer than they have rows for.
OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "xlm-roberta-xl", "camembert"})


def load_tokenizer(directory: Path) -> Any:
    """Load a checkpoint's fast tokenizer.

    Raises:
        ModelError: when it has none that `transformers` can load as a fast tokenizer.
    """
    from transformers import AutoTokenizer

    if not any(path for pattern in VOCABULARIES for path in directory.glob(pattern)):
        raise ModelError(  # `transformers` would make an empty tokenizer that knows no word
            f"model {directory}: no tokenizer in it (looked for {', '.join(VOCABULARIES)}); "
            "save one there with `tokenizer.save_pretrained(DIR)`"
        )
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(str(directory))
    except (OSError, ValueError, KeyError, ImportError) as error:
        raise ModelError(f"model {directory}: its tokenizer cannot be loaded ({error})") from None
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(
            f"model {directory}: needs a fast tokenizer (tokenizer.json); found {type(tokenizer).__name__}"
        )
    return tokenizer


def load_encoder(directory: Path, seed: int, *, trained_head: bool = False) -> nn.Module:
    """Load an encoder with a span head in float32, in training mode.

    Args:
        directory: a checkpoint in `transformers` layout.
        seed: decides every weight that the checkpoint does not hold (the span head of a pretrained encoder).
        trained_head: whether the checkpoint must hold the span head, for a new one answers at random.

    Raises:
        ModelError: when `transformers` has no extractive head for this kind of model, or the weights do not fit.
    """
    from transformers import AutoModelForQuestionAnswering

    with quiet_transformers(), torch.random.fork_rng(devices=_cuda_devices()):
        torch.manual_seed(seed)
        try:
            model, loading = AutoModelForQuestionAnswering.from_pretrained(
                str(directory), dtype=torch.float32, use_safetensors=True, output_loading_info=True
            )
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            first = str(error).strip().splitlines()[0]
            raise ModelError(
                f"model {directory}: no encoder with a span head can be made of it ({first}); "
                "write an encoder such as FacebookAI/xlm-roberta-base or google-bert/bert-base-multilingual-cased"
            ) from None
    absent = sorted(loading["missing_keys"])
    if trained_head and absent:
        raise ModelError(
            f"model {directory}: its span head is not in the checkpoint ({', '.join(absent[:4])}), so its answers "
            "would be chance; name a checkpoint that was fine-tuned for question answering"
        )
    encoder: nn.Module = model
    return encoder.train()


def word_embeddings(model: nn.Module) -> nn.Embedding:
    """Return the table of word embeddings, (vocabulary, width)."""
    table = model.get_input_embeddings()  # type: ignore[operator]
    if not isinstance(table, nn.Embedding):
        raise ModelError(f"its input embeddings are a {type(table).__name__}, not a table of word embeddings")
    return table


def known_positions(directory: Path) -> int | None:
    """Read from a checkpoint's configuration how many tokens it can take; None when it sets no bound.

    Raises:
        ModelError: when `transformers` has no span head for this kind of model.
    """
    from transformers import MODEL_FOR_QUESTION_ANSWERING_MAPPING, AutoConfig

    try:
        configuration = AutoConfig.from_pretrained(str(directory))
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"model {directory}: its config.json cannot be read ({error})") from None
    if type(configuration) not in MODEL_FOR_QUESTION_ANSWERING_MAPPING:
        raise ModelError(
            f"model {directory}: no span head exists for a {configuration.model_type} model; write an encoder such as "
            "FacebookAI/xlm-roberta-base or google-bert/bert-base-multilingual-cased"
        )
    positions = int(getattr(configuration, "max_position_embeddings", 0) or 0)
    return positions - 2 if positions and configuration.model_type in OFFSET_POSITIONS else positions or None


def encoder_widths(directory: Path) -> tuple[int, int]:
    """Read an encoder's hidden and feed-forward width from its configuration (four times the hidden one if unsaid)."""
    from transformers import AutoConfig

    configuration = AutoConfig.from_pretrained(str(directory))
    width = int(configuration.hidden_size)
    return width, int(getattr(configuration, "intermediate_size", None) or 4 * width)


def check_encoder(directory: Path, max_length: int) -> None:
    """Check, without reading weights, that a checkpoint can answer by spans in windows of `max_length` tokens.

    Raises:
        ModelError: when `transformers` has no span head for it, or it knows fewer positions than a window has tokens.
    """
    positions = known_positions(directory)
    if positions is not None and positions < max_length:
        raise ModelError(
            f"windows.max_length: {max_length} tokens asked, but the model in {directory} knows {positions} positions; "
            f"write {positions} or less"
        )


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence `transformers`' load reports and bars for a while: a new span head is what we ask for."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def _cuda_devices() -> list[int]:
    return list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
