"""The implementations of what `more_methods` declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from more_methods import Reversal as ReversalSettings
from more_methods import TokenDropout as TokenDropoutSettings
from torch import Tensor, nn
from typing_extensions import Self

from xlingual.data.augmentation.example import WordReplacement
from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.augmentation.word_replacement import Word
from xlingual.robust import Rows, Run, Term
from xlingual.robust.hook_points import HookPoint
from xlingual.robust.token_layout import Layout
from xlingual.study import TrainingSettings


class TokenDropout:
    """A `RobustTraining`: one term for each draw."""

    def __init__(self, settings: TokenDropoutSettings, model: nn.Module) -> None:
        self._rate = settings.rate
        self._hook_point = HookPoint(model, "word_embeddings")
        self.passes = self.terms = settings.draws

    def loss_terms(self, rows: Sequence[Rows], run: Run, seed: int) -> Iterator[Term]:
        layouts = [Layout(part) for part in rows]
        generator = torch.Generator().manual_seed(seed)

        def perturb(_call: int, values: Tensor) -> Tensor:
            dropped = torch.rand((*values.shape[:2], 1), generator=generator) < self._rate
            return -values * dropped.to(values.device)

        def term(run: Run) -> Tensor:
            with self._hook_point.perturbed(layouts, perturb):
                return run().loss / self.terms

        for _ in range(self.terms):
            yield term

    def record(self) -> Mapping[str, Any]:
        return {"rate": self._rate}

    def pop_squared_norms(self) -> tuple[float, float]:
        return self._hook_point.pop_squared_norms()


class Reversal(WordReplacement):
    """Writes words backwards."""

    def __init__(self, rate: float) -> None:
        self._rate = rate

    @classmethod
    def of(cls, settings: ReversalSettings, lexicons: Lexicons, backend: Any) -> Self:
        return cls(settings.rate)

    def replacements(self, words: Sequence[Word], generator: np.random.Generator) -> list[str | None]:
        drawn = generator.random(len(words)) < self._rate
        return [word.text[::-1] if reverse else None for word, reverse in zip(words, drawn, strict=True)]


class SignDescent(torch.optim.Optimizer):
    """Steps along the sign of a running mean of gradients, which it keeps as its state."""

    def __init__(self, groups: list[dict[str, Any]], lr: float) -> None:
        super().__init__(groups, {"lr": lr})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for weight in (one for one in group["params"] if one.grad is not None):
                mean = self.state[weight].setdefault("mean", torch.zeros_like(weight))
                mean.lerp_(weight.grad, 0.5)
                weight.mul_(1 - group["lr"] * group["weight_decay"]).sub_(mean.sign(), alpha=group["lr"])


def sign_descent(groups: list[dict[str, Any]], training: TrainingSettings) -> torch.optim.Optimizer:
    return SignDescent(groups, training.learning_rate)
