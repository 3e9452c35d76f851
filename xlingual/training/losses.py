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
from xlingual.models.label_head import pooler_parameters
from xlingual.models.masked_language_model import base_encoder
from xlingual.models.outcome import Outcome
from xlingual.robust import Term
from xlingual.training.objectives.objective import LossTools, Objective


class Losses(nn.Module):
    """A model, what objectives train beside it, and their losses.

    Args:
        objectives: of the trial, by name.
        model: a `transformers` model.
        family: the model's.
        heads: what objectives train beside the model, by name.
        autocast: context of the trial's precision; losses are float32.

    Attributes:
        model: see above.
        heads: see above.
    """

    def __init__(
        self,
        objectives: Mapping[str, Objective],
        model: nn.Module,
        family: Family,
        heads: Mapping[str, nn.Module],
        autocast: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        super().__init__()
        self.model, self._autocast, self._family, self._objectives = model, autocast, family, objectives
        self.heads = nn.ModuleDict(dict(heads))
        self._outside = list[nn.Parameter]()  # of the encoder: the head, with its pooler, or the decoder
        if any(one.encoder_only for one in objectives.values()):
            inner = set(base_encoder(model).parameters()) - set(pooler_parameters(model))
            self._outside = [parameter for parameter in model.parameters() if parameter not in inner]
        of_model = set(model.parameters())
        self._own = {name: [p for p in head.parameters() if p not in of_model] for name, head in heads.items()}

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
            targets: see `Objective.inputs`.
            dropout_seed: decides dropout, the same in every run of the model that the term makes with the same draw.
            term: of robust training.
        """
        if objective is None:
            loss = torch.zeros((), device=next(self.model.parameters()).device)
        else:
            run = partial(self.outcome, objective, batches, targets or {}, dropout_seed)
            loss = run().loss if term is None else term(run)
        for parameter in self.idle(objective.name if objective else None):
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
        tools = LossTools(self.model, self._family, self.head(objective), self._autocast)
        return objective.outcome(tools, batches, targets)

    def head(self, objective: Objective) -> nn.Module | None:
        """What an objective trains beside the model."""
        return dict(self.heads.items()).get(objective.name)

    def idle(self, objective: str | None) -> list[nn.Parameter]:
        """Parameters that a pass for the objective of this name does not need."""
        if objective is None:
            return [*self.model.parameters(), *(one for own in self._own.values() for one in own)]
        outside = self._outside if self._objectives[objective].encoder_only else []
        return [*outside, *(one for name, own in self._own.items() if name != objective for one in own)]


def _seed_dropout(seed: int, device: torch.device) -> None:
    """Do what `torch.manual_seed` does for the device at hand; it takes up to 0.4 ms for all kinds of devices."""
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)
