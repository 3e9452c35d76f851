"""A linear model with known losses, gradients and perturbations."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.models.outcome import Outcome
from xlingual.robust import RobustTraining, Rows

Array = NDArray[np.float64]


class Reader(nn.Module):
    """Classifies examples: an example's logits are the sum over its tokens of (1 + place) x vector @ head.

    Calls of the model are given by the indices of their examples; a run makes all of them.

    Attributes:
        draws: the draw of dropout of each run.
        seen: for each run, the vectors of each example as read by the head, (tokens, width).
        alive: weak references to the outputs of every run.
    """

    def __init__(self, examples: Sequence[Sequence[int]], labels: Sequence[int], *, width: int = 4) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.table = nn.Embedding(20, width)
        self.head = nn.Parameter(torch.randn(width, 3, generator=generator))
        with torch.no_grad():
            self.table.weight.copy_(torch.randn(20, width, generator=generator) * 0.5)
        self.examples, self.labels = [list(example) for example in examples], list(labels)
        self.calls: list[list[int]] = [list(range(len(examples)))]
        self.packed = False
        self.draws: list[int] = []
        self.seen: list[list[Array]] = []
        self.alive: list[weakref.ref[Tensor]] = []

    def get_input_embeddings(self) -> nn.Embedding:
        return self.table

    @property
    def base_model(self) -> nn.Module:
        return self

    @property
    def root_mean_square(self) -> float:
        return float(self.table.weight.detach().double().pow(2).mean().sqrt())

    def rows(self) -> list[Rows]:
        return [Rows(tuple(len(self.examples[i]) for i in call), self.packed) for call in self.calls]

    def run(self, *, draw: int = 0) -> Outcome:
        self.draws.append(draw)
        found: dict[int, Tensor] = {}
        for call in self.calls:
            found |= dict(zip(call, self._vectors([self.examples[i] for i in call]), strict=True))
        vectors = [found[i] for i in range(len(self.examples))]
        self.seen.append([part.detach().double().numpy().copy() for part in vectors])
        logits = torch.stack([(torch.arange(1, 1 + len(part))[:, None] * part).sum(0) @ self.head for part in vectors])
        self.alive.append(weakref.ref(logits))
        return Outcome(nn.functional.cross_entropy(logits, torch.tensor(self.labels), reduction="sum"), (logits,))

    def clean(self) -> list[Array]:
        """Vectors of each example without perturbation."""
        return [self.table.weight.detach()[torch.tensor(example)].double().numpy() for example in self.examples]

    def perturbations(self) -> list[list[Array]]:
        """The perturbation in each run, by example."""
        return [[one - other for one, other in zip(run, self.clean(), strict=True)] for run in self.seen]

    def probabilities(self, vectors: Array) -> Array:
        """Prediction for an example's vectors, by hand; (3,)."""
        logits = np.arange(1, 1 + len(vectors)) @ vectors @ self.head.detach().double().numpy()
        exponentials = np.exp(logits - logits.max())
        return np.asarray(exponentials / exponentials.sum())

    def gradient(self, vectors: Array, label: int) -> Array:
        """Gradient of an example's loss by its vectors, by hand."""
        error = self.probabilities(vectors) - np.eye(3)[label]
        return np.outer(np.arange(1, 1 + len(vectors)), self.head.detach().double().numpy() @ error)

    def head_gradient(self, vectors: Array, label: int) -> Array:
        """Gradient of an example's loss by the head, by hand."""
        error = self.probabilities(vectors) - np.eye(3)[label]
        return np.outer(np.arange(1, 1 + len(vectors)) @ vectors, error)

    def _vectors(self, examples: Sequence[Sequence[int]]) -> list[Tensor]:
        lengths = [len(example) for example in examples]
        if self.packed:
            values = self.table(torch.tensor([[token for example in examples for token in example]]))
            return list(values[0].split(lengths))
        ids = nn.utils.rnn.pad_sequence([torch.tensor(example) for example in examples], batch_first=True)
        return [row[:length] for row, length in zip(self.table(ids), lengths, strict=True)]


def trained(method: RobustTraining, reader: Reader, seed: int = 0, factor: float = 1.0) -> float:
    """One pass as the training loop does it: every term backpropagated (times a factor) before the next; the loss."""
    total = 0.0
    for term in method.loss_terms(reader.rows(), reader.run, seed):
        loss = term(reader.run)
        (loss * factor).backward()
        total += float(loss.detach())
    return total


@pytest.fixture
def make_reader() -> Callable[..., Reader]:
    """Three examples of 3, 1 and 2 tokens, by default."""

    def make(examples: Any = ((1, 2, 3), (4,), (5, 6)), labels: Any = (0, 2, 1), **options: Any) -> Reader:
        return Reader(examples, labels, **options)

    return make


@pytest.fixture
def reader(make_reader: Callable[..., Reader]) -> Reader:
    return make_reader()


@pytest.fixture(name="trained")
def trained_pass() -> Callable[..., float]:
    return trained
