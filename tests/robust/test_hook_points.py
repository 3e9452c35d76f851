"""Every place of every family that supports it, with windows in separate rows and in one row."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForQuestionAnswering

from xlingual.errors import ModelError
from xlingual.models.encoder import quiet_transformers
from xlingual.models.packing import Positions, pack_windows
from xlingual.robust import Rows
from xlingual.robust.hook_points import HookPoint
from xlingual.robust.token_layout import Layout

PLACES = ("word_embeddings", "embeddings", "last_hidden_states")
SIZES = {
    "vocab_size": 60,
    "hidden_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 32,
    "max_position_embeddings": 40,
    "pad_token_id": 1,
    "bos_token_id": 0,
    "eos_token_id": 2,
    "cls_token_id": 0,
    "sep_token_id": 2,
}
OWN = {
    "bert": {},
    "xlm-roberta": {},
    "distilbert": {"dim": 16, "hidden_dim": 32, "n_layers": 2, "n_heads": 2},
    "modernbert": {},
    "deberta-v2": {"embedding_size": 8},
    "rembert": {"input_embedding_size": 8, "output_embedding_size": 8},
    "electra": {"embedding_size": 8},
    "albert": {"embedding_size": 8},
}
WIDTHS = {("rembert", "word_embeddings"): 8, ("rembert", "embeddings"): 8}
WIDTHS |= {("deberta-v2", "word_embeddings"): 8}  # it projects within its embeddings
WIDTHS |= {(family, place): 8 for family in ("electra", "albert") for place in PLACES[:2]}
LENGTHS = (9, 4, 6)
PACKING = {"bert", "xlm-roberta", "distilbert", "electra", "albert"}


def model_of(family: str, options: dict[str, Any]) -> nn.Module:
    torch.manual_seed(0)
    with quiet_transformers():
        configuration = AutoConfig.for_model(family, **(SIZES | options))
        model: nn.Module = AutoModelForQuestionAnswering.from_config(configuration)
    return model.eval()


def windows() -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randint(5, 60, (length,), generator=generator) for length in LENGTHS]


def logits(model: nn.Module, counted: Positions | None) -> list[Tensor]:
    """Start and end logits of each window, (2, tokens); in one row where positions are counted."""
    with torch.no_grad():
        if counted is None:
            ids = nn.utils.rnn.pad_sequence(windows(), batch_first=True, padding_value=1)
            output = model(input_ids=ids, attention_mask=(ids != 1).long())
            both = torch.stack([output.start_logits, output.end_logits], 1)
            return [row[:, :length] for row, length in zip(both, LENGTHS, strict=True)]
        positions = torch.cat([torch.from_numpy(counted.of(window.numpy())) for window in windows()])[None]
        ids = torch.cat(windows())[None]
        output = model(input_ids=ids, position_ids=positions, window_lengths=LENGTHS)
        return list(torch.cat([output.start_logits, output.end_logits]).split(LENGTHS, 1))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("family", OWN)
def test_what_is_added_reaches_its_own_window_alone(family: str, name: str, packed: bool) -> None:
    model = model_of(family, OWN[family])
    counted = pack_windows(model) if packed else None
    if isinstance(counted, str):
        assert family not in PACKING
        return
    place = HookPoint(model, name)
    expected = logits(model, counted)
    layouts, width = [Layout(Rows(LENGTHS, packed))], WIDTHS.get((family, name), 16)

    def second_window(call: int, values: Tensor) -> Tensor:
        assert call == 0 and values.shape == (*layouts[0].shape, width) and place.width == width
        perturbation = torch.zeros_like(values)
        where = (0, slice(9, 13)) if packed else (1, slice(0, 4))
        perturbation[where] = torch.linspace(-1, 1, 4 * width).reshape(4, width)
        return perturbation

    with place.perturbed(layouts, second_window):
        found = logits(model, counted)
    for i in (0, 2):
        torch.testing.assert_close(found[i], expected[i], rtol=0, atol=1e-6)
    assert (found[1] - expected[1]).abs().max() > 1e-4
    added, clean = place.pop_squared_norms()
    assert added == pytest.approx(float(torch.linspace(-1, 1, 4 * width).square().sum()), rel=1e-5)
    assert clean > 0
    assert all(torch.equal(one, other) for one, other in zip(logits(model, counted), expected, strict=True))


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("family", OWN)
def test_a_perturbation_of_zero_leaves_every_bit_and_padding_is_never_perturbed(family: str, name: str) -> None:
    model = model_of(family, OWN[family])
    place = HookPoint(model, name)
    expected = logits(model, None)

    def in_padding(_call: int, values: Tensor) -> Tensor:
        tokens = torch.arange(values.shape[1]) < torch.tensor(LENGTHS)[:, None]
        return torch.full_like(values, 1e3) * ~tokens[..., None]

    with place.perturbed([Layout(Rows(LENGTHS, False))], in_padding):
        found = logits(model, None)
    assert all(torch.equal(one, other) for one, other in zip(found, expected, strict=True))
    assert place.pop_squared_norms()[0] == 0.0


@pytest.mark.parametrize("name", PLACES)
def test_gradients_reach_a_perturbation_at_every_place(name: str) -> None:
    model = model_of("xlm-roberta", {})
    perturbation = torch.zeros(1, 4, 16, requires_grad=True)
    with HookPoint(model, name).perturbed([Layout(Rows((4,), False))], lambda _, __: perturbation):
        loss = model(input_ids=windows()[1][None]).start_logits.square().sum()
    loss.backward()
    assert perturbation.grad is not None and perturbation.grad.any(-1).all()


T5 = {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}
XLM = {"emb_dim": 16, "n_layers": 2, "n_heads": 2, "pad_index": 1}


@pytest.mark.parametrize(
    ("family", "options", "place", "reason"),
    [
        ("mt5", T5, "embeddings", "MT5ForQuestionAnswering does not keep its encoder apart"),
        ("mt5", T5, "last_hidden_states", "MT5ForQuestionAnswering does not keep its encoder apart"),
        ("xlm", XLM, "embeddings", "write place: word_embeddings or last_hidden_states"),
    ],
)
def test_a_place_that_a_model_does_not_have_is_refused(family: str, options: Any, place: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        HookPoint(model_of(family, options), place)


@pytest.mark.parametrize(
    ("family", "options", "inputs", "reason"),
    [
        ("mt5", T5, {}, "a MT5ForQuestionAnswering passes it 0 times in 1 calls"),
        ("xlm", XLM, {"token_type_ids": torch.zeros(1, 4).long()}, "passes it more than 1 times in 1 calls"),
    ],
)
def test_a_table_that_is_not_looked_up_once_a_call_is_refused(
    family: str, options: Any, inputs: Any, reason: str
) -> None:
    model = model_of(family, options)
    place = HookPoint(model, "word_embeddings")
    with (
        pytest.raises(ModelError, match=reason),
        place.perturbed([Layout(Rows((4,), False))], lambda _, values: torch.zeros_like(values)),
    ):
        model(input_ids=windows()[1][None], **inputs)


def test_values_of_another_shape_than_the_inputs_are_refused() -> None:
    model = model_of("bert", {})
    with (
        pytest.raises(ModelError, match=r"with \(1, 4\) rows and tokens where the inputs have \(1, 5\)"),
        HookPoint(model, "embeddings").perturbed([Layout(Rows((5,), False))], lambda _, values: values),
    ):
        model(input_ids=windows()[1][None])
