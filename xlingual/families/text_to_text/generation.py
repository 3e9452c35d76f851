"""Answers written token by token, the most likely token each time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from xlingual.families.asked import asked_batches
from xlingual.families.batches import Batch, Batcher
from xlingual.families.scoring_set import ScoringSet
from xlingual.models.on_device import on_device
from xlingual.models.text_to_text import detokenizer, plain_generation
from xlingual.tasks import Candidate, Candidates
from xlingual.tasks.question_answering import SENTINELS

K = TypeVar("K")


def written_answers(
    model: nn.Module,
    questions: Mapping[K, ScoringSet],
    batcher: Batcher,
    *,
    max_answer_tokens: int,
    share: tuple[int, int] = (0, 1),
    autocast: Callable[[], AbstractContextManager[Any]] | None = None,
) -> dict[K, Candidates]:
    """Write an answer to every question.

    The inputs of all languages are one stream, longest first, so that inputs of like length meet.

    Args:
        model: as `load_text_to_text` loads it; put in evaluation mode while it answers.
        questions: what is asked, by language (or whatever tells the sets apart).
        batcher: makes the model's inputs, and knows where the model lies.
        max_answer_tokens: most tokens of an answer, the end-of-sequence token included.
        share: (rank, workers): this worker takes every workers-th batch. Batches do not depend on it.
        autocast: context of mixed precision.

    Returns:
        language (or key) -> index of the example -> its one candidate, scored by the sum of its tokens'
        log-probabilities; of the questions that this worker saw.
    """
    found: list[Candidates] = [{} for _ in questions]
    with _answering(model):
        for asked in asked_batches(questions, batcher.tokens_per_pass, share):
            batch = batcher([one.ref for one in asked])
            with autocast() if autocast else torch.autocast("cpu", enabled=False):
                written, scores = written_tokens(model, batch, max_answer_tokens)
            texts, marked = detokenizer(model)(written), detokenizer(model).with_sentinels(written)
            for one, text, score, mark in zip(asked, texts, scores, marked, strict=True):
                found[one.place][one.example] = [Candidate(score, text, (SENTINELS,) if mark else ())]
    return {key: dict(sorted(part.items())) for key, part in zip(questions, found, strict=True)}


def written_tokens(model: nn.Module, batch: Batch, max_answer_tokens: int) -> tuple[list[list[int]], list[float]]:
    """Token ids that a model writes for a batch, and the sums of their log-probabilities.

    An answer's tokens are those up to its end-of-sequence token, that one included.
    """
    likelihoods = _Likelihoods()
    settings = model.generation_config
    ids = batch.inputs["input_ids"]
    written = model.generate(  # type: ignore[operator]
        **{"attention_mask": torch.ones_like(ids), **batch.inputs},  # without a mask it would look for padding
        max_new_tokens=max_answer_tokens,
        num_beams=1,
        do_sample=False,
        logits_processor=[likelihoods],
    )
    tokens = written[:, 1:]  # the first one is the decoder's start
    ending = on_device(np.atleast_1d(np.asarray(settings.eos_token_id)), tokens.device)  # type: ignore[union-attr]
    ends = torch.isin(tokens, ending)
    before = ends.cumsum(1) - ends.long() == 0  # no end before
    logs = torch.stack(likelihoods.steps, dim=1)[:, : tokens.shape[1]]
    scores = (logs.double() * before).sum(1, keepdim=True)
    read = torch.cat([scores, before.sum(1, keepdim=True), tokens], dim=1).tolist()  # doubles; a GPU is waited for once
    return [[int(token) for token in row[2 : 2 + int(row[1])]] for row in read], [float(row[0]) for row in read]


class _Likelihoods:
    """Records the log-probability of the most likely token of each step, without keeping logits.

    Attributes:
        steps: (rows,) of each step.
    """

    def __init__(self) -> None:
        self.steps = list[Tensor]()

    def __call__(self, _written: Tensor, logits: Tensor) -> Tensor:
        self.steps.append(logits.amax(-1) - logits.logsumexp(-1))
        return logits


@contextmanager
def _answering(model: nn.Module) -> Iterator[None]:
    """Evaluation mode, with the model's own generation settings (beams, sampling) disabled."""
    was_training, settings = model.training, model.generation_config
    model.generation_config = plain_generation(model.config)
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        model.generation_config = settings
        model.train(was_training)
