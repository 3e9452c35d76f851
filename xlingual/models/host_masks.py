"""Attention masks that a GPU makes without being asked what is in them.

Before each pass `transformers` looks whether a mask hides any token at all, for attention without a mask is faster. On
a GPU the host waits for that answer. It knows the lengths of a batch's rows, so that rows of one length come without a
mask here, and a mask that is there is never looked at.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

NAME = "xlingual_host_masks"


def decides_masks(model: nn.Module) -> bool:
    """Let the host decide whether a model on a GPU needs a mask, if `transformers` makes the model's masks.

    Args:
        model: a `transformers` model on its device. On a CPU, where nothing waits, it is left as it is.

    Returns:
        whether rows of one length may come without a mask.
    """
    configuration: Any = model.config
    on_cpu = next(model.parameters()).device.type == "cpu"
    if on_cpu or configuration._attn_implementation != "sdpa" or not _by_name(model):
        return False
    use_host_masks(model)
    return True


def use_host_masks(model: nn.Module) -> None:
    """Change what makes a model's masks; attention stays torch's scaled-dot-product attention."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.integrations.sdpa_attention import sdpa_attention_forward

    AttentionInterface.register(NAME, sdpa_attention_forward)
    AttentionMaskInterface.register(NAME, _mask)
    model.set_attn_implementation(NAME)  # type: ignore[operator]


def _by_name(model: nn.Module) -> bool:
    """Whether `transformers` looks a model's attention and masks up by the name of an implementation."""
    return bool(getattr(model, "_can_set_attn_implementation", lambda: False)())


def _mask(*sizes: Any, attention_mask: Tensor | None = None, **settings: Any) -> Tensor | None:
    """The mask that `transformers` makes; it leaves none out whose tokens are not all the host's to know."""
    from transformers.masking_utils import sdpa_mask

    if attention_mask is not None:
        settings |= {"allow_is_causal_skip": False, "allow_is_bidirectional_skip": False}
    mask: Tensor | None = sdpa_mask(*sizes, attention_mask=attention_mask, **settings)
    return mask
