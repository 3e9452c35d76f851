"""Masks that are not looked at: a model computes the same to the bit, with a mask and without one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_encoders import write_bert, write_xlm_roberta
from tiny_text_to_text import write_text_to_text
from torch import Tensor

from xlingual.models.encoder import load_encoder
from xlingual.models.host_masks import NAME, decides_masks, use_host_masks
from xlingual.models.text_to_text import load_text_to_text


def _bert(directory: Path) -> Any:
    write_bert(directory, ())
    return load_encoder(directory, 0)


def _xlm_roberta(directory: Path) -> Any:
    write_xlm_roberta(directory, ())
    return load_encoder(directory, 0)


def _mt5(directory: Path) -> Any:
    return load_text_to_text(write_text_to_text(directory, width=32))


@pytest.fixture(scope="module", params=[_bert, _xlm_roberta, _mt5])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    make: Callable[[Path], Any] = request.param
    return make(tmp_path_factory.mktemp("masks") / "model").eval()


def outputs(model: Any, mask: Tensor | None) -> list[Tensor]:
    """All logits for three rows of nine tokens."""
    ids = torch.arange(27).reshape(3, 9) % 20 + 5
    written = {"decoder_input_ids": ids[:, :4], "use_cache": False} if model.config.is_encoder_decoder else {}
    with torch.inference_mode():
        found = model(input_ids=ids, attention_mask=mask, **written)
    return [found.logits] if written else [found.start_logits, found.end_logits]


def test_outputs_are_the_same_to_the_bit(model: Any) -> None:
    whole, padded = torch.ones(2, 3, 9, dtype=torch.long)
    padded[1, 5:] = padded[2, 7:] = 0
    plain = [outputs(model, mask) for mask in (whole, padded)]
    use_host_masks(model)
    assert {part.config._attn_implementation for part in model.modules() if hasattr(part, "config")} == {NAME}
    changed = [outputs(model, mask) for mask in (None, padded)]
    model.set_attn_implementation("sdpa")
    for one, other in zip(plain, changed, strict=True):
        assert all(torch.equal(first, second) for first, second in zip(one, other, strict=True))
    assert not torch.equal(plain[0][0], plain[1][0])  # masks matter


def test_models_on_cpus_stay_as_they_are(model: Any) -> None:
    assert not decides_masks(model)
    assert model.config._attn_implementation == "sdpa"
