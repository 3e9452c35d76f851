"""Which tokens of an answer are masked, and what stands there instead."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.errors import ModelError
from xlingual.models.encoder import load_tokenizer

MASKED, REPLACED = 0.8, 0.1
"""Shares of the places where the mask stands, or a token drawn by chance; elsewhere the token stays (BERT, 3.1)."""


def masked_count(length: int, rate: float) -> int:
    """How many tokens of so many are masked: at least one."""
    return max(1, round(rate * length))


def masked_places(length: int, rate: float, mean_span: float, generator: np.random.Generator) -> NDArray[np.int64]:
    """Draw the places of masked tokens, ascending, `masked_count(length, rate)` of them.

    Span lengths are geometric with mean `mean_span` (SpanBERT, arXiv 1907.10529, section 3.1, which cuts them at 10;
    here nothing but the count cuts the last one drawn). Every placing of the spans that leaves a token between any two
    is as likely as any other; where there are too few tokens for that, spans may touch.
    """
    left, spans = masked_count(length, rate), list[int]()
    unmasked = length - left
    while left:
        spans.append(min(left, int(generator.geometric(1.0 / mean_span))))
        left -= spans[-1]
    lengths = generator.permutation(spans)
    between = 1 if unmasked >= len(spans) - 1 else 0
    free = unmasked - between * (len(spans) - 1)
    # Bars among stars: which of the free tokens and the spans, in order, are the spans.
    bars = np.sort(generator.choice(free + len(spans), size=len(spans), replace=False))
    before = bars - np.arange(len(spans)) + between * np.arange(len(spans))
    first = before + np.cumsum(lengths) - lengths
    return np.concatenate([np.arange(start, start + size) for start, size in zip(first, lengths, strict=True)])


@dataclass(frozen=True)
class MaskTokens:
    """What may stand at a masked place.

    Attributes:
        mask: id of the mask.
        others: ids that a token may be replaced with: all of the vocabulary but special ones, (tokens,).
    """

    mask: int
    others: NDArray[np.int64]

    @classmethod
    def of(cls, checkpoint: Path, rows: int) -> MaskTokens:
        """Read them from a checkpoint's tokenizer.

        Args:
            checkpoint: its directory.
            rows: of the model's word embeddings.

        Raises:
            ModelError: when the tokenizer has no mask.
        """
        tokenizer: Any = load_tokenizer(checkpoint)
        mask = tokenizer.mask_token_id
        if mask is None or mask >= rows:
            raise ModelError(
                f"model {checkpoint}: the recipe masked_language_model needs a mask token, and its tokenizer has none; "
                "write recipe: passage or contrastive, or an encoder such as FacebookAI/xlm-roberta-base"
            )
        known = np.arange(min(len(tokenizer), rows), dtype=np.int64)
        return cls(int(mask), np.setdiff1d(known, np.asarray(tokenizer.all_special_ids, dtype=np.int64)))

    def replacing(self, ids: NDArray[np.int32], generator: np.random.Generator) -> NDArray[np.int32]:
        """Draw what stands in place of masked tokens: the mask, any other token, or the token itself; (places,)."""
        chance = generator.random(len(ids))
        drawn = self.others[generator.integers(len(self.others), size=len(ids))]
        kept = np.where(chance < MASKED + REPLACED, drawn, ids)
        return np.where(chance < MASKED, self.mask, kept).astype(ids.dtype)
