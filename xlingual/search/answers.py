"""Answers of a replicate to the test questions, found in a Ray task.

Apart from the stage that asks for them: a fresh worker imports this module, and neither Ray Tune nor Optuna with it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from xlingual.evaluation.batches import Batcher
from xlingual.evaluation.scoring import Candidates, ScoringSet, candidates
from xlingual.models.encoder import load_encoder, load_tokenizer
from xlingual.records.layout import TrialDirectory
from xlingual.search.placement import Demand


def find_candidates(
    directory: TrialDirectory,
    questions: Mapping[str, ScoringSet],
    max_answer_tokens: int,
    demand: Demand,
    share: tuple[int, int],
) -> dict[str, Candidates]:
    """Let a replicate's model answer its share (number, of how many) of the questions, in float32.

    Args:
        directory: the replicate's.
        questions: by language; a reference to them arrives as their value.
        max_answer_tokens: longest answer that is considered.
        demand: what a worker of a trial has, which is what this task runs on.
        share: its number, and how many there are.
    """
    torch.set_num_threads(max(1, int(demand.cpus_per_worker)))
    device = torch.device("cuda" if demand.gpus_per_worker > 0 else "cpu")
    model = load_encoder(directory.model, seed=0, trained_head=True).to(device)
    batcher = Batcher.of(model, int(load_tokenizer(directory.model).pad_token_id), device)
    return candidates(model, questions, batcher, max_answer_tokens=max_answer_tokens, share=share)
