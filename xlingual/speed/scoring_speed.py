"""Scoring speed: from text to scored answers, by the code that scores a checkpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from xlingual.evaluation.answerer import Answerer
from xlingual.evaluation.answering import LocalWorker, answer_all
from xlingual.families import Checkpoint, Lengths, ScoringSet
from xlingual.models.products import use_products
from xlingual.speed.matrix import synchronize

WARM_UP = 5
"""Questions of each language that are answered before the clock starts."""


@dataclass(frozen=True, slots=True)
class ScoringSpeed:
    """How fast questions are answered: tokenising, model, choosing or writing answers, metrics; in float32.

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
    checkpoint: Checkpoint,
    examples: Mapping[str, tuple[Any, ...]],
    lengths: Lengths,
    device: torch.device,
) -> ScoringSpeed:
    """Time the answering of questions; the scores are thrown away.

    The model is loaded before the clock starts. An encoder needs no trained span head, on which no time depends.

    Args:
        checkpoint: a model.
        examples: the questions by language.
        lengths: of its inputs.
        device: where the model lies.

    Raises:
        ModelError: when the model cannot be loaded, or a single input does not fit into memory.
    """
    family, tokenizer = checkpoint.family, checkpoint.tokenizer
    use_products("fp32", device)
    model = checkpoint.load(seed=0).to(device)
    batcher = family.batcher(model, int(tokenizer.pad_token_id), device)
    crew = LocalWorker(Answerer(family, model, batcher, lengths))

    def score(asked: Mapping[str, tuple[Any, ...]]) -> dict[str, int]:
        """From text to scored rows, as `evaluate_checkpoint` does it; how many there are."""
        questions = {
            code: ScoringSet(part, family.inputs(tokenizer, part, lengths, targets=False))
            for code, part in asked.items()
        }
        found = answer_all(crew, questions, lambda done, total: None)
        return {code: len(checkpoint.task.rows(part, found[code], family.row_extras)) for code, part in asked.items()}

    score({code: part[:WARM_UP] for code, part in examples.items()})
    synchronize(device)
    began = time.perf_counter()
    answered = score(examples)
    seconds = time.perf_counter() - began
    return ScoringSpeed(answered, seconds)
