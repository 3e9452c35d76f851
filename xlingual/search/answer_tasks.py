"""Answers of a replicate to the test questions, found in a Ray task.

Apart from the stage that asks for them: a fresh worker imports this module, and neither Ray Tune nor Optuna with it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from xlingual.families import Checkpoint, Lengths, ScoringSet
from xlingual.models.products import use_products
from xlingual.records.attached import attach, fetch_folder
from xlingual.records.layout import TrialDirectory
from xlingual.search.placement import Demand
from xlingual.tasks import Candidates, Task


def find_candidates(
    directory: TrialDirectory,
    task: Task,
    questions: Mapping[str, ScoringSet],
    lengths: Lengths,
    demand: Demand,
    share: tuple[int, int],
    url: str | None = None,
) -> dict[str, Candidates]:
    """Let a replicate's model answer its share (number, of how many) of the questions, in float32.

    Args:
        directory: the replicate's.
        task: that the questions are of.
        questions: by language; a reference to them arrives as their value.
        lengths: that the replicate was trained with.
        demand: what a worker of a trial has, which is what this task runs on.
        share: its number, and how many there are.
        url: what the study's directory is the mirror of; None where all nodes see the directory itself.
    """
    torch.set_num_threads(max(1, int(demand.cpus_per_worker)))
    device = torch.device("cuda" if demand.gpus_per_worker > 0 else "cpu")
    if url is not None:
        attach(url, directory.path.parent.parent)
        fetch_folder(directory.model)
    use_products("fp32", device)
    trained = Checkpoint.at(directory.model, task)
    model = trained.load(seed=0, trained_head=True).to(device)
    batcher = trained.family.batcher(model, int(trained.tokenizer.pad_token_id), device)
    return trained.family.answers(model, questions, batcher, lengths, share=share)
