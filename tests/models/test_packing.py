from __future__ import annotations

from typing import Any

import pytest
import torch
from packing_models import LENGTHS, PACKING, SIZES, ids, make
from transformers import BertConfig, DebertaV2Config, ModernBertConfig, ModernBertForQuestionAnswering

from xlingual.models.dropout import replace_dropout
from xlingual.models.packing import Positions, pack_windows


def together(model: Any, counted: Positions) -> Any:
    positions = torch.cat([torch.from_numpy(counted.of(window.numpy())) for window in ids()])
    return model(input_ids=torch.cat(ids())[None], position_ids=positions[None], window_lengths=LENGTHS)


@pytest.mark.parametrize("family", PACKING)
def test_windows_of_one_row_are_read_as_if_apart_with_the_same_gradients(family: str) -> None:
    config, padding = PACKING[family]
    model = make(config)
    logits = torch.cat([model(input_ids=window[None]).start_logits[0] for window in ids()])
    weights = torch.linspace(-1, 1, len(logits))
    (logits * weights).sum().backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    counted = pack_windows(model)
    assert counted == Positions(padding)
    packed = together(model, counted).start_logits[0]
    (packed * weights).sum().backward()
    torch.testing.assert_close(packed, logits, rtol=1e-5, atol=1e-6)
    found = {name: p.grad for name, p in model.named_parameters() if p.grad is not None}
    assert found.keys() == expected.keys()
    for name in expected:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-4, atol=1e-5, msg=name)


def test_gradients_with_dropout_are_those_of_the_drawn_masks() -> None:
    config, padding = PACKING["bert"]
    model = make(config, 0.3).double().train()
    replace_dropout(model)
    counted = pack_windows(model)
    assert counted == Positions(padding)
    table = model.get_input_embeddings().weight
    direction = torch.randn_like(table)

    def loss(shift: float) -> Any:
        torch.manual_seed(5)
        with torch.no_grad():
            table.add_(direction, alpha=shift)
        value = together(model, counted).start_logits.square().sum()
        with torch.no_grad():
            table.sub_(direction, alpha=shift)
        return value

    loss(0.0).backward()
    slope = (table.grad * direction).sum()
    step = 1e-6
    numeric = (loss(step) - loss(-step)) / (2 * step)
    torch.testing.assert_close(slope, numeric, rtol=1e-5, atol=1e-8)


def test_attention_dropout_leaves_the_mean_and_is_decided_by_the_seed() -> None:
    model = make(BertConfig(**SIZES | {"num_hidden_layers": 1})).eval()
    counted = pack_windows(model)
    assert isinstance(counted, Positions)
    clean = together(model, counted).start_logits
    layer = model.bert.encoder.layer[-1].attention.self
    layer.dropout.p = 0.5
    layer.training = True  # the attention of this layer only
    torch.manual_seed(3)
    drawn = [together(model, counted).start_logits for _ in range(300)]
    torch.manual_seed(3)
    assert torch.equal(together(model, counted).start_logits, drawn[0])
    assert not torch.equal(drawn[0], drawn[1])
    spread = torch.stack(drawn).std(0) / 300**0.5
    assert ((torch.stack(drawn).mean(0) - clean).abs() < 5 * spread + 0.02).all()


def test_rows_of_one_window_with_padding_still_work() -> None:
    config, _ = PACKING["xlm-roberta"]
    model = make(config).eval()
    rows = torch.full((2, 8), 1)
    rows[0, :8], rows[1, :4] = torch.arange(10, 18), torch.arange(20, 24)
    before = model(input_ids=rows, attention_mask=(rows != 1).long()).start_logits
    pack_windows(model)
    after = model(input_ids=rows, attention_mask=(rows != 1).long()).start_logits
    torch.testing.assert_close(after[0], before[0])
    torch.testing.assert_close(after[1, :4], before[1, :4])


def test_a_model_whose_attention_cannot_share_a_row_is_left_as_it_was() -> None:
    config = DebertaV2Config(**SIZES, relative_attention=True, position_buckets=8, pos_att_type=["p2c", "c2p"])
    model = make(config).eval()
    before = model(input_ids=ids()[0][None]).start_logits
    assert pack_windows(model) == "transformers cannot replace its attention"
    assert torch.equal(model(input_ids=ids()[0][None]).start_logits, before)


def test_a_model_that_does_not_pass_the_windows_on_is_left_as_it_was() -> None:
    config, _ = PACKING["bert"]
    model = make(config).eval()
    inner, before = model.bert.encoder.forward, model.config._attn_implementation
    model.bert.encoder.forward = lambda *args, window_lengths=None, **rest: inner(*args, **rest)
    assert str(pack_windows(model)).startswith("it reads windows in one row otherwise than alone, off by ")
    assert model.config._attn_implementation == before


def test_layers_that_see_near_tokens_alone_need_a_row_for_each_window_however_far_they_see() -> None:
    special = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    config = ModernBertConfig(
        vocab_size=40, hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        local_attention=128, **special,
    )  # fmt: skip
    model = ModernBertForQuestionAnswering(config).eval()
    assert pack_windows(model) == "its layers see near tokens alone"
    assert torch.isfinite(model(input_ids=torch.full((1, 200), 5)).start_logits).all()
