"""A checkpoint's masked-language-model head, on an encoder that is already loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xlingual.errors import ModelError
from xlingual.models.encoder import quiet_transformers, word_embeddings
from xlingual.models.model_config import first_line

TOLERANCE = 1e-4
"""Largest difference of logits, relative to the largest of them, that counts as another order of summation."""


class MaskedLanguageModelHead(nn.Module):
    """From last hidden states to logits over the vocabulary.

    The checkpoint's own model makes the logits; its encoder is replaced by a module that returns given states. So no
    family's head has to be known here, and logits can be computed at masked positions alone.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.states = _States()
        setattr(model, model.base_model_prefix, self.states)  # type: ignore[arg-type]
        self.model = model

    def forward(self, hidden: Tensor) -> Tensor:
        """Logits over the vocabulary, (places, vocabulary), of hidden states, (places, width)."""
        self.states.given = hidden.unsqueeze(0)
        try:
            logits: Tensor = self.model(input_ids=None).logits
        finally:
            self.states.given = None
        return logits[0]


class _States(nn.Module):
    """Stands for an encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.given: Tensor | None = None

    def forward(self, *_: Any, **__: Any) -> Any:
        from transformers.modeling_outputs import BaseModelOutput

        return BaseModelOutput(last_hidden_state=self.given)


def writes_text(model: nn.Module) -> bool:
    """Whether a model is one that reads a text with an encoder and writes another with a decoder, such as T5."""
    configuration: Any = getattr(model, "config", None)
    return bool(getattr(configuration, "is_encoder_decoder", False)) and bool(model.can_generate())  # type: ignore[operator]


def base_encoder(model: nn.Module) -> nn.Module:
    """The encoder without its head, or without the decoder; it gives last hidden states, (texts, tokens, width).

    Raises:
        ModelError: when the model does not keep it as a part of its own.
    """
    if writes_text(model):
        own: nn.Module = model.get_encoder()  # type: ignore[operator]
        return own
    encoder: nn.Module = model.base_model  # type: ignore[assignment]
    if encoder is model:
        raise ModelError(
            f"a {type(model).__name__} does not keep its encoder apart from its head, so that nothing else can "
            "be trained with it; write recipe: passage, or an encoder such as FacebookAI/xlm-roberta-base"
        )
    return encoder


def load_masked_language_model_head(directory: Path, encoder: nn.Module, seed: int) -> MaskedLanguageModelHead:
    """Load a checkpoint's head for masked tokens, its output embeddings tied to `encoder` where they are tied at all.

    Whether the head can be asked by itself is not looked up but tried, on hidden states of the checkpoint's own
    encoder. That encoder takes its memory until this returns.

    Args:
        directory: the checkpoint that `encoder` was loaded from.
        encoder: a `transformers` model with its whole vocabulary; its word embeddings serve the head too.
        seed: decides the weights that the checkpoint does not hold.

    Raises:
        ModelError: when `transformers` has no such head for this kind of model, or it needs more than hidden states.
    """
    from transformers import MODEL_FOR_MASKED_LM_MAPPING, AutoModelForMaskedLM

    configuration: Any = encoder.config
    if type(configuration) not in MODEL_FOR_MASKED_LM_MAPPING:
        raise ModelError(_refusal(directory, configuration.model_type, "no masked-language-model head exists for it"))
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with quiet_transformers(), torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        try:
            model = AutoModelForMaskedLM.from_pretrained(
                str(directory), dtype=torch.float32, use_safetensors=True, trust_remote_code=False
            )
        except Exception as error:  # safetensors, too, raises plain ones
            raise ModelError(_refusal(directory, configuration.model_type, first_line(error))) from None
    output = model.get_output_embeddings()
    tied = output is not None and output.weight is word_embeddings(model).weight
    hidden, expected = _tried(model)
    head = MaskedLanguageModelHead(model)
    if not _gives(head, hidden, expected):
        raise ModelError(_refusal(directory, configuration.model_type, "its head needs more than hidden states"))
    if tied:
        output.weight = word_embeddings(encoder).weight
    return head.train()


def _tried(model: Any) -> tuple[Tensor, Tensor]:
    """Hidden states of some tokens of a text, (3, width), and their logits, (3, vocabulary), of a whole model.

    They are not all of the text and are turned round, for a head is asked at masked places alone.
    """
    model.eval()
    size = int(model.config.vocab_size)
    ids, places = torch.tensor([[part * size // 9 for part in range(9)]]), [7, 4, 2]
    with torch.inference_mode():
        hidden: Tensor = model.base_model(input_ids=ids)[0][0]
        return hidden[places], model(input_ids=ids).logits[0, places]


def _gives(head: MaskedLanguageModelHead, hidden: Tensor, expected: Tensor) -> bool:
    try:
        with torch.inference_mode():
            found = head(hidden)
    except (TypeError, ValueError, KeyError, AttributeError, RuntimeError, IndexError):
        return False
    return found.shape == expected.shape and bool((found - expected).abs().max() <= TOLERANCE * expected.abs().max())


def _refusal(directory: Path, family: str, reason: str) -> str:
    return (
        f"model {directory}: the recipe masked_language_model cannot train a {family} model ({reason}); write recipe: "
        "passage or contrastive, or an encoder such as FacebookAI/xlm-roberta-base"
    )
