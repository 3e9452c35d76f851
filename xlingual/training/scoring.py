"""Answers of a model in training, by all of its workers, as far as memory reaches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from torch import nn

from xlingual.errors import OutOfMemory
from xlingual.evaluation.answerer import TooLarge, WatchedBatcher, out_of_memory
from xlingual.families import Lengths, ScoringSet
from xlingual.families.batches import Batch, Batcher, ItemRef
from xlingual.tasks import Candidates
from xlingual.training.freed_memory import release_free_memory
from xlingual.training.model import TrainedModel
from xlingual.training.worker import Worker

K = TypeVar("K")


class Scoring:
    """Answers questions, each worker its share of the batches; halves the batches where one does not fit into memory.

    Args:
        model: in training.
        lengths: of its inputs.
        worker: this process.
        alive: takes a sign of life with each batch.
    """

    def __init__(
        self,
        model: TrainedModel,
        lengths: Lengths,
        worker: Worker,
        alive: Callable[[str], None] = lambda doing: None,
    ) -> None:
        self._model, self._lengths, self._worker, self._alive = model, lengths, worker, alive
        self._tokens = model.batcher.tokens_per_pass

    def answers(self, model: nn.Module, questions: Mapping[K, ScoringSet]) -> list[dict[K, Candidates]]:
        """Answer questions: every worker's candidates, see `Family.answers`.

        Args:
            model: with the weights that scores are made with.
            questions: by what tells the sets apart.

        Raises:
            OutOfMemory: when a single input does not fit.
        """
        while True:
            found = self._worker.gather(self._share(model, questions))
            large = [one for one in found if isinstance(one, TooLarge)]
            if not large:
                return found
            if any(one.inputs <= 1 for one in large):
                raise OutOfMemory(
                    "scoring the development data does not fit into memory, not even one input at a time; write "
                    "shorter inputs (max_length) or a smaller model, or use a device with more memory"
                )
            self._tokens = min(one.inputs * one.tokens for one in large) // 2  # on all workers: batches follow from it

    def _share(self, model: nn.Module, questions: Mapping[K, ScoringSet]) -> dict[K, Candidates] | TooLarge:
        """This worker's answers, or the batch that did not fit."""
        batcher, family = LivingBatcher(self._model.batcher, self._tokens, self._alive), self._model.family
        share = (self._worker.rank, self._worker.workers)
        try:
            return family.answers(model, questions, batcher, self._lengths, share=share, autocast=self._model.autocast)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
        release_free_memory()
        return batcher.last


class LivingBatcher(WatchedBatcher):
    """A batcher that gives a sign of life with each batch."""

    def __init__(self, batcher: Batcher, tokens: int, alive: Callable[[str], None]) -> None:
        super().__init__(batcher, tokens)
        self._alive = alive

    def __call__(self, places: Sequence[ItemRef]) -> Batch:
        """Stack inputs, in this order."""
        self._alive("a batch of the development data")
        return super().__call__(places)
