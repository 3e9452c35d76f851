"""Answers of a model to every question of a set, and their exact match and F1."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xlingual import metrics
from xlingual.data.examples import Example
from xlingual.data.windows import Windows
from xlingual.evaluation.batches import Batcher, Indices, length_batches
from xlingual.evaluation.spans import best_spans


@dataclass(frozen=True, slots=True)
class ScoringSet:
    """Questions of one language and their windows; `windows.example` indexes `examples`."""

    examples: tuple[Example, ...]
    windows: Windows

    def sample(self, questions: int) -> ScoringSet:
        """The questions whose ids have the smallest hashes, in their order; all of them where there are no more.

        A question is in the sample or not whatever set it is asked in, so that languages share the ids.
        """
        if questions >= len(self.examples):
            return self
        by_hash = sorted(range(len(self.examples)), key=lambda i: hashlib.sha256(self.examples[i].id.encode()).digest())
        chosen = np.sort(np.array(by_hash[:questions]))
        return ScoringSet(tuple(self.examples[i] for i in chosen), self.windows.of_examples(chosen))


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A span of one question's context: its score (sum of logits) and its text."""

    score: float
    text: str


K = TypeVar("K")
Candidates = dict[int, list[Candidate]]


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
    rank, workers = share
    sets = list(questions.values())
    owner = np.repeat(np.arange(len(sets)), [len(part.windows) for part in sets])
    window = np.concatenate([np.zeros(0, dtype=np.int64), *(np.arange(len(part.windows)) for part in sets)])
    lengths = np.concatenate([np.zeros(0, dtype=np.int64), *(part.windows.lengths for part in sets)])
    found: list[Candidates] = [{} for _ in sets]
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            for places in length_batches(lengths, batcher.tokens_per_pass)[rank::workers]:
                asked = [(sets[owner[place]], int(window[place])) for place in places]
                batch = batcher([(part.windows, i) for part, i in asked])
                with autocast() if autocast else torch.autocast("cpu", enabled=False):
                    output = model(**batch.inputs)
                start, end = batch.rows(output.start_logits), batch.rows(output.end_logits)
                legal = torch.from_numpy(_legal(asked, start.shape[1])).to(start.device)
                spans = best_spans(start, end, legal, max_answer_tokens=max_answer_tokens, n_best=n_best)
                _collect([(found[owner[place]], *one) for place, one in zip(places, asked, strict=True)],
                         *(part.cpu().numpy() for part in spans))  # fmt: skip
    finally:
        model.train(was_training)
    return {language: merge([part], n_best) for language, part in zip(questions, found, strict=True)}


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


def _legal(asked: Sequence[tuple[ScoringSet, int]], width: int) -> NDArray[np.bool_]:
    """Return (windows, width) booleans: true where a token belongs to the context."""
    legal = np.zeros((len(asked), width), dtype=bool)
    for place, (part, i) in enumerate(asked):
        row = slice(int(part.windows.pointers[i]), int(part.windows.pointers[i + 1]))
        legal[place, : row.stop - row.start] = part.windows.offsets[row, 0] >= 0
    return legal


def _collect(
    asked: Sequence[tuple[Candidates, ScoringSet, int]],
    scores: NDArray[np.float32],
    starts: Indices,
    ends: Indices,
) -> None:
    """Add each window's spans to the candidates of its question."""
    for place, (found, part, i) in enumerate(asked):
        windows = part.windows
        index, first = int(windows.example[i]), int(windows.pointers[i])
        context = part.examples[index].context
        for score, start, end in zip(scores[place], starts[place], ends[place], strict=True):
            if np.isfinite(score):
                begin, stop = windows.offsets[first + start, 0], windows.offsets[first + end, 1]
                found.setdefault(index, []).append(Candidate(float(score), context[begin:stop].strip()))


def _distinct(spans: list[Candidate]) -> list[Candidate]:
    best: dict[str, Candidate] = {}
    for span in sorted(spans, key=lambda span: (-span.score, span.text)):
        best.setdefault(span.text, span)
    return list(best.values())
