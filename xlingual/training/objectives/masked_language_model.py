"""Masked language modelling on the answers of pairs: what is masked, and the loss of the original tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.data.slicing import pointers_of
from xlingual.errors import ModelError
from xlingual.families.batches import Batch
from xlingual.models.encoder import load_tokenizer, word_embeddings
from xlingual.models.masked_language_model import base_encoder, load_masked_language_model_head
from xlingual.models.on_device import on_device
from xlingual.models.outcome import Outcome
from xlingual.seeds import stream_seed
from xlingual.study import MaskedLanguageModelSettings, TrialConfiguration
from xlingual.training.objectives.objective import ItemRef, LossTools, Objective, PassTools, Reduction, pairs_of
from xlingual.training.objectives.pair_texts import laid_out

MASKED, REPLACED = 0.8, 0.1
"""Shares of the places that get the mask, or a random token; elsewhere the token stays (BERT, 3.1)."""


class MaskedLanguageModel(Objective):
    """Fills in what is masked in the answers of pairs, laid out as question and answer."""

    name: ClassVar[str] = "masked_language_model"
    encoder_only: ClassVar[bool] = True
    whole_vocabulary: ClassVar[bool] = MaskedLanguageModelSettings.whole_vocabulary

    def __init__(self, configuration: TrialConfiguration) -> None:
        super().__init__(configuration)
        settings = self.mixture.recipe.masked_language_model
        assert settings is not None
        self._settings = settings
        self.weight = 1.0 if self.mixture.schedule == "then" else settings.weight

    def reduction(self, places: Sequence[ItemRef], is_faq: Callable[[ItemRef], bool]) -> Reduction:
        """A mean over masked tokens: how many there are follows from the lengths of the answers."""
        answers = (source.parts[i, 3] - source.parts[i, 2] for source, i in pairs_of(places))
        return Reduction(sum(masked_count(int(length), self._settings.rate) for length in answers))

    def head(self, checkpoint: Path, model: nn.Module) -> MaskingHead:
        """Load the checkpoint's head, and what its tokenizer masks with."""
        seed = stream_seed(self.configuration.seed, "masked language model head")
        head = load_masked_language_model_head(checkpoint, model, seed)
        return MaskingHead(head, MaskTokens.of(checkpoint, word_embeddings(model).num_embeddings))

    def inputs(
        self, places: Sequence[ItemRef], stream: tuple[int, ...], tools: PassTools, reduction: Reduction
    ) -> tuple[tuple[Batch, ...], Mapping[str, Tensor]]:
        """Mask the answers of pairs.

        Returns:
            one batch, and `places` (masked,), which hidden states, of all rows end to end, predict, and `tokens`
            (masked,), the original ids.
        """
        head: Any = tools.head
        generator = self.random("mask", stream)
        ids, types, masked, tokens = [], [], [], []
        for source, i in pairs_of(places):
            tokens_of_pair = slice(int(source.pointers[i]), int(source.pointers[i + 1]))
            row = np.array(source.input_ids[tokens_of_pair])
            first, stop = (int(place) for place in source.parts[i, 2:])
            chosen = first + masked_places(stop - first, self._settings.rate, self._settings.mean_span, generator)
            tokens.append(row[chosen])
            row[chosen] = head.tokens.replacing(row[chosen], generator)
            ids.append(row)
            types.append(source.token_types[tokens_of_pair])
            masked.append(chosen)
        texts = laid_out(ids, types)
        batch = tools.batcher([(texts, i) for i in range(len(ids))])
        rows = pointers_of(texts.lengths)[:-1] if batch.packed else np.arange(len(ids)) * int(texts.lengths.max())
        asked = np.concatenate([row + chosen for row, chosen in zip(rows, masked, strict=True)])
        targets = {"places": asked, "tokens": np.concatenate(tokens).astype(np.int64)}
        return (batch,), {name: on_device(array, tools.device) for name, array in targets.items()}

    def outcome(self, tools: LossTools, batches: Sequence[Batch], targets: Mapping[str, Tensor]) -> Outcome:
        """Cross-entropy at the masked places; logits are made nowhere else."""
        assert tools.head is not None
        with tools.autocast():
            hidden = base_encoder(tools.model)(**batches[0].inputs)[0]
            logits = tools.head(hidden.flatten(0, 1)[targets["places"]]).float()
        return Outcome(nn.functional.cross_entropy(logits, targets["tokens"], reduction="sum"), (logits,))


class MaskingHead(nn.Module):
    """A head for masked tokens on the model's own encoder, with the tokens that are masked with.

    Attributes:
        head: see `load_masked_language_model_head`.
        tokens: that masked tokens are replaced with.
    """

    def __init__(self, head: nn.Module, tokens: MaskTokens) -> None:
        super().__init__()
        self.head, self.tokens = head, tokens

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits of hidden states, (places, vocabulary)."""
        logits: Tensor = self.head(hidden)
        return logits


def masked_count(length: int, rate: float) -> int:
    """Number of tokens to mask, at least one."""
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
    """What masked tokens are replaced with.

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
        """Draw replacements of masked tokens: the mask, any other token, or the token itself; (places,)."""
        chance = generator.random(len(ids))
        drawn = self.others[generator.integers(len(self.others), size=len(ids))]
        kept = np.where(chance < MASKED + REPLACED, drawn, ids)
        return np.where(chance < MASKED, self.mask, kept).astype(ids.dtype)
