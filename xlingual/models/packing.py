"""Windows end to end in one row, without padding.

Everything in an encoder but attention treats each token by itself, so that windows may share a row as long as every
token attends to its own window alone and counts positions from its window's start. The attention function below, which
`transformers` calls by its registered name, does one product per window on a CPU, and calls a kernel that knows where
windows begin on a GPU (`xlingual.models.varlen`); the matrix products of the layers then see real tokens only. Whether
a model, and a GPU, allow it is not looked up but tried: see `pack_windows`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from xlingual.activity import doing
from xlingual.models.dropout import LANES, draw_kept, dropped_lanes, scale_of_kept
from xlingual.models.known_tokens import NAMED
from xlingual.models.model_config import first_line
from xlingual.models.products import exact_products
from xlingual.models.varlen import NoKernel, head_width, kernel_for, prove_kernels, window_starts

NAME = "xlingual_packed"

# Largest difference of hidden states, relative to the largest of them, that counts as another order of summation.
TOLERANCE = {"cpu": 1e-4, "cuda": 1e-3}

TRIAL_LENGTH = 192
"""Tokens of the longest window that a model is tried with: more than its relative positions tell apart."""

LOW_IDS = 8
"""Ids below this are tried, for most tokenizers have their special tokens there."""


Outputs: TypeAlias = Callable[[nn.Module, Mapping[str, Any]], Tensor]
"""From a model and the inputs of one row to what it gives for each token, (tokens, ...)."""


@dataclass(frozen=True)
class Positions:
    """Position ids of a window's tokens, as a model counts them where it is given none.

    RoBERTa-like embeddings count from their padding id, and leave out every token of that id. A window may hold some: a
    text that spells `<pad>`, or all `<s>` where config.json names the id of `<s>` as that of padding.

    Attributes:
        padding: the id that positions are counted from; None where they are counted from 0, whatever the tokens.
    """

    padding: int | None = None

    def of(self, ids: NDArray[np.integer]) -> NDArray[np.int64]:
        """Position ids of one window's token ids, (tokens,)."""
        if self.padding is None:
            return np.arange(len(ids), dtype=np.int64)
        counted = ids != self.padding
        positions: NDArray[np.int64] = np.cumsum(counted, dtype=np.int64) * counted + self.padding
        return positions

    @classmethod
    def of_model(cls, model: nn.Module) -> Positions:
        """Find the padding id, which such embeddings keep as `padding_idx`."""
        plain = (module for module in model.modules() if type(module) is not nn.Embedding)
        origins = [origin for module in plain if (origin := getattr(module, "padding_idx", None)) is not None]
        return cls(max(origins, default=None))


def span_logits(model: nn.Module, inputs: Mapping[str, Any]) -> Tensor:
    """Span logits of one row, (tokens, 2)."""
    output = model(**inputs)
    return torch.stack([output.start_logits[0], output.end_logits[0]], dim=-1)


@doing("checking whether the model can read several inputs in one row")
def pack_windows(model: nn.Module, outputs: Outputs = span_logits) -> Positions | str:
    """Let a model read windows that share a row, if its own outputs prove that it can.

    Windows are read one by one by the untouched model, and in one row by the changed one. When any output differs by
    more than rounding, or the model takes no explicit positions, the model is left as it was. The windows are as long
    as real ones and hold every token that a model may treat apart, padding included. On a GPU the kernels of attention
    are tried before, in each precision that a training may have.

    Args:
        model: a `transformers` encoder on its device.
        outputs: that are compared, of each token.

    Returns:
        how positions are counted within a window; or, in words, why the model needs a row for each window.
    """
    device = _device_of(model)
    if device.type not in TOLERANCE or not getattr(model, "_supports_attention_backend", False):
        return "transformers cannot replace its attention"
    configuration: Any = model.config
    if getattr(configuration, "sliding_window", None):  # ModernBERT: which tokens see each other is said by a mask
        return "its layers see near tokens alone"
    _register()
    before = configuration._attn_implementation
    was_training = model.training
    model.eval()
    try:
        if device.type == "cuda":
            prove_kernels(device, head_width(configuration))
        positions = Positions.of_model(model)
        problem = _misread(model, outputs, positions)
    except NoKernel as found:
        problem = str(found)
    except (TypeError, ValueError, KeyError, AttributeError, RuntimeError, IndexError) as error:
        problem = f"it cannot read windows in one row ({first_line(error)})"
    finally:
        model.train(was_training)
    if problem is not None:
        model.set_attn_implementation(before)  # type: ignore[operator]
        return problem
    return positions


def _misread(model: nn.Module, outputs: Outputs, positions: Positions) -> str | None:
    """Let windows share a row; say what the model then makes of them that it does not make of each alone."""
    windows = _trial_windows(model, positions)
    device = _device_of(model)
    with torch.inference_mode(), exact_products():
        apart = torch.cat([outputs(model, _on(device, _alone(model, window))) for window in windows])
        model.set_attn_implementation(NAME)  # type: ignore[operator]
        together = outputs(model, _on(device, _packed(model, windows, positions, device)))
        off = float((apart - together).abs().max() / apart.abs().max())
    return (
        None if off <= TOLERANCE[device.type] else f"it reads windows in one row otherwise than alone, off by {off:.2g}"
    )


def packed_attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    window_lengths: Sequence[int] | None = None,
    starts: Tensor | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attend within each window; `transformers` calls this.

    Args:
        module: the attention layer.
        query: (1, heads, tokens, width of a head), as are `key` and `value`.
        key: see `query`.
        value: see `query`.
        attention_mask: None for windows in one row.
        scaling: of the products of queries and keys; one over the square root of the width by default.
        dropout: rate on the attention weights.
        window_lengths: tokens of each window in the row; None for rows of one window each, which go to torch's
            scaled-dot-product attention.
        starts: where windows begin and the last ends, on a GPU, see `xlingual.models.varlen`; None on a CPU.
        others: what else a model passes on.

    Returns:
        (1, tokens, heads, width of a head), and no weights.
    """
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    if window_lengths is None:
        output, _ = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, dropout=dropout, is_causal=False, **others
        )
        return output, None
    if attention_mask is not None or query.shape[0] != 1:
        raise ValueError("windows of one row need one row and no mask")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    queries, keys, values = (part[0].transpose(0, 1) for part in (query, key, value))
    if starts is not None:
        kernel = kernel_for(query.dtype, query.device, query.shape[-1])
        return kernel(queries, keys, values, starts, max(window_lengths), dropout, scale).unsqueeze(0), None
    attended: Tensor = _Attend.apply(  # type: ignore[no-untyped-call]
        queries, keys, values, tuple(window_lengths), scale, dropout
    )
    return attended.unsqueeze(0), None


class _Attend(torch.autograd.Function):
    """Softmax attention within each window with dropout on its weights (Vaswani et al. 2017, equation 1).

    Queries, keys, values and the result are (tokens, heads, width of a head).
    """

    @staticmethod
    def forward(
        ctx: Any, query: Tensor, key: Tensor, value: Tensor, lengths: tuple[int, ...], scale: float, p: float
    ) -> Tensor:
        output = torch.empty_like(query, memory_format=torch.contiguous_format)
        drops = 0 < dropped_lanes(p) < LANES
        kept_scale = scale_of_kept(p) if drops else 1.0
        keeps_graph = any(ctx.needs_input_grad[:3])
        saved: list[Tensor] = []
        with torch.autocast("cpu", enabled=False):
            for window in _slices(lengths):
                keys, values = key[window].permute(1, 2, 0), value[window].transpose(0, 1)
                products = _product(query[window].transpose(0, 1), keys, scale)
                weights = torch.softmax(products, -1, out=products)
                used = weights
                if drops:
                    kept = draw_kept(weights.shape, p)
                    used = kept.to(weights.dtype).mul_(weights)
                if keeps_graph:
                    saved.extend((weights, kept) if drops else (weights,))
                output[window] = _product(used, values, kept_scale).transpose(0, 1)
        ctx.lengths, ctx.scale, ctx.kept_scale, ctx.drops = lengths, scale, kept_scale, drops
        ctx.save_for_backward(query, key, value, *saved)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        query, key, value, *saved = ctx.saved_tensors
        of_query, of_key, of_value = (
            torch.empty_like(part, memory_format=torch.contiguous_format) for part in (query, key, value)
        )
        each = 2 if ctx.drops else 1
        for place, window in enumerate(_slices(ctx.lengths)):
            weights, *kept = saved[each * place : each * (place + 1)]
            arrived = gradient[window].transpose(0, 1)
            mask = kept[0].to(weights.dtype) if kept else None
            used = weights if mask is None else weights * mask
            of_value[window] = _product(used.transpose(1, 2), arrived, ctx.kept_scale).transpose(0, 1)
            of_weights = _product(arrived, value[window].permute(1, 2, 0), ctx.kept_scale)
            if mask is not None:
                of_weights.mul_(mask)
            of_products = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
            of_query[window] = _product(of_products, key[window].transpose(0, 1), ctx.scale).transpose(0, 1)
            of_key[window] = _product(of_products.transpose(1, 2), query[window].transpose(0, 1), ctx.scale).transpose(
                0, 1
            )
        return of_query, of_key, of_value, None, None, None


def _product(left: Tensor, right: Tensor, factor: float) -> Tensor:
    """Batched matrix product times a factor; the factor costs no pass of its own."""
    product = left.new_empty(left.shape[0], left.shape[1], right.shape[2])
    return torch.baddbmm(product, left, right, beta=0, alpha=factor, out=product)


def _slices(lengths: Sequence[int]) -> list[slice]:
    slices, first = [], 0
    for length in lengths:
        slices.append(slice(first, first + length))
        first += length
    return slices


def _register() -> None:
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    AttentionInterface.register(NAME, packed_attention)
    AttentionMaskInterface.register(NAME, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])


def _trial_windows(model: nn.Module, positions: Positions) -> list[NDArray[np.int64]]:
    """Token ids of windows to try a model with, the same in every process.

    One is as long as a real one, as far as positions reach. Special tokens come first, last and in the middle.
    """
    configuration: Any = model.config
    size = int(model.get_input_embeddings().num_embeddings)  # type: ignore[operator]
    named = (getattr(configuration, name, None) for name in NAMED)
    special = [
        i for i in dict.fromkeys((positions.padding, *named, *range(LOW_IDS))) if i is not None and 0 <= i < size
    ]
    others = [(size // 2 + 7 * place) % size for place in range(TRIAL_LENGTH)]
    rows = int(getattr(configuration, "max_position_embeddings", 0) or TRIAL_LENGTH)
    longest = min(TRIAL_LENGTH, rows if positions.padding is None else rows - positions.padding - 1)
    text = np.array([*special, *others], dtype=np.int64)[:longest]
    return [text[:9], text, text[::-1][:33]]


def _alone(model: nn.Module, window: NDArray[np.int64]) -> dict[str, Any]:
    """Inputs of a window alone, in a row as a tokenizer lays it out."""
    row = torch.from_numpy(window.copy())[None]
    return {"input_ids": row, "attention_mask": torch.ones_like(row), **_types(model, [window])}


def _packed(
    model: nn.Module, windows: Sequence[NDArray[np.int64]], positions: Positions, device: torch.device
) -> dict[str, Any]:
    """Inputs of windows in one row."""
    return {
        "input_ids": torch.from_numpy(np.concatenate(windows))[None],
        "position_ids": torch.from_numpy(np.concatenate([positions.of(window) for window in windows]))[None],
        **layout_inputs([len(window) for window in windows], device),
        **_types(model, windows),
    }


def layout_inputs(lengths: Sequence[int], device: torch.device) -> dict[str, Any]:
    """What attention is told of windows in one row."""
    layout: dict[str, Any] = {"window_lengths": tuple(lengths)}
    return layout | ({"starts": window_starts(lengths, device)} if device.type == "cuda" else {})


def _device_of(model: nn.Module) -> torch.device:
    return next(model.parameters()).device


def _on(device: torch.device, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: part.to(device) if isinstance(part, Tensor) else part for name, part in inputs.items()}


def _types(model: nn.Module, windows: Sequence[NDArray[np.int64]]) -> dict[str, Tensor]:
    """Token types where a model tells them apart: the first third of a window is a question."""
    if int(getattr(model.config, "type_vocab_size", 0) or 0) < 2:
        return {}
    types = [np.arange(len(window)) >= len(window) / 3 for window in windows]
    return {"token_type_ids": torch.from_numpy(np.concatenate(types).astype(np.int64))[None]}
