"""What `precision: auto` means for a study whose trials run on CPUs: measured once, kept in the journal.

GPUs that have bf16 are faster with it, and a worker asks its own. CPUs differ: some are several times slower with bf16,
some twice as fast. As it decides numbers, one choice holds for all trials of a study, also after it is moved.
"""

from __future__ import annotations

import time

import ray
import torch

from xlingual.activity import doing
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.search.placement import Demand
from xlingual.study import Study, TrialConfiguration, arm_space
from xlingual.study.space import values
from xlingual.training.hardware import bf16_speedup, cpu_precision

EVENT = "precision_chosen"


def study_precision(study: Study, directory: StudyDirectory, demand: Demand, widths: tuple[int, int]) -> str:
    """Return `auto` where each worker's GPU decides or no arm asks for it, else the study's choice of fp32 or bf16.

    Measures on a node of the cluster, with the CPUs of one worker, when the journal holds no choice yet.

    Args:
        study: its definition.
        directory: its records.
        demand: of one trial.
        widths: hidden and feed-forward width of the study's largest encoder.
    """
    asked = [arm_space(study, arm)["training"]["precision"] for arm in study.arms]
    if demand.gpus_per_worker > 0 or not any("auto" in values(leaf) for leaf in asked):
        return "auto"
    chosen = [event["precision"] for event in journal.read(directory.journal) if event["event"] == EVENT]
    if chosen:
        return str(chosen[-1])
    measure = ray.remote(_measure).options(num_cpus=demand.cpus_per_worker)
    with doing("trying both precisions on a layer"):
        speedup = round(ray.get(measure.remote(int(demand.cpus_per_worker), widths)), 2)
    precision = cpu_precision(speedup)
    event = {"event": EVENT, "time": time.time(), "precision": precision, "bf16_speedup": speedup}
    journal.append(directory.journal, event)
    return precision


def with_precision(configuration: TrialConfiguration, precision: str) -> TrialConfiguration:
    """Put the study's choice in the place of `auto`."""
    if configuration.training.precision != "auto":
        return configuration
    training = configuration.training.model_copy(update={"precision": precision})
    return configuration.model_copy(update={"training": training})


def _measure(threads: int, widths: tuple[int, int]) -> float:
    torch.set_num_threads(max(1, threads))
    return bf16_speedup(*widths)
