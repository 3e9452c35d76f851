"""Every label of every pair of a set, with its log-probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import torch
from torch import nn

from xlingual.families.asked import asked_batches
from xlingual.families.batches import Batcher
from xlingual.families.scoring_set import ScoringSet
from xlingual.models.label_head import label_head_of
from xlingual.tasks import Candidate, Candidates

K = TypeVar("K")


def label_candidates(
    model: nn.Module,
    questions: Mapping[K, ScoringSet],
    batcher: Batcher,
    labels: Sequence[str],
    *,
    share: tuple[int, int] = (0, 1),
    autocast: Callable[[], AbstractContextManager[Any]] | None = None,
) -> dict[K, Candidates]:
    """Give every label of every pair, the likeliest first.

    Args:
        model: an encoder with a classification head; put in evaluation mode while it answers.
        questions: the pairs, by language (or whatever tells the sets apart).
        batcher: makes the model's inputs, and knows where the model lies.
        labels: of the task, in order.
        share: (rank, workers): this worker takes every workers-th batch. Batches do not depend on it.
        autocast: context of mixed precision.

    Returns:
        language (or key) -> index of the example -> its labels by log-probability; of the pairs that this worker saw.
    """
    found: list[Candidates] = [{} for _ in questions]
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for asked in asked_batches(questions, batcher.tokens_per_pass, share):
                batch = batcher([one.ref for one in asked])
                with autocast() if autocast else torch.autocast("cpu", enabled=False):
                    logits = label_head_of(model).logits(model, batch.inputs, batch.lengths, packed=batch.packed)
                likelihoods = torch.log_softmax(logits.double(), -1).tolist()
                for one, scores in zip(asked, likelihoods, strict=True):
                    ranked = sorted(range(len(labels)), key=lambda label: -scores[label])
                    found[one.place][one.example] = [Candidate(scores[label], labels[label]) for label in ranked]
    finally:
        model.train(was_training)
    return {key: dict(sorted(part.items())) for key, part in zip(questions, found, strict=True)}
