"""An encoder with a head: of spans (two logits a token), or of labels."""

from __future__ import annotations

import contextlib
import importlib.util
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from xlingual.activity import doing
from xlingual.errors import ModelError
from xlingual.models.encoder_head import SPAN_HEAD, EncoderHead
from xlingual.models.fit import tokenizer_notes
from xlingual.models.full_head import keep_head_full
from xlingual.models.known_tokens import check_tokens
from xlingual.models.model_config import first_line, load_configuration
from xlingual.models.weight_shapes import check_headers, check_shapes, unread_notes
from xlingual.models.weight_values import check_values

# A tokenizer's vocabulary is in one of these files.
VOCABULARIES = ("tokenizer.json", "vocab.txt", "vocab.json", "*.model")

# These families count positions from their padding id + 1, and so know as many fewer than they have rows for.
OFFSET_POSITIONS = frozenset(
    {"camembert", "data2vec-text", "ibert", "lilt", "longformer", "luke", "markuplm", "mpnet", "roberta",
     "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod"}
)  # fmt: skip


@doing("loading the tokenizer")
def load_tokenizer(directory: Path) -> Any:
    """Load a checkpoint's fast tokenizer.

    Raises:
        ModelError: when it has none that `transformers` can load as a fast tokenizer without running code that the
            checkpoint brings, or one that knows tokens which the model does not.
    """
    from transformers import AutoTokenizer

    if not any(path for pattern in VOCABULARIES for path in directory.glob(pattern)):
        raise ModelError(  # `transformers` would make an empty tokenizer that knows no word
            f"model {directory}: no tokenizer in it (looked for {', '.join(VOCABULARIES)}); "
            "save one there with `tokenizer.save_pretrained(DIR)`"
        )
    try:
        with quiet_transformers():
            tokenizer = AutoTokenizer.from_pretrained(str(directory), trust_remote_code=False)
    except Exception as error:  # `tokenizers` raises plain ones
        raise ModelError(f"model {directory}: {_tokenizer_problem(directory, error)}") from None
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(
            f"model {directory}: needs a fast tokenizer (tokenizer.json); found {type(tokenizer).__name__}"
        )
    if tokenizer.vocab_size <= len(tokenizer.all_special_ids) + 1:  # a space, too, is no word
        raise ModelError(
            f"model {directory}: its tokenizer knows no word but special tokens, as transformers found no vocabulary "
            f"where it looks for that of a {type(tokenizer).__name__}; put a tokenizer.json there"
        )
    if type(tokenizer).__name__ == "RemBertTokenizer":
        _separate(tokenizer)
    check_tokens(directory, tokenizer)
    return tokenizer


def _separate(tokenizer: Any) -> None:
    """Put [CLS] and [SEP] about texts, which `transformers` 5 forgets of a RemBERT that has no tokenizer.json."""
    from tokenizers import processors

    backend = tokenizer.backend_tokenizer
    if len(backend.encode("a", "a")) == len(backend.encode("a", "a", add_special_tokens=False)):
        first, last = str(tokenizer.cls_token), str(tokenizer.sep_token)
        backend.post_processor = processors.TemplateProcessing(
            single=f"{first} $A {last}",
            pair=f"{first} $A {last} $B:1 {last}:1",
            special_tokens=[(first, tokenizer.cls_token_id), (last, tokenizer.sep_token_id)],
        )


@doing("loading the model")
def load_encoder(directory: Path, seed: int, *, trained_head: bool = False, head: EncoderHead = SPAN_HEAD) -> nn.Module:
    """Load an encoder with a head in float32, in training mode; the head stays in float32 under autocast.

    Args:
        directory: a checkpoint in `transformers` layout.
        seed: decides every weight that the checkpoint does not hold (the head of a pretrained encoder).
        trained_head: whether the checkpoint must hold the head, for a new one answers at random.
        head: its kind.

    Raises:
        ModelError: when `transformers` has no such head for this kind of model, the weights do not fit or hold NaN, or
            the head was trained for other labels.
    """
    configuration = head.configuration(directory)
    check_values(directory)
    with quiet_transformers(), torch.random.fork_rng(devices=_cuda_devices()):
        torch.manual_seed(seed)
        try:
            model, loading = head.kind.from_pretrained(
                str(directory), config=configuration, dtype=torch.float32, use_safetensors=True,
                output_loading_info=True, ignore_mismatched_sizes=True, trust_remote_code=False,
            )  # fmt: skip
        except Exception as error:  # safetensors, too, raises plain ones
            check_headers(directory, head.kind, configuration)
            raise ModelError(
                f"model {directory}: no encoder with a {head.title} can be made of it ({first_line(error)}); "
                "write an encoder such as FacebookAI/xlm-roberta-base or google-bert/bert-base-multilingual-cased"
            ) from None
    absent = sorted(loading["missing_keys"])
    if not absent:
        head.refuse_other_labels(directory)
    check_loaded(directory, model, loading)
    if trained_head and absent:
        raise ModelError(
            f"model {directory}: its {head.title} is not in the checkpoint ({', '.join(absent[:4])}), so its answers "
            f"would be chance; name a checkpoint that was fine-tuned for {head.purpose}"
        )
    encoder: nn.Module = model
    keep_head_full(encoder)
    return encoder.train()


def check_loaded(directory: Path, model: Any, loading: Mapping[str, Any]) -> None:
    """Check that a model got its weights from the checkpoint, but for a head that is new on top of it.

    Args:
        directory: the checkpoint's.
        model: what `transformers` made of it.
        loading: what its `from_pretrained` says of loading, mismatched sizes ignored.

    Raises:
        ModelError: when sizes differ from those that the configuration says, or the body lacks weights.
    """
    check_shapes(directory, loading["mismatched_keys"])
    heads = ("qa_outputs.",) if model.base_model is model else ()  # such as T5's, whose body has no name of its own
    body = "" if heads else f"{model.base_model_prefix}."
    missing = sorted(loading["missing_keys"])
    poolers = f"{body}pooler."  # pool for a classification head, and are as new as that
    if absent := [name for name in missing if name.startswith(body) and not name.startswith((*heads, poolers))]:
        own = " (its config.json points to code of its own, which is not run)" if _brings_code(model) else ""
        raise ModelError(
            f"model {directory}: {len(absent)} weights of a {model.config.model_type} model are not in the checkpoint "
            f"({', '.join(absent[:3])}), and would be chance{own}; name a checkpoint that holds them"
        )


def word_embeddings(model: nn.Module) -> nn.Embedding:
    """Return the table of word embeddings, (vocabulary, width)."""
    table = model.get_input_embeddings()  # type: ignore[operator]
    if not isinstance(table, nn.Embedding):
        raise ModelError(f"its input embeddings are a {type(table).__name__}, not a table of word embeddings")
    return table


def known_positions(directory: Path, head: EncoderHead = SPAN_HEAD) -> int | None:
    """Read from a checkpoint's configuration how many tokens it can take; None when it sets no bound.

    Raises:
        ModelError: when `transformers` has no such head for this kind of model.
    """
    configuration = load_configuration(directory)
    if type(configuration) not in head.kinds:
        raise ModelError(
            f"model {directory}: no {head.title} exists for a {configuration.model_type} model; write an encoder such "
            "as FacebookAI/xlm-roberta-base or google-bert/bert-base-multilingual-cased"
        )
    positions = max(0, int(getattr(configuration, "max_position_embeddings", 0) or 0))  # -1 is XLNet's for no bound
    if positions and configuration.model_type in OFFSET_POSITIONS:
        named = None if configuration.model_type == "mpnet" else getattr(configuration, "pad_token_id", None)
        positions -= (1 if named is None else int(named)) + 1  # MPNet counts from 1 whatever its configuration says
    return positions or None


def encoder_widths(directory: Path) -> tuple[int, int]:
    """Read an encoder's hidden and feed-forward width from its configuration (four times the hidden one if unsaid)."""
    configuration = load_configuration(directory)
    width, names = int(configuration.hidden_size), ("intermediate_size", "d_ff")  # T5 has the latter
    inner = next((found for name in names if (found := getattr(configuration, name, None))), 4 * width)
    return width, int(inner)


def check_encoder(directory: Path, max_length: int, head: EncoderHead = SPAN_HEAD) -> None:
    """Check, without reading weights, that a checkpoint with a head can read inputs of `max_length` tokens.

    Raises:
        ModelError: when `transformers` has no such head for it, it knows fewer positions than an input has tokens, its
            weights are not of the shapes that its configuration says, or its head was trained for other labels.
    """
    positions = known_positions(directory, head)
    if positions is not None and positions < max_length:
        raise ModelError(
            f"{head.section}.max_length: {max_length} tokens asked, but the model in {directory} knows {positions} "
            f"positions; write {positions} or less"
        )
    with quiet_transformers():
        if head.labels and not check_headers(directory, head.kind, load_configuration(directory)):
            head.refuse_other_labels(directory)
        check_headers(directory, head.kind, head.configuration(directory))


def encoder_notes(directory: Path, tokenizer: Any, head: EncoderHead = SPAN_HEAD) -> list[str]:
    """Say what looks wrong about a checkpoint, see `tokenizer_notes` and `unread_notes`.

    Raises:
        ModelError: when its tokenizer does not fit it.
    """
    return checkpoint_notes(directory, tokenizer, head.kind, head.configuration(directory))


def checkpoint_notes(directory: Path, tokenizer: Any, kind: Any, configuration: Any) -> list[str]:
    """Say what looks wrong about a checkpoint that transformers' class `kind` reads with this configuration.

    Raises:
        ModelError: when its tokenizer does not fit it.
    """
    with quiet_transformers():
        unread = unread_notes(directory, kind, configuration)
    return [*tokenizer_notes(directory, tokenizer), *unread]


@contextlib.contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence `transformers`' load reports and bars for a while: a new head is what we ask for."""
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


def _tokenizer_problem(directory: Path, error: Exception) -> str:
    """Why a tokenizer cannot be loaded and what to do, in one line."""
    pieces = sorted(path.name for path in directory.glob("*.model"))
    if not pieces or (directory / "tokenizer.json").exists():
        return f"its tokenizer cannot be loaded ({first_line(error)}); put one there with `save_pretrained(DIR)`"
    if importlib.util.find_spec("sentencepiece") is None:
        return f"its tokenizer ({pieces[0]}) needs the package sentencepiece: `pip install sentencepiece`"
    return (
        f"its {pieces[0]} cannot be read as the SentencePiece model of such a checkpoint's tokenizer; put the whole "
        "file there, or a tokenizer.json"
    )


def _brings_code(model: Any) -> bool:
    return bool(getattr(model.config, "auto_map", None))


def _cuda_devices() -> list[int]:
    return list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
