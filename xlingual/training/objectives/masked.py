"""Inputs of masked language modelling: pairs whose answers are masked anew each time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from xlingual.data.slicing import pointers_of
from xlingual.families.batches import Batch, Batcher
from xlingual.study.recipes import MaskedLanguageModelSettings
from xlingual.tokens.pairs import Pairs
from xlingual.training.objectives.masking import MaskTokens, masked_count, masked_places
from xlingual.training.objectives.pair_texts import laid_out


def masked_tokens(pairs: Sequence[tuple[Pairs, int]], rate: float) -> int:
    """How many tokens of these pairs are masked: it follows from the lengths of their answers."""
    return sum(masked_count(int(source.parts[i, 3] - source.parts[i, 2]), rate) for source, i in pairs)


def masked_inputs(
    pairs: Sequence[tuple[Pairs, int]],
    settings: MaskedLanguageModelSettings,
    mask_tokens: MaskTokens,
    generator: np.random.Generator,
    batcher: Batcher,
    device: torch.device,
) -> tuple[Batch, dict[str, Tensor]]:
    """Mask pairs, laid out as question and answer, in their answers alone.

    Returns:
        the model's inputs, and `places` (masked,), where the hidden states of all rows laid end to end are asked, and
        `tokens` (masked,), what stood there.
    """
    ids, masked, tokens = [], [], []
    for source, i in pairs:
        row = np.array(source.input_ids[int(source.pointers[i]) : int(source.pointers[i + 1])])
        first, stop = (int(place) for place in source.parts[i, 2:])
        chosen = first + masked_places(stop - first, settings.rate, settings.mean_span, generator)
        tokens.append(row[chosen])
        row[chosen] = mask_tokens.replacing(row[chosen], generator)
        ids.append(row)
        masked.append(chosen)
    types = [source.token_types[int(source.pointers[i]) : int(source.pointers[i + 1])] for source, i in pairs]
    texts = laid_out(ids, types)
    batch = batcher([(texts, i) for i in range(len(ids))])
    rows = pointers_of(texts.lengths)[:-1] if batch.packed else np.arange(len(ids)) * int(texts.lengths.max())
    places = np.concatenate([row + chosen for row, chosen in zip(rows, masked, strict=True)])
    targets = {"places": places, "tokens": np.concatenate(tokens).astype(np.int64)}
    return batch, {name: torch.from_numpy(array).to(device) for name, array in targets.items()}
