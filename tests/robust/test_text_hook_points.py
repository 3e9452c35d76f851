"""Places of text-to-text models: only those of the encoder."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSeq2SeqLM

from xlingual.models.encoder import quiet_transformers
from xlingual.models.masked_language_model import base_encoder
from xlingual.robust import Rows
from xlingual.robust.hook_points import HookPoint
from xlingual.robust.token_layout import Layout

PLACES = ("word_embeddings", "embeddings", "last_hidden_states")
T5 = {"vocab_size": 60, "d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
LENGTHS = (5, 3)


def model_of(family: str) -> nn.Module:
    torch.manual_seed(0)
    with quiet_transformers():
        model: nn.Module = AutoModelForSeq2SeqLM.from_config(AutoConfig.for_model(family, **T5))
    return model.eval()


def logits(model: nn.Module) -> Tensor:
    ids = torch.tensor([[5, 6, 7, 8, 1], [9, 10, 1, 0, 0]])
    written = torch.tensor([[0, 5, 6], [0, 9, 11]])
    found: Tensor = model(input_ids=ids, attention_mask=(ids != 0).long(), decoder_input_ids=written).logits
    return found.detach()


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("family", ["t5", "mt5", "umt5"])
def test_the_encoder_alone_is_perturbed(family: str, name: str) -> None:
    """The noise is added to the encoder's input (or output); the decoder's embeddings are unchanged."""
    model = model_of(family)
    clean, place = logits(model), HookPoint(model, name)
    seen = list[Tensor]()
    model.get_decoder().embed_tokens.register_forward_hook(lambda _m, _i, output: seen.append(output.detach()))  # type: ignore[operator]
    assert torch.equal(logits(model), clean)
    layouts = [Layout(Rows(LENGTHS, False))]
    with place.perturbed(layouts, lambda _, values: torch.zeros_like(values)):
        assert torch.equal(logits(model), clean)
    with place.perturbed(layouts, lambda _, values: torch.ones_like(values)):
        moved = logits(model)
    assert (moved - clean).abs().amin((0, 1)).max() > 1e-4 and place.width == 16
    assert all(torch.equal(one, seen[0]) for one in seen) and len(seen) == 3
    added, _ = place.pop_squared_norms()
    assert added == pytest.approx(sum(LENGTHS) * 16)  # no padding
    assert torch.equal(logits(model), clean)


def test_words_are_perturbed_as_a_changed_table_of_the_encoder_would() -> None:
    model, other = model_of("mt5"), model_of("mt5")
    encoder = base_encoder(other)
    encoder.embed_tokens.weight = nn.Parameter(encoder.embed_tokens.weight + 0.5)  # type: ignore[union-attr, operator]
    for name in PLACES[:2]:
        place = HookPoint(model, name)
        with place.perturbed([Layout(Rows(LENGTHS, False))], lambda _, values: torch.full_like(values, 0.5)):
            torch.testing.assert_close(logits(model), logits(other))
