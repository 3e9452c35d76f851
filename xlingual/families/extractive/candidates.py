"""The best spans of every question of a set."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xlingual.families.asked import Asked, asked_batches
from xlingual.families.batches import Batcher, Indices
from xlingual.families.extractive.spans import best_spans
from xlingual.families.scoring_set import ScoringSet
from xlingual.models.on_device import on_device
from xlingual.tasks import Candidate, Candidates, SpanLocation, merge
from xlingual.tokens.windows import Windows

K = TypeVar("K")


def candidates(
    model: nn.Module,
    questions: Mapping[K, ScoringSet],
    batcher: Batcher,
    *,
    max_answer_tokens: int,
    n_best: int = 5,
    share: tuple[int, int] = (0, 1),
    autocast: Callable[[], AbstractContextManager[Any]] | None = None,
) -> dict[K, Candidates]:
    """Find the n best spans of every question over all of its windows.

    The windows of all languages are one stream, longest first, so that windows of like length meet.

    Args:
        model: an encoder with a span head; put in evaluation mode while it answers.
        questions: what is asked, by language (or whatever tells the sets apart).
        batcher: makes the model's inputs, and knows where the model lies.
        max_answer_tokens: longest span.
        n_best: spans kept a question.
        share: (rank, workers): this worker takes every workers-th batch. Batches do not depend on it.
        autocast: context of mixed precision.

    Returns:
        language (or key) -> index of the example -> its candidates, best first; of the questions that this worker saw.
    """
    found: list[Candidates] = [{} for _ in questions]
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for asked in asked_batches(questions, batcher.tokens_per_pass, share):
                batch = batcher([one.ref for one in asked])
                with autocast() if autocast else torch.autocast("cpu", enabled=False):
                    output = model(**batch.inputs)
                start, end = batch.rows(output.start_logits), batch.rows(output.end_logits)
                legal = on_device(_legal(asked, start.shape[1]), start.device)
                spans = best_spans(start, end, legal, max_answer_tokens=max_answer_tokens, n_best=n_best)
                read = torch.stack([part.double() for part in spans]).cpu().numpy()  # a GPU is waited for once
                _collect(found, asked, read[0], *read[1:].astype(np.int64))
    finally:
        model.train(was_training)
    return {language: merge([part], n_best) for language, part in zip(questions, found, strict=True)}


def _legal(asked: Sequence[Asked], width: int) -> NDArray[np.bool_]:
    """Return (windows, width) booleans: true where a token belongs to the context."""
    legal = np.zeros((len(asked), width), dtype=bool)
    for place, (_, part, i) in enumerate(asked):
        row = slice(int(part.inputs.pointers[i]), int(part.inputs.pointers[i + 1]))
        legal[place, : row.stop - row.start] = _windows(part).offsets[row, 0] >= 0
    return legal


def _windows(part: ScoringSet) -> Windows:
    assert isinstance(part.inputs, Windows), "a span head answers in windows"
    return part.inputs


def _collect(
    found: Sequence[Candidates],
    asked: Sequence[Asked],
    scores: NDArray[np.float64],
    starts: Indices,
    ends: Indices,
) -> None:
    """Add each window's spans to the candidates of its question."""
    for place, (owner, part, i) in enumerate(asked):
        windows = _windows(part)
        index, first = int(windows.example[i]), int(windows.pointers[i])
        context = part.examples[index].context
        before, after = np.searchsorted(windows.example, (index, index + 1)).tolist()  # ascending: see `Windows`
        for score, start, end in zip(scores[place], starts[place], ends[place], strict=True):
            if np.isfinite(score):
                begin, stop = windows.offsets[first + start, 0], windows.offsets[first + end, 1]
                text = context[begin:stop]
                location = SpanLocation(int(begin) + len(text) - len(text.lstrip()), i - before + 1, after - before)
                found[owner].setdefault(index, []).append(Candidate(float(score), text.strip(), location=location))
