"""Whether a checkpoint's tokenizer and its model were made for each other, as far as the two can tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tokenizers import decoders

from xlingual.activity import doing
from xlingual.errors import ModelError
from xlingual.models.checkpoint_files import read_json
from xlingual.models.model_config import load_configuration
from xlingual.tokens.tokens import encode, prepare

UNMADE = 0.02
"""Share of a vocabulary that its tokenizer cannot make, from which on the two do not fit. Of an XLM-R vocabulary it is
0.00 as published, 0.11 behind a step that lower-cases, 0.25 behind one that strips accents."""

FEW = 0.9
"""Tokens for each word embedding below which a tokenizer looks like another model's: vocabularies are padded less."""

UNKNOWN = 0.05
"""Share of a language's characters that are unknown tokens, from which on it is said."""

_PARTS = ((0.9, "nearly all"), (0.5, "more than half"), (0.0, "a part"))
"""What such a share is called, from which least one on."""

TEXTS = 100
"""Texts of each language that are looked at."""

_SAID_BY = ("do_lower_case", "strip_accents", "keep_accents")
"""Keys of tokenizer_config.json that decide case and accents."""


@doing("comparing the tokenizer with the model")
def tokenizer_notes(directory: Path, tokenizer: Any) -> list[str]:
    """Say where a tokenizer and its model do not look made for each other, though they can be used together.

    Args:
        directory: the checkpoint's.
        tokenizer: its own.

    Raises:
        ModelError: when the tokenizer cannot make a good part of its vocabulary, and no file says that this is meant.
    """
    return [*_normaliser(directory, tokenizer), *_sizes(directory, tokenizer), *_padding(directory, tokenizer)]


@doing("looking for characters that the tokenizer does not know")
def unknown_shares(tokenizer: Any, texts: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """Share of each language's characters, white space left out, that are unknown tokens.

    Args:
        tokenizer: nobody else may call it meanwhile.
        texts: by language; the first TEXTS of each are looked at.
    """
    unknown = tokenizer.unk_token_id
    if unknown is None or not getattr(tokenizer, "is_fast", False):  # bytes are all known
        return dict.fromkeys(texts, 0.0)
    backend = prepare(tokenizer)
    return {language: _unknown(backend, unknown, list(dict.fromkeys(part))[:TEXTS]) for language, part in texts.items()}


def unknown_notes(tokenizer: Any, texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Say which languages a tokenizer knows badly; arguments as those of `unknown_shares`."""
    shares = unknown_shares(tokenizer, texts)
    found = {language: share for language, share in shares.items() if share >= UNKNOWN}
    if not found:
        return []
    part = next(words for least, words in _PARTS if min(found.values()) >= least)
    each = ", ".join(f"{language} {share:.0%}" for language, share in found.items())
    return [
        f"its tokenizer does not know {part} of these languages' characters ({tokenizer.unk_token!r} stands for "
        f"them): {each}; its scores there say little"
    ]


def _unknown(backend: Any, unknown: int, texts: Sequence[str]) -> float:
    lost = 0
    for text, encoding in zip(texts, encode(backend, texts, offsets=True), strict=True):
        ends = (offsets for number, offsets in zip(encoding.ids, encoding.offsets, strict=True) if number == unknown)
        lost += sum(len("".join(text[first:last].split())) for first, last in ends)
    return lost / max(1, sum(len("".join(text.split())) for text in texts))


def _normaliser(directory: Path, tokenizer: Any) -> Iterator[str]:
    """Look for pieces that the tokenizer's own normaliser changes, and so no text gives: capitals, accents, marks."""
    normaliser = getattr(getattr(tokenizer, "backend_tokenizer", None), "normalizer", None)
    if normaliser is None:
        return
    pieces = _texts_of_pieces(tokenizer.backend_tokenizer)
    changed = {piece: made for piece in pieces if (made := _plain(normaliser.normalize_str(piece))) != piece}
    if len(changed) < UNMADE * len(pieces):
        return
    few = ", ".join(f"{piece!r} becomes {made!r}" for piece, made in list(changed.items())[:3])
    share = f"{len(changed) / len(pieces):.0%}"
    problem = f"its tokenizer changes {share} of its own vocabulary ({few}): no text ever gives these pieces"
    whole = (directory / "tokenizer.json").is_file()
    path = directory / "tokenizer_config.json"
    settings = read_json(path, str(directory)) if path.is_file() else {}
    keys = '"do_lower_case": false' + (' and "keep_accents": true' if "BertNormalizer" not in str(normaliser) else "")
    if whole or any(key in settings for key in _SAID_BY):
        other = ", or take the step out of the normalizer in tokenizer.json" if whole else ""
        yield f"{problem}; unless it was pretrained so, write {keys} in tokenizer_config.json{other}"
        return
    raise ModelError(
        f"model {directory}: {problem}; write {keys} in its tokenizer_config.json, or "
        '"do_lower_case": true there if it was pretrained so'
    )


def _texts_of_pieces(backend: Any) -> list[str]:
    """What the pieces of a vocabulary spell, marks of words and special tokens left out."""
    added = {token.content for token in backend.get_added_tokens_decoder().values()}
    vocabulary = sorted(backend.get_vocab().items(), key=lambda item: item[1])
    pieces = [piece for piece, _ in vocabulary if piece not in added and not piece.startswith(("[", "<"))]
    layout = json.loads(backend.to_str())
    if "ByteLevel" in json.dumps([layout["pre_tokenizer"], layout["decoder"]]):
        spelt = decoders.ByteLevel()
        pieces = [piece for piece in (spelt.decode([piece]) for piece in pieces if len(piece) > 1)]
        pieces = [piece for piece in pieces if "\ufffd" not in piece]
    return [text for piece in pieces if (text := _plain(piece.removeprefix("##")))]


def _plain(text: str) -> str:
    return text.replace("▁", " ").strip()


def _sizes(directory: Path, tokenizer: Any) -> Iterator[str]:
    tokens = tokenizer.get_vocab()
    rows = getattr(load_configuration(directory), "vocab_size", None)
    if isinstance(rows, int) and getattr(tokenizer, "is_fast", False) and len(tokens) < FEW * rows:
        yield (
            f"its tokenizer knows {len(tokens):,} tokens, and it has {rows:,} word embeddings: look whether the "
            "tokenizer is the model's own"
        )
    first: dict[int, str] = {}
    for token, number in tokens.items():
        if first.setdefault(number, token) != token:
            yield f"its tokenizer gives {first[number]!r} and {token!r} the same id {number}: look at added_tokens.json"
            return


def _padding(directory: Path, tokenizer: Any) -> Iterator[str]:
    """A model that counts positions from its padding id reads texts otherwise when that id is wrong."""
    said = read_json(directory / "config.json", str(directory)).get("pad_token_id")
    if isinstance(said, int) and said != tokenizer.pad_token_id:
        token = tokenizer.convert_ids_to_tokens(said) if 0 <= said < len(tokenizer) else None
        yield (
            f"its config.json calls token {said} ({token!r}) padding, its tokenizer {tokenizer.pad_token_id} "
            f"({tokenizer.pad_token!r}); it is used as config.json says: unless it was pretrained so, write "
            f'"pad_token_id": {tokenizer.pad_token_id} there'
        )
