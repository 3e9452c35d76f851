"""A model in training: loaded, made fast without changing what it computes, joined with the other workers' copies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from itertools import accumulate
from operator import mul
from pathlib import Path
from typing import Any

import torch
from torch import nn

from xlingual.families import Checkpoint, Family
from xlingual.models.dropout import replace_dropout
from xlingual.models.masked_language_model import writes_text
from xlingual.models.products import use_products
from xlingual.models.vocabulary import TrimmedVocabulary, can_trim, decay_of_unused_rows, trim_vocabulary
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.robust import RobustTraining, robust_training
from xlingual.seeds import stream_seed
from xlingual.study import TrialConfiguration
from xlingual.study.optimizers import optimizer_named
from xlingual.training.algorithms import choose_algorithms
from xlingual.training.averaging import WeightAverage, weight_average
from xlingual.training.execution import Execution
from xlingual.training.hardware import chosen_precision
from xlingual.training.losses import Losses
from xlingual.training.objectives import Objective, objectives_of
from xlingual.training.optimizer import learning_rate, make_optimizer
from xlingual.training.stages import first_stage_updates
from xlingual.training.worker import Worker


class TrainedModel:
    """One worker's copy of a model, with its optimiser.

    Attributes:
        family: its kind.
        plain: the model itself; its vocabulary may be trimmed.
        losses: it and what is trained beside it.
        forward: what is called in training: `losses`, wrapped for the workers. Where the execution compiles, it is the
            encoder that is compiled (and the decoder): a perturbation is made between torch's graphs, all runs of a
            pass, those that move a perturbation too, take the same code and so the same dropout, and terms cost no
            compilation.
        robust: the trial's robust training, measured on the whole pretrained model.
        optimizer: over what is trained.
        average: of the weights of `plain`, which scores and the exported model are made with.
        batcher: makes the model's inputs of windows.
        vocabulary: which rows of the word embeddings were kept; None when all were, as in masked language modelling,
            whose softmax is over the whole vocabulary, where texts are altered while training, and under an optimiser
            that is not known to be exact when the vocabulary is trimmed.
        precision: `fp32`, `tf32` or `bf16`.
        autocast: gives a context of that precision.
        recomputes: whether activations are computed again in the backward pass.
        can_recompute: whether they can be from some update on; a compiled model decides it at the start.
    """

    def __init__(
        self,
        configuration: TrialConfiguration,
        inputs: TrialInputs,
        checkpoint: Checkpoint,
        worker: Worker,
        execution: Execution,
    ) -> None:
        self._training = configuration.training
        choose_algorithms(execution.deterministic, worker.device)
        self.precision = chosen_precision(self._training.precision, worker.device)
        use_products(self.precision, worker.device)
        self._first_stage = first_stage_updates(configuration)
        self.family: Family = checkpoint.family
        plain = checkpoint.load(stream_seed(configuration.seed, "span head"))
        self.robust: RobustTraining = robust_training(configuration.robust, plain)
        objectives = objectives_of(configuration)
        directory = checkpoint.directory
        self.vocabulary = _trimmed(plain, configuration, inputs, directory, objectives.values())
        found = {name: one.head(directory, plain) for name, one in objectives.items()}
        heads = {name: head.to(worker.device) for name, head in found.items() if head is not None}
        if not execution.compile:  # a compiled model has its own dropout, as cheap
            replace_dropout(plain)
        self.plain: nn.Module = plain.to(worker.device)
        pad_token = self.vocabulary.pad_token if self.vocabulary else inputs.pad_token
        encode = self.vocabulary.encode if self.vocabulary else None
        self.batcher = self.family.batcher(plain, pad_token, worker.device, encode, packs=not execution.compile)
        self.recomputes = False
        self.can_recompute = not execution.compile and bool(getattr(plain, "supports_gradient_checkpointing", False))
        if execution.activation_checkpointing:
            self.recompute()
        self.autocast = _autocast(worker.device, self.precision)
        self.losses = Losses(objectives, plain, self.family, heads, self.autocast)
        self.optimizer = make_optimizer(plain, self._training, self.losses)
        self.average: WeightAverage = weight_average(configuration.robust, plain, self._first_stage)
        self._compiled = execution.compile
        if execution.compile:
            for part in compiled_parts(plain):
                part.compile(dynamic=True)
        self.forward = worker.wrap(self.losses)

    def recompute(self) -> None:
        """From now on, compute activations again in the backward pass instead of keeping them."""
        if not self.recomputes:
            self.plain.activation_checkpointing_enable({"use_reentrant": False})  # type: ignore[operator]
            self.recomputes = True

    @contextmanager
    def scored(self) -> Iterator[nn.Module]:
        """Give the averaged model for a while as scores are made with: not compiled, which would be one more code."""
        eager = torch.compiler.set_stance("force_eager") if self._compiled else nullcontext()
        with self.average.applied(), eager:
            yield self.plain

    @contextmanager
    def whole(self, updates: int) -> Iterator[nn.Module]:
        """Give the averaged model with its whole vocabulary for a while, as `updates` updates of it untrimmed leave it.

        A row that was cut out of the vocabulary becomes the average of what weight decay would have made of it.
        """
        with self.average.applied():
            if self.vocabulary is None:
                yield self.plain
                return
            with self.vocabulary.restored(self.plain, self._decay(updates)):
                yield self.plain

    def _decay(self, updates: int) -> float:
        """What training makes of a row of the word embeddings that no window looks up."""
        if self._training.freeze_word_embeddings or updates == 0:
            return 1.0
        rates = (learning_rate(self._training, update, self._first_stage) for update in range(updates))
        decays = (decay_of_unused_rows((rate,), self._training.weight_decay) for rate in rates)
        return self.average.of(list(accumulate(decays, mul)))


def compiled_parts(model: nn.Module) -> list[nn.Module]:
    """What of a model is compiled: its encoder, and the decoder of one that writes text."""
    if writes_text(model):
        return [model.get_encoder(), model.get_decoder()]  # type: ignore[operator]
    return [model.base_model]  # type: ignore[list-item]


def _autocast(device: torch.device, precision: str) -> Callable[[], AbstractContextManager[Any]]:
    """What makes contexts of a precision; it does not hold the model, which is freed without the collector's help."""
    return partial(torch.autocast, device.type, dtype=torch.bfloat16, enabled=precision == "bf16")


def _trimmed(
    model: nn.Module,
    configuration: TrialConfiguration,
    inputs: TrialInputs,
    checkpoint: Path,
    objectives: Iterable[Objective],
) -> TrimmedVocabulary | None:
    """Cut the rows out of a model's word embeddings that nothing the trial reads uses, where that is exact.

    What robust training makes of texts is known only when it is drawn, so that any row may be used then.
    """
    alters_text = configuration.robust is not None and configuration.robust.alters_text
    exact = optimizer_named(configuration.training.optimizer).exact_when_trimmed
    if can_trim(model) is not None or any(one.whole_vocabulary for one in objectives) or alters_text or not exact:
        return None
    return trim_vocabulary(model, inputs.used_tokens(configuration.mixture), inputs.pad_token, checkpoint=checkpoint)
