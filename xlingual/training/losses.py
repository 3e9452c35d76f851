"""The losses of a trial as one module, so that every pass touches the same parameters whatever it is trained for.

Workers that join gradients (torch's DistributedDataParallel) expect each parameter in each backward pass. A pass that
does not need a head adds 0 times the head's parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from xlingual.families.batches import Batch
from xlingual.families.family import Family
from xlingual.models.masked_language_model import MaskedLanguageModelHead, base_encoder
from xlingual.models.mean_pooling import mean_pooled
from xlingual.models.outcome import Outcome
from xlingual.robust import Term
from xlingual.study import TrialConfiguration
from xlingual.training.objective_schedule import Objective
from xlingual.training.objectives.contrastive import info_nce, masked_cosines


class Losses(nn.Module):
    """A model, what a recipe trains beside it, and how their losses are made.

    Args:
        configuration: says the recipe.
        model: a `transformers` model.
        family: the model's.
        head: for masked tokens, upon the same encoder; None where nothing is masked.
        autocast: context of the trial's precision; losses are float32.

    Attributes:
        model: see above.
        head: see above.
    """

    def __init__(
        self,
        configuration: TrialConfiguration,
        model: nn.Module,
        family: Family,
        head: MaskedLanguageModelHead | None,
        autocast: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        super().__init__()
        self.model, self.head, self._autocast, self._family = model, head, autocast, family
        recipe = configuration.mixture.recipe if configuration.mixture else None
        contrastive = recipe.contrastive if recipe else None
        self._temperature = contrastive.temperature if contrastive else 1.0
        self._outside = list[nn.Parameter]()  # of the encoder: the span head, or the decoder
        if recipe and recipe.passage is None and recipe.generation is None:
            inner = set(base_encoder(model).parameters())
            self._outside = [parameter for parameter in model.parameters() if parameter not in inner]
        of_model = set(model.parameters())
        self._head = [p for p in head.parameters() if p not in of_model] if head else []

    def forward(
        self,
        objective: Objective | None,
        batches: Sequence[Batch] = (),
        targets: Mapping[str, Tensor] | None = None,
        *,
        dropout_seed: int = 0,
        term: Term | None = None,
    ) -> Tensor:
        """A term of a pass's loss, by default its sum over the pass's examples, or masked tokens; (), float32.

        Args:
            objective: what the pass is trained for; None for a worker that has no pass in an update.
            batches: the model's inputs.
            targets: of questions as the family says, for texts with `weights` (rows,), what each of a row's tokens
                weighs; else as `contrasted_inputs` and `masked_inputs` say.
            dropout_seed: decides dropout, the same in every run of the model that the term makes with the same draw.
            term: of robust training.
        """
        if objective is None:
            loss = torch.zeros((), device=next(self.model.parameters()).device)
        else:
            run = partial(self.outcome, objective, batches, targets or {}, dropout_seed)
            loss = run().loss if term is None else term(run)
        for parameter in self.idle(objective):
            if parameter.requires_grad:
                loss = loss + 0.0 * parameter.sum()
        return loss

    def outcome(
        self,
        objective: Objective,
        batches: Sequence[Batch],
        targets: Mapping[str, Tensor],
        dropout_seed: int,
        *,
        draw: int = 0,
    ) -> Outcome:
        """Run the model on a pass's inputs; arguments as those of `forward`, and the number of dropout's draw."""
        _seed_dropout(dropout_seed + draw, next(self.model.parameters()).device)
        if objective == self._family.objective:
            return self._family.outcome(self.model, batches[0], targets, self._autocast)
        if objective == "contrastive":
            return self._contrastive(batches, targets["restore"], targets["same"])
        return self._masked(batches[0], targets["places"], targets["tokens"])

    def idle(self, objective: Objective | None) -> list[nn.Parameter]:
        """Parameters that a pass for this objective does not need."""
        if objective is None:
            return [*self.model.parameters(), *self._head]
        head = [] if objective == "masked_language_model" else self._head
        return head if objective == self._family.objective else [*self._outside, *head]

    def _contrastive(self, batches: Sequence[Batch], restore: Tensor, same: Tensor) -> Outcome:
        """All texts of the micro-batch stay in memory until its backward pass, however many batches read them."""
        encoder = base_encoder(self.model)
        vectors = []
        for batch in batches:
            with self._autocast():
                hidden = encoder(**batch.inputs)[0]
            vectors.append(mean_pooled(hidden, batch.lengths, packed=batch.packed))
        questions, answers = torch.cat(vectors)[restore].chunk(2)
        cosines = masked_cosines(questions, answers, same, self._temperature)
        return Outcome(info_nce(cosines), (cosines, cosines.T))

    def _masked(self, batch: Batch, places: Tensor, tokens: Tensor) -> Outcome:
        """Cross-entropy at the masked places; logits are made nowhere else."""
        assert self.head is not None
        with self._autocast():
            hidden = base_encoder(self.model)(**batch.inputs)[0]
            logits = self.head(hidden.flatten(0, 1)[places]).float()
        return Outcome(nn.functional.cross_entropy(logits, tokens, reduction="sum"), (logits,))


def _seed_dropout(seed: int, device: torch.device) -> None:
    """Do what `torch.manual_seed` does for the device at hand; it takes up to 0.4 ms for all kinds of devices."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
