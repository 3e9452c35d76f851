"""Heads in float32 on encoders in mixed precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_encoders import write_bert, write_xlm_roberta
from torch import Tensor, nn
from transformers import AutoModelForQuestionAnswering

from xlingual.models.encoder import load_encoder
from xlingual.models.full_head import FullLinear, keep_head_full

ROWS = torch.arange(96).reshape(4, 24) % 20 + 5


@pytest.fixture(scope="module", params=[write_bert, write_xlm_roberta])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    write: Any = request.param
    write(directory := tmp_path_factory.mktemp("full") / "model", ())
    return directory


def span_logits(model: Any, mixed: bool = True) -> Tensor:
    """All start and end logits, those of a model whose largest is near 8."""
    model.eval()
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=mixed):
        output = model(input_ids=ROWS)
    return torch.stack([output.start_logits, output.end_logits])


def test_logits_of_an_encoder_in_bf16_have_finer_steps_than_bf16(checkpoint: Path) -> None:
    model: Any = load_encoder(checkpoint, 0)
    with torch.no_grad():
        model.qa_outputs.weight.mul_(8 / span_logits(model).float().abs().max())
    found = span_logits(model)
    model.qa_outputs.__class__ = nn.Linear
    coarse = span_logits(model)
    assert (found.dtype, coarse.dtype) == (torch.float32, torch.bfloat16)
    assert 7 < float(found.abs().max()) < 9
    high = coarse[coarse.abs() > 4].float()
    assert torch.equal(high, (high * 32).round() / 32)  # steps of 1/32 from 4 on
    assert not torch.equal(found, found.bfloat16().float())
    assert len(found.unique()) > len(coarse.unique())
    assert 1e-4 < float((found - coarse.float()).abs().max()) < 0.1


def test_without_autocast_and_in_what_is_saved_nothing_changes(checkpoint: Path, tmp_path: Path) -> None:
    model: Any = load_encoder(checkpoint, 0)
    model.save_pretrained(tmp_path)
    plain = AutoModelForQuestionAnswering.from_pretrained(tmp_path)
    assert type(plain.qa_outputs) is nn.Linear and type(model.qa_outputs) is FullLinear
    assert torch.equal(span_logits(model, mixed=False), span_logits(plain, mixed=False))
    assert keep_head_full(plain) == 1
    assert torch.equal(span_logits(plain), span_logits(model))


def test_the_gradient_of_the_head_is_float32_too(checkpoint: Path) -> None:
    model: Any = load_encoder(checkpoint, 0).eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = model(input_ids=ROWS, start_positions=torch.zeros(4).long(), end_positions=torch.ones(4).long()).loss
    loss.backward()
    gradient = model.qa_outputs.weight.grad
    assert gradient.dtype == torch.float32 and not torch.equal(gradient, gradient.bfloat16().float())
