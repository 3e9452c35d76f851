"""Scoring speed: from text to scored answers, by the code that scores a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from xlingual.data.examples import Example
from xlingual.evaluation.evaluate import answer_questions
from xlingual.models.encoder import load_encoder, load_tokenizer
from xlingual.speed.matrix import synchronize

WARM_UP = 5
"""Questions of each language that are answered before the clock starts."""


@dataclass(frozen=True, slots=True)
class ScoringSpeed:
    """How fast questions are answered: tokenising, model, span search, exact match and F1; in float32.

    Attributes:
        questions: how many, by language.
        seconds: for all of them together.
    """

    questions: dict[str, int]
    seconds: float

    @property
    def questions_per_s(self) -> float:
        """Questions of all languages answered in a second."""
        return sum(self.questions.values()) / self.seconds


def measure_scoring(
    checkpoint: Path, examples: Mapping[str, tuple[Example, ...]], windows: dict[str, int], device: torch.device
) -> ScoringSpeed:
    """Time the answering of questions; the scores are thrown away.

    The model is loaded before the clock starts. It needs no trained span head, on which no time depends.

    Args:
        checkpoint: a model's directory.
        examples: the questions by language.
        windows: max_length, stride and max_answer_tokens.
        device: where the model lies.
    """
    tokenizer = load_tokenizer(checkpoint)
    encoder = load_encoder(checkpoint, seed=0).to(device)
    answer_questions(encoder, tokenizer, {code: part[:WARM_UP] for code, part in examples.items()}, windows, device)
    synchronize(device)
    began = time.perf_counter()
    answered = answer_questions(encoder, tokenizer, examples, windows, device)
    seconds = time.perf_counter() - began
    return ScoringSpeed({code: len(rows) for code, rows in answered.items()}, seconds)
