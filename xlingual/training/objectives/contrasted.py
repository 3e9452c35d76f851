"""Inputs of contrastive training: the questions and the answers of a micro-batch, each a text by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xlingual.families.batches import Batch, Batcher
from xlingual.tokens.pairs import Pairs
from xlingual.training.objectives.contrastive import not_negatives
from xlingual.training.objectives.pair_texts import laid_out


def contrasted_inputs(
    pairs: Sequence[tuple[Pairs, int]],
    batcher: Batcher,
    cut: Callable[[NDArray[np.int64]], list[NDArray[np.int64]]],
    device: torch.device,
) -> tuple[tuple[Batch, ...], dict[str, Tensor]]:
    """Make the model's inputs of a micro-batch of pairs.

    Args:
        pairs: two or more.
        batcher: makes inputs of texts.
        cut: from the lengths of texts to the indices of each batch.
        device: where the targets go.

    Returns:
        batches of texts of like length, and `restore` (2 x pairs,), which puts their vectors end to end into the order
        of questions, then answers, and `same` (pairs, pairs), see `info_nce`.
    """
    ids = [source.text(i, part) for part in (0, 1) for source, i in pairs]
    question_type = pairs[0][0].token_types[:1]  # a text alone has the type of a pair's first token throughout
    texts = laid_out(ids, [np.repeat(question_type, len(text)) for text in ids])
    groups = cut(texts.lengths)
    same = not_negatives(
        np.asarray([source.question_key[i] for source, i in pairs]),
        np.asarray([source.answer_key[i] for source, i in pairs]),
    )
    restore = np.argsort(np.concatenate(groups), kind="stable")
    batches = tuple(batcher([(texts, int(i)) for i in group]) for group in groups)
    return batches, {"restore": torch.from_numpy(restore).to(device), "same": torch.from_numpy(same).to(device)}
