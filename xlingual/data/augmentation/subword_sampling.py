"""Subword regularisation: tokens of a text with sampled segmentations (Kudo, ACL 2018, arXiv 1804.10959)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from typing_extensions import Self

from xlingual.data.augmentation.example import TextAlteration
from xlingual.data.augmentation.lattice import Lattice, Pieces, Span
from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.errors import ModelError
from xlingual.study.methods.subword_sampling import SubwordSampling as Settings

MARK = "▁"
"""Represents the space before a word."""

REMEMBERED = 1 << 14
"""Number of words whose segmentations are cached."""

_REASONS = {
    "WordPiece": "WordPiece segments a word deterministically, without probabilities of pieces",
    "BPE": "BPE merges deterministically, and the BPE dropout of `tokenizers` cannot be seeded",
    "WordLevel": "each word is one token",
    "ByT5Tokenizer": "each byte is one token",
}


@dataclass(frozen=True, slots=True)
class Encoded:
    """A text's tokens: their ids, and first and past-last character of each."""

    ids: list[int]
    offsets: list[Span]

    def __len__(self) -> int:
        return len(self.ids)


def check_unigram(tokenizer: Any, name: str) -> None:
    """Refuse a tokenizer whose segmentations cannot be sampled.

    Args:
        tokenizer: tokenizer of a checkpoint.
        name: name of the model, for the message.

    Raises:
        ModelError: with the reason.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    kind = type(tokenizer if backend is None else backend.model).__name__
    if kind != "Unigram":
        reason = _REASONS.get(kind, "only segmentations of a Unigram tokenizer can be sampled")
        raise ModelError(
            f"robust.subword_sampling: model {name} has a {kind.removesuffix('Tokenizer')} tokenizer: {reason}; delete "
            "subword_sampling, or name a model with a Unigram tokenizer such as FacebookAI/xlm-roberta-base"
        )


class SubwordSampling(TextAlteration):
    """Samples other segmentations of a text's words.

    Words are those of the tokenizer's pre-tokenisation; for XLM-R, they are separated by spaces. A word keeps its
    segmentation if the tokenizer's normaliser changed one of its characters, or if it has an unknown or special piece.

    Args:
        rate: probability that a word's segmentation is sampled.
        alpha: exponent of a segmentation's probability; 0 makes all segmentations equally likely.
        backend: a tokenizer of the `tokenizers` library whose model is Unigram.
    """

    segments: ClassVar[bool] = True

    def __init__(self, rate: float, alpha: float, backend: Any) -> None:
        self._rate = rate
        self._ids = _drawable_pieces(backend)
        pieces = Pieces.of({piece: score for piece, (_, score) in self._ids.items()}, alpha)
        self._lattice = lru_cache(REMEMBERED)(lambda word: Lattice.of(word, pieces))

    @classmethod
    def of(cls, settings: Settings, lexicons: Lexicons, backend: Any) -> Self:
        """See `TextAlteration.of`."""
        return cls(settings.rate, settings.alpha, backend)

    @classmethod
    def check(cls, tokenizer: Any, model: str) -> None:
        """Refuse a tokenizer that is not Unigram, see `check_unigram`."""
        check_unigram(tokenizer, model)

    def encoded(self, encoding: Any, text: str, generator: np.random.Generator) -> Encoded:
        """Sample segmentations of some words of an encoded text; the others keep their tokens."""
        ids, offsets, bounds = encoding.ids, encoding.offsets, _bounds(encoding.word_ids)
        chosen = np.flatnonzero(generator.random(len(bounds) - 1) < self._rate).tolist()
        if not chosen:
            return Encoded(ids, offsets)
        tokens = encoding.tokens
        words = ["".join(tokens[bounds[one] : bounds[one + 1]]) for one in chosen]
        numbers = iter(generator.random(sum(map(len, words))).tolist())
        new_ids, new_offsets, last = list[int](), list[Span](), 0
        for one, word in zip(chosen, words, strict=True):
            first, stop = bounds[one], bounds[one + 1]
            shift = _shift(word, text[offsets[first][0] : offsets[stop - 1][1]])
            if shift is None or not all(token in self._ids for token in tokens[first:stop]):
                continue
            found = self._lattice(word).draw(numbers)
            assert found is not None, f"{word!r} has at least the tokenizer's segmentation"
            begin = offsets[first][0] - shift
            new_ids += ids[last:first]
            new_ids += [self._ids[word[start:end]][0] for start, end in found]
            new_offsets += offsets[last:first]
            new_offsets += [(begin + max(start, shift), begin + max(end, shift + 1)) for start, end in found]
            last = stop
        return Encoded(new_ids + ids[last:], new_offsets + offsets[last:])


def _bounds(word_ids: list[int]) -> list[int]:
    """The start of each word, and the end of the last one."""
    starts = [place for place, word in enumerate(word_ids) if not place or word != word_ids[place - 1]]
    return [*starts, len(word_ids)] if word_ids else [0]


def _shift(word: str, text: str) -> int | None:
    """Number of extra characters at the start of a word's pieces; None if the pieces do not spell the text.

    A word without a space before it may still begin with the space mark. If the mark is a piece of its own,
    `tokenizers` assigns it the offsets of the word's first character.
    """
    marked = text.replace(" ", MARK)
    if len(word) < 2 or not marked:
        return None
    return 0 if marked == word else 1 if MARK + marked == word else None


def _drawable_pieces(backend: Any) -> dict[str, tuple[int, float]]:
    """Id and score of each piece by its text, without special and unknown tokens."""
    content = json.loads(backend.to_str())
    special = {token["id"] for token in content["added_tokens"]} | {content["model"]["unk_id"]}
    pieces = content["model"]["vocab"]
    return {piece: (i, score) for i, (piece, score) in enumerate(pieces) if i not in special and piece}
