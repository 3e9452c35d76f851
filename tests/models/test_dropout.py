from __future__ import annotations

import pytest
import torch
from scipy import stats
from torch import nn

from xlingual.models.dropout import CheapDropout, draw_kept, dropped_lanes, replace_dropout, scale_of_kept

COUNT = 400_000


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
def test_the_rate_is_the_one_asked_for(p: float) -> None:
    torch.manual_seed(1)
    dropped = COUNT - int(draw_kept((COUNT,), p).sum())
    assert abs(dropped_lanes(p) / 65536 - p) <= 2**-17
    assert stats.binomtest(dropped, COUNT, p).pvalue > 1e-4


def test_every_lane_of_a_draw_has_the_rate_and_lanes_are_independent() -> None:
    torch.manual_seed(2)
    kept = draw_kept((COUNT,), 0.3).view(-1, 4).bool()
    counts = torch.zeros(16, dtype=torch.int64)
    counts.scatter_add_(0, (kept * torch.tensor([1, 2, 4, 8])).sum(1), torch.ones(len(kept), dtype=torch.int64))
    chances = torch.tensor([0.7 ** bin(i).count("1") * 0.3 ** (4 - bin(i).count("1")) for i in range(16)]).double()
    expected = chances / chances.sum() * len(kept)
    assert stats.chisquare(counts.double().numpy(), expected.numpy()).pvalue > 1e-4
    following = kept.view(-1)
    agreement = int((following[1:] == following[:-1]).sum())
    assert stats.binomtest(agreement, COUNT - 1, 0.7**2 + 0.3**2).pvalue > 1e-4


def test_what_stays_is_scaled_so_that_the_expectation_is_exact() -> None:
    for p in (0.1, 0.123456, 0.5):
        assert scale_of_kept(p) * (1 - dropped_lanes(p) / 65536) == pytest.approx(1.0, abs=1e-12)
    torch.manual_seed(3)
    layer = CheapDropout(0.1).train()
    out = layer(torch.full((3, 5, 7), 2.0))
    assert out.unique().tolist() == pytest.approx([0.0, 2.0 * scale_of_kept(0.1)])
    assert out.shape == (3, 5, 7)


def test_the_gradient_goes_through_what_stayed() -> None:
    torch.manual_seed(4)
    values = torch.ones(1001, dtype=torch.float64, requires_grad=True)  # not a multiple of four
    out = CheapDropout(0.4).train()(values)
    out.sum().backward()
    assert values.grad is not None
    assert torch.equal(values.grad, out.detach())


def test_the_seed_decides_and_evaluation_drops_nothing() -> None:
    layer, values = CheapDropout(0.2), torch.ones(64)
    torch.manual_seed(7)
    first = layer(values)
    second = layer(values)
    torch.manual_seed(7)
    assert torch.equal(layer(values), first)
    assert not torch.equal(first, second)
    assert torch.equal(layer.eval()(values), values)
    assert torch.equal(CheapDropout(0.0)(values), values)
    assert torch.equal(CheapDropout(1.0)(values), torch.zeros(64))


def test_half_precision_keeps_its_type() -> None:
    assert CheapDropout(0.5)(torch.ones(8, dtype=torch.bfloat16)).dtype == torch.bfloat16


def test_activation_checkpointing_draws_the_same_again() -> None:
    layer = nn.Sequential(nn.Linear(8, 8), CheapDropout(0.5)).train()
    values = torch.randn(4, 8, requires_grad=True)
    gradients = []
    for checkpointed in (False, True):
        torch.manual_seed(11)
        out = torch.utils.checkpoint.checkpoint(layer, values, use_reentrant=False) if checkpointed else layer(values)
        (gradient,) = torch.autograd.grad(out.square().sum(), values)
        gradients.append(gradient)
    assert torch.equal(*gradients)


def test_every_dropout_of_a_model_is_replaced_once() -> None:
    model = nn.Sequential(nn.Dropout(0.1), nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.3))).eval()
    assert replace_dropout(model) == 2
    assert replace_dropout(model) == 0
    assert isinstance(model[0], CheapDropout) and model[0].p == 0.1 and not model[0].training
