"""A checkpoint on a device, which answers shares of questions as far as its memory reaches."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from xlingual.errors import ModelError
from xlingual.families import Checkpoint, Family, Lengths, ScoringSet
from xlingual.families.batches import Batch, Batcher, ItemRef
from xlingual.models.products import use_products
from xlingual.tasks import Candidates

NO_ROOM = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")
"""What errors say of a device whose memory is too small."""


@dataclass(frozen=True)
class TooLarge:
    """The batch that did not fit into memory: how many inputs it held, and the tokens of the longest."""

    inputs: int
    tokens: int


@dataclass(frozen=True)
class Part:
    """What one share of the batches gave.

    Attributes:
        share: its number.
        found: language -> index of the example -> its candidates.
        inputs: language -> positions of the inputs that were in these batches.
        too_large: the batch that did not fit; nothing was found then.
    """

    share: int
    found: Mapping[str, Candidates]
    inputs: Mapping[str, NDArray[np.int64]]
    too_large: TooLarge | None = None


class Answerer:
    """Answers questions with one model.

    Args:
        family: of the model.
        model: lies on a device.
        batcher: makes its inputs.
        lengths: of the inputs.
    """

    def __init__(self, family: Family, model: nn.Module, batcher: Batcher, lengths: Lengths) -> None:
        self._family, self._model, self._batcher, self._lengths = family, model, batcher, lengths
        self._words = int(model.get_input_embeddings().num_embeddings)  # type: ignore[operator]

    @classmethod
    def load(cls, checkpoint: Checkpoint, lengths: Lengths, device: torch.device) -> Answerer:
        """Load a checkpoint in float32.

        Raises:
            ModelError: when it cannot be loaded, lacks what it answers with, or its weights are no numbers.
        """
        use_products("fp32", device)
        family, model = checkpoint.family, checkpoint.load(seed=0, trained_head=True).to(device)
        batcher = family.batcher(model, int(checkpoint.tokenizer.pad_token_id), device)
        return cls(family, model, batcher, lengths)

    @property
    def tokens_per_pass(self) -> int:
        """Tokens of a batch to begin with."""
        return self._batcher.tokens_per_pass

    def answer(self, questions: Mapping[str, ScoringSet], tokens: int, share: tuple[int, int]) -> Part:
        """Answer one share of the questions' batches.

        Args:
            questions: by language.
            tokens: of a batch, at most (but for a single input).
            share: its number, and how many there are.

        Raises:
            ModelError: when a token has no word embedding, or what the model computes is no number.
        """
        largest = max((int(part.inputs.input_ids.max(initial=0)) for part in questions.values()), default=0)
        if largest >= self._words:  # on a GPU such a token ends the process
            raise ModelError(
                f"the model's tokenizer gives token {largest}, and its word embeddings have {self._words} rows; save "
                "the model with the tokenizer that it was trained with, or after resize_token_embeddings"
            )
        watched = WatchedBatcher(self._batcher, tokens)
        try:
            found = self._family.answers(self._model, questions, watched, self._lengths, share=share)
        except RuntimeError as error:
            if not out_of_memory(error):
                raise
            found = None
        if found is None:  # apart from the handler, whose traceback holds the batch in memory
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            return Part(share[0], {}, {}, watched.last)
        scores = (one.score for part in found.values() for best in part.values() for one in best)
        if not all(map(math.isfinite, scores)):
            raise ModelError("the model's answers have no likelihood (NaN or infinity); name another checkpoint")
        return Part(share[0], found, {language: watched.inputs(part.inputs) for language, part in questions.items()})


class WatchedBatcher(Batcher):
    """A batcher with another bound of a batch, which remembers the inputs that it was asked for."""

    def __init__(self, batcher: Batcher, tokens: int) -> None:
        self._batcher, self._tokens = batcher, tokens
        self._places: list[ItemRef] = []
        self.last = TooLarge(0, 0)

    def __call__(self, places: Sequence[ItemRef]) -> Batch:
        """Stack inputs, in this order."""
        self._places += places
        self.last = TooLarge(len(places), max(int(source.lengths[i]) for source, i in places))
        return self._batcher(places)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batcher, name)

    @property
    def tokens_per_pass(self) -> int:
        """The bound."""
        return self._tokens

    def inputs(self, source: object) -> NDArray[np.int64]:
        """Positions of the inputs of one source that were asked for."""
        return np.array([i for one, i in self._places if one is source], dtype=np.int64)


def out_of_memory(error: RuntimeError) -> bool:
    """Whether an error says that a device's memory is too small.

    Only torch's own allocator has a class of errors for it. CUDA says `out of memory` where its libraries or pinned
    memory ask for some, NCCL passes that on, cuBLAS finds no room for its workspace, and the CPU's allocator fails.
    """
    said = str(error)
    return isinstance(error, torch.OutOfMemoryError) or any(one in said for one in NO_ROOM)
