"""Answers of a model to every question of a set, and their exact match and F1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xlingual import metrics
from xlingual.data.examples import Example
from xlingual.data.windows import Windows
from xlingual.evaluation.batches import Indices, padded, scoring_batches
from xlingual.evaluation.spans import best_spans

TOKENS_PER_BATCH = 4096


@dataclass(frozen=True, slots=True)
class ScoringSet:
    """Questions of one language and their windows; `windows.example` indexes `examples`."""

    examples: tuple[Example, ...]
    windows: Windows


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A span of one question's context: its score (sum of logits) and its text."""

    score: float
    text: str


Candidates = dict[int, list[Candidate]]


def candidates(
    model: nn.Module,
    questions: ScoringSet,
    *,
    pad_token: int,
    device: torch.device,
    max_answer_tokens: int,
    n_best: int = 5,
    share: tuple[int, int] = (0, 1),
    autocast: Callable[[], AbstractContextManager[Any]] | None = None,
) -> Candidates:
    """Find the n best spans of every question over all of its windows.

    Args:
        model: an encoder with a span head; put in evaluation mode while it answers.
        questions: what is asked.
        pad_token: the tokenizer's padding id.
        device: where the model lies.
        max_answer_tokens: longest span.
        n_best: spans kept a question.
        share: (rank, workers): this worker takes every workers-th batch. Batches do not depend on it.
        autocast: context of mixed precision.

    Returns:
        index of the example -> its candidates, best first; only of the questions that this worker saw.
    """
    rank, workers = share
    found: Candidates = {}
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for batch in scoring_batches(questions.windows.lengths, TOKENS_PER_BATCH)[rank::workers]:
                tensors = padded([(questions.windows, int(i)) for i in batch], pad_token, device)
                with autocast() if autocast else torch.autocast("cpu", enabled=False):
                    output = model(**accepted(model, tensors))
                legal = torch.from_numpy(_legal(questions.windows, batch, tensors["input_ids"].shape[1])).to(device)
                spans = best_spans(
                    output.start_logits,
                    output.end_logits,
                    legal,
                    max_answer_tokens=max_answer_tokens,
                    n_best=n_best,
                )
                _collect(found, questions, batch, *(part.cpu().numpy() for part in spans))
    finally:
        model.train(was_training)
    return merge([found], n_best)


def merge(parts: Iterable[Candidates], n_best: int = 5) -> Candidates:
    """Join what several windows or workers found: the best spans of each question, equal texts once."""
    joined: Candidates = {}
    for part in parts:
        for index, spans in part.items():
            joined.setdefault(index, []).extend(spans)
    return {index: _distinct(spans)[:n_best] for index, spans in sorted(joined.items())}


def answer_rows(examples: tuple[Example, ...], found: Mapping[int, list[Candidate]]) -> list[dict[str, Any]]:
    """Score every question: id, paragraph, prediction, its exact match and F1 in percent, and the n best spans.

    A question without any legal span gets the empty answer.
    """
    rows = []
    for index, example in enumerate(examples):
        spans = found.get(index, [])
        prediction = spans[0].text if spans else ""
        rows.append(
            {
                "id": example.id,
                "paragraph": example.paragraph,
                "prediction": prediction,
                "exact_match": 100.0 * metrics.exact_match(prediction, example.answers),
                "f1": 100.0 * metrics.f1(prediction, example.answers),
                "n_best": [{"text": span.text, "score": round(span.score, 4)} for span in spans],
            }
        )
    return rows


def mean_scores(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Mean exact match and F1 in percent over questions, and how many there are."""
    return {
        "exact_match": float(np.mean([row["exact_match"] for row in rows])),
        "f1": float(np.mean([row["f1"] for row in rows])),
        "questions": len(rows),
    }


def accepted(model: nn.Module, tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Leave out token types where the encoder knows only one (XLM-R)."""
    inner = getattr(model, "module", model)
    if int(getattr(inner.config, "type_vocab_size", 0) or 0) < 2:
        return {name: tensor for name, tensor in tensors.items() if name != "token_type_ids"}
    return tensors


def _legal(windows: Windows, batch: Indices, width: int) -> NDArray[np.bool_]:
    """Return (windows, width) booleans: true where a token belongs to the context."""
    legal = np.zeros((len(batch), width), dtype=bool)
    for place, i in enumerate(batch):
        row = slice(int(windows.pointers[i]), int(windows.pointers[i + 1]))
        legal[place, : row.stop - row.start] = windows.offsets[row, 0] >= 0
    return legal


def _collect(
    found: Candidates,
    questions: ScoringSet,
    batch: Indices,
    scores: NDArray[np.float32],
    starts: Indices,
    ends: Indices,
) -> None:
    windows = questions.windows
    for place, i in enumerate(batch):
        index, first = int(windows.example[i]), int(windows.pointers[i])
        context = questions.examples[index].context
        for score, start, end in zip(scores[place], starts[place], ends[place], strict=True):
            if np.isfinite(score):
                begin, stop = windows.offsets[first + start, 0], windows.offsets[first + end, 1]
                found.setdefault(index, []).append(Candidate(float(score), context[begin:stop].strip()))


def _distinct(spans: list[Candidate]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for span in sorted(spans, key=lambda span: (-span.score, span.text)):
        best.setdefault(span.text, span)
    return list(best.values())
