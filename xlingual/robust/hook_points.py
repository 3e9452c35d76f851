"""Where a perturbation is added: the output of one module of the model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

from xlingual.errors import ModelError
from xlingual.models.encoder import word_embeddings
from xlingual.models.label_head import LabelHead
from xlingual.models.masked_language_model import base_encoder, writes_text
from xlingual.robust.token_layout import Layout

Perturb: TypeAlias = Callable[[int, Tensor], Tensor]
"""From the number of a call (counted from 0 within one run) and the clean values to the perturbation, their shape."""


class HookPoint:
    """A module of a model whose output, (rows, tokens, width), can be perturbed.

    `word_embeddings` is the output of the table's look-up; `embeddings` the first layer's input: the sum of words,
    positions and types, in most families normalised (noise on the sum before that would be noise on the words);
    `last_hidden_states` the heads' input. In a model that writes text all three are in its encoder, so that what it has
    written (or is taught to write) is never perturbed; T5 adds nothing to its words, whose positions only attention
    knows, so that `embeddings` is `word_embeddings`.

    Args:
        model: an encoder with a head, or a model that writes text. Its module is hooked once and for all, so that
            a compiled model includes the hook.
        name: the setting `place`.

    Attributes:
        name: see above.
        width: elements of a token's vector there.
        squares: sums of squares since `pop_squared_norms`, on the model's device, once something is measured.

    Raises:
        ModelError: when the model has no such module.
    """

    def __init__(self, model: nn.Module, name: str) -> None:
        self.name = name
        self._model = type(model).__name__
        self._perturb: Perturb | None = None
        self._layouts: Sequence[Layout] = ()
        self._calls = 0
        self._measured = True
        self.squares: list[Tensor] = []
        module = module_at(model, name)
        self.width = _width(model, module, name)
        module.register_forward_hook(self._hook)

    @contextmanager
    def perturbed(self, layouts: Sequence[Layout], perturb: Perturb, *, measured: bool = True) -> Iterator[None]:
        """Add a perturbation to the values of every call within the context; padding stays as it is.

        Args:
            layouts: of each call.
            perturb: makes the perturbation.
            measured: whether `pop_squared_norms` includes it; it includes what is trained on.

        Raises:
            ModelError: when the module did not run once for each call, on each token once.
        """
        assert self._perturb is None, "one perturbation at a time"
        self._perturb, self._layouts, self._calls, self._measured = perturb, layouts, 0, measured
        try:
            yield
            if self._calls != len(layouts):
                raise self._unlike(f"{self._calls} times in {len(layouts)} calls of the model")
        finally:
            self._perturb, self._layouts = None, ()

    def pop_squared_norms(self) -> tuple[float, float]:
        """See `RobustTraining.pop_squared_norms`; padding is not counted."""
        perturbation, clean = torch.stack(self.squares).cpu().tolist() if self.squares else (0.0, 0.0)
        self.squares = []
        return perturbation, clean

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def _hook(self, _module: nn.Module, _inputs: Any, output: Any) -> Any:
        if self._perturb is None:
            return None
        values = output if isinstance(output, Tensor) else output[0]
        if self._calls == len(self._layouts):
            raise self._unlike(f"more than {self._calls} times in {self._calls} calls of the model")
        if tuple(values.shape[:2]) != (shape := self._layouts[self._calls].shape):
            raise self._unlike(f"with {tuple(values.shape[:2])} rows and tokens where the inputs have {shape}")
        mask = self._layouts[self._calls].token_mask(values.device)
        perturbation = self._perturb(self._calls, values).to(values.dtype)
        if mask is not None:
            perturbation = perturbation * mask
        self._calls += 1
        if self._measured:
            self._measure(perturbation, values if mask is None else values * mask)
        if isinstance(output, Tensor):
            return values + perturbation
        if isinstance(output, tuple):
            return (values + perturbation, *output[1:])
        output["last_hidden_state"] = values + perturbation
        return output

    def _unlike(self, found: str) -> ModelError:
        return ModelError(
            f"place: {self.name} was asked for, and a {self._model} passes it {found}; write another place, or an "
            "encoder such as FacebookAI/xlm-roberta-base"
        )

    @torch.no_grad()
    def _measure(self, *parts: Tensor) -> None:
        found = [torch.linalg.vector_norm(part.detach().float()).double() ** 2 for part in parts]
        before = self.squares or [torch.zeros_like(one) for one in found]
        self.squares = [total + one for total, one in zip(before, found, strict=True)]


def module_at(model: nn.Module, name: str) -> nn.Module:
    """Return the module whose output the setting `place` names, see `HookPoint`.

    Raises:
        ModelError: when there is none.
    """
    if writes_text(model):
        return _of_text_encoder(model, name)
    if name == "word_embeddings":
        return word_embeddings(model)
    encoder: nn.Module = model.base_model  # type: ignore[assignment]
    if encoder is model:
        raise ModelError(
            f"place: {name} was asked for, and a {type(model).__name__} does not keep its encoder apart from its "
            "head; write place: word_embeddings, or an encoder such as FacebookAI/xlm-roberta-base"
        )
    if name == "last_hidden_states":
        head = getattr(model, "label_head", None)
        if isinstance(head, LabelHead) and not head.reads_first_token:
            raise ModelError(
                f"place: {name} was asked for, and the classification head of a {type(model).__name__} reads more than "
                "the last hidden state of the first token; write place: word_embeddings or embeddings"
            )
        return encoder
    found = getattr(encoder, "embeddings", None)
    if not isinstance(found, nn.Module) or isinstance(found, nn.Embedding):  # XLM's is its table of words
        raise ModelError(
            f"place: embeddings was asked for, and a {type(model).__name__} has no module that adds them up; write "
            "place: word_embeddings or last_hidden_states"
        )
    return found


def _of_text_encoder(model: nn.Module, name: str) -> nn.Module:
    """The module of a model that writes text. T5's encoder and decoder look words up in separate modules."""
    encoder = base_encoder(model)
    if name == "last_hidden_states":
        head = getattr(model, "label_head", None)
        if isinstance(head, LabelHead) and not head.reads_first_token:
            raise ModelError(
                f"place: {name} was asked for, and the classification head of a {type(model).__name__} reads more than "
                "the last hidden state of the first token; write place: word_embeddings or embeddings"
            )
        return encoder
    table = encoder.embed_tokens
    assert isinstance(table, nn.Embedding), "T5's encoder keeps its words there"
    return table


def _width(model: nn.Module, module: nn.Module, name: str) -> int:
    """Elements of a vector of a module's output.

    Embeddings are as wide as words, unless they are projected (DeBERTa, MobileBERT); ALBERT and ELECTRA do so later.
    """
    if name == "last_hidden_states":
        return int(model.config.hidden_size)  # type: ignore[union-attr, arg-type]
    projections = [part for part in module.modules() if isinstance(part, nn.Linear)]
    return projections[-1].out_features if projections else int(word_embeddings(model).weight.shape[1])
