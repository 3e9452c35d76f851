"""The training section: how long and how a model is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, model_validator

from xlingual.study.derived import FIXED, OF_FAMILY, Partial
from xlingual.study.leaves import Count, Flag, Real, Share
from xlingual.study.optimizers import DEFAULT_OPTIMIZER, OptimizerName, optimizer_named
from xlingual.study.section import LeafDoc, Section

Updates: TypeAlias = Annotated[Count, LeafDoc("a whole number from 1 to 1000000000, one for all trials", "500")]
LearningRate: TypeAlias = Annotated[Real, Field(gt=0, le=1), LeafDoc("a number above 0 and at most 1", "3e-5")]
WarmupShare: TypeAlias = Annotated[Real, Field(ge=0, lt=1), LeafDoc("a number from 0 to below 1", "0.1")]
ClipNorm: TypeAlias = Annotated[Real, Field(gt=0), LeafDoc("a number above 0", "1.0")]
Decay: TypeAlias = Annotated[Literal["linear", "constant"], LeafDoc("linear or constant", "linear")]
Precision: TypeAlias = Annotated[Literal["auto", "fp32", "tf32", "bf16"], LeafDoc("auto, fp32, tf32 or bf16", "auto")]


class TrainingSettings(Section):
    """How a trial is trained.

    A full trial makes `updates` optimiser steps, each over `batch_size` windows of all workers together.
    `learning_rate` is the peak: it rises linearly over `warmup_share` of the updates, then follows `decay`. Gradients
    are clipped to the norm `clip_norm`. With `freeze_word_embeddings: true` the word embeddings stay as pretrained.
    `precision: auto` is bf16 where it is fast, else fp32. `tf32` is fp32 in whose matrix products a GPU rounds to 10
    bits of mantissa; where a device cannot (CPUs, GPUs before Ampere) it is fp32. A study file that leaves out
    `weight_decay`, `optimizer` or `decay` gets the defaults of the model's family.

    A micro-batch is `micro_batch_size` windows, which decides the random numbers that a window gets, so that the number
    of workers does not; it takes several passes where it has more than `micro_batch_tokens` tokens (none: what fits a
    CPU's caches, 16,384 on a GPU). A trial is scored on the development data `reports` times, evenly spaced, the last
    time after the last update; all but the last ask `early_dev_questions` of the questions (none: all).
    """

    updates: Annotated[Updates, FIXED]
    batch_size: Count = 32
    micro_batch_size: Count = 16
    micro_batch_tokens: Annotated[Count | None, FIXED] = None
    learning_rate: LearningRate
    warmup_share: WarmupShare = 0.1
    weight_decay: Annotated[Share, OF_FAMILY] = 0.01
    clip_norm: ClipNorm = 1.0
    freeze_word_embeddings: Flag = False
    precision: Precision = "auto"
    reports: Count = 5
    early_dev_questions: Annotated[Count | None, FIXED] = None
    optimizer: Annotated[OptimizerName, OF_FAMILY] = DEFAULT_OPTIMIZER
    decay: Annotated[Decay, OF_FAMILY] = "linear"

    @model_validator(mode="before")
    @classmethod
    def _knows_the_optimizer(cls, written: Any) -> Any:
        """Refuse a record whose optimiser no installed package adds; study files are read by the search space."""
        if isinstance(written, Mapping) and isinstance(name := written.get("optimizer"), str):
            optimizer_named(name)
        return written


class ArmTraining(Partial[TrainingSettings]):
    """An arm's training: only the keys that are set count, the study gives the others."""
