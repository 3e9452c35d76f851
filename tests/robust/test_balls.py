"""Steps and projections with numbers that can be checked by eye."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from scipy import stats

from xlingual.robust import Rows
from xlingual.robust.balls import Ball
from xlingual.robust.magnitudes import Scale
from xlingual.robust.token_layout import Layout
from xlingual.study.methods.adversarial import Adversarial

# Two examples of two tokens and one, of vectors of two elements; padded by one token.
PADDED = Layout(Rows((2, 1), packed=False))
PACKED = Layout(Rows((2, 1), packed=True))
GRADIENT = [[[3.0, 0.0], [0.0, -4.0]], [[0.0, 1e-6], [0.0, 0.0]]]
ABSOLUTE = {"unit": "absolute", "step_size": 1.0}


def ball(rms: float = 0.5, **settings: Any) -> Ball:
    made = Adversarial.model_validate(ABSOLUTE | settings)
    return Ball(made, Scale(rms, made.unit))


def packed(values: Any) -> Any:
    """The content of padded rows, concatenated."""
    first, second = values
    return [[*first, second[0]]]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [[[0.6, 0.0], [0.0, -0.8]], [[0.0, 1.0], [0.0, 0.0]]]),
        ({"over": "token"}, [[[1.0, 0.0], [0.0, -1.0]], [[0.0, 1.0], [0.0, 0.0]]]),
        ({"norm": "linf"}, [[[1.0, 0.0], [0.0, -1.0]], [[0.0, 1.0], [0.0, 0.0]]]),
        ({"step_size": 0.5}, [[[0.3, 0.0], [0.0, -0.4]], [[0.0, 0.5], [0.0, 0.0]]]),
        ({"radius": 0.1}, [[[0.06, 0.0], [0.0, -0.08]], [[0.0, 0.1], [0.0, 0.0]]]),
        ({"radius": 0.1, "over": "token"}, [[[0.1, 0.0], [0.0, -0.1]], [[0.0, 0.1], [0.0, 0.0]]]),
        ({"radius": 0.1, "norm": "linf"}, [[[0.1, 0.0], [0.0, -0.1]], [[0.0, 0.1], [0.0, 0.0]]]),
        ({"radius": 5.0}, [[[0.6, 0.0], [0.0, -0.8]], [[0.0, 1.0], [0.0, 0.0]]]),
        # Root mean squares of 0.5 over 4 elements are a norm of 1, over 2 (a token, and the short example) of 0.71.
        ({"unit": "rms"}, [[[0.6, 0.0], [0.0, -0.8]], [[0.0, math.sqrt(0.5)], [0.0, 0.0]]]),
        (
            {"unit": "rms", "over": "token"},
            [[[math.sqrt(0.5), 0.0], [0.0, -math.sqrt(0.5)]], [[0.0, math.sqrt(0.5)], [0.0, 0.0]]],
        ),
        ({"unit": "rms", "norm": "linf"}, [[[0.5, 0.0], [0.0, -0.5]], [[0.0, 0.5], [0.0, 0.0]]]),
        ({"unit": "rms", "radius": 0.1}, [[[0.06, 0.0], [0.0, -0.08]], [[0.0, math.sqrt(0.005)], [0.0, 0.0]]]),
    ],
)
def test_a_step_from_zero(settings: dict[str, Any], expected: Any) -> None:
    zeros, gradient = torch.zeros(2, 2, 2), torch.tensor(GRADIENT)
    found = ball(**settings).stepped(zeros, gradient, PADDED)
    torch.testing.assert_close(found, torch.tensor(expected), rtol=1e-6, atol=1e-7)
    gradient = torch.tensor(packed(GRADIENT))
    found = ball(**settings).stepped(torch.zeros(1, 3, 2), gradient, PACKED)
    torch.testing.assert_close(found, torch.tensor(packed(expected)), rtol=1e-6, atol=1e-7)


def test_the_step_comes_before_the_projection() -> None:
    """From (1, 0) by (0, 1) to (1, 1), whose nearest point of the unit ball is (1, 1) / sqrt(2)."""
    one = Layout(Rows((1,), packed=False))
    found = ball(radius=1.0).stepped(torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 7.0]]]), one)
    torch.testing.assert_close(found, torch.full((1, 1, 2), math.sqrt(0.5)).reshape(1, 1, 2))
    found = ball(radius=1.0, norm="linf").stepped(torch.tensor([[[1.0, 0.5]]]), torch.tensor([[[2.0, 7.0]]]), one)
    assert found.tolist() == [[[1.0, 1.0]]]
    found = ball().stepped(torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[0.0, 7.0]]]), one)
    assert found.tolist() == [[[1.0, 1.0]]]


@pytest.mark.parametrize("norm", ["l2", "linf"])
def test_a_gradient_of_zero_moves_nothing_and_padding_never_moves(norm: str) -> None:
    gradient = torch.tensor([[[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [5.0, 5.0]]])
    found = ball(norm=norm).stepped(torch.zeros(2, 2, 2), gradient, PADDED)
    assert found.tolist() == [[[0.0, 0.0], [0.0, 0.0]], [[1.0, 0.0], [0.0, 0.0]]]


@pytest.mark.parametrize("over", ["example", "token"])
@pytest.mark.parametrize("factor", [1e-30, 1e-3, 1e30])
def test_the_step_does_not_hang_on_the_losss_scale(over: str, factor: float) -> None:
    gradient = torch.tensor(GRADIENT)
    expected = ball(over=over).stepped(torch.zeros(2, 2, 2), gradient, PADDED)
    found = ball(over=over).stepped(torch.zeros(2, 2, 2), gradient * factor, PADDED)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    ("settings", "largest"),
    [
        ({"unit": "rms", "start": 0.4}, (0.2, 0.2)),
        ({"unit": "rms", "start": 0.4, "norm": "linf"}, (0.2, 0.2)),
        ({"unit": "rms", "start": 0.4, "over": "token"}, (0.2, 0.2)),
        ({"start": 0.4, "norm": "linf"}, (0.4, 0.4)),
        # FreeLB's code divides by the square root of the example's elements, here 200 x 8 and 50 x 8.
        ({"start": 0.4}, (0.4 / math.sqrt(1600), 0.4 / math.sqrt(400))),
        ({"start": 0.4, "over": "token"}, (0.4 / math.sqrt(8), 0.4 / math.sqrt(8))),
        ({"start": 0.4, "norm": "linf", "radius": 0.1}, (0.1, 0.1)),
    ],
)
@pytest.mark.parametrize("in_one_row", [False, True])
def test_the_start_is_uniform_up_to_its_half_width(settings: Any, largest: Any, in_one_row: bool) -> None:
    layout = Layout(Rows((200, 50), in_one_row))
    generator = torch.Generator().manual_seed(1)
    found = ball(**settings).start(torch.zeros(*layout.shape, 8, dtype=torch.bfloat16), layout, generator)
    assert found.dtype == torch.float32
    parts = found[0].split([200, 50]) if in_one_row else (found[0], found[1, :50])
    assert in_one_row or not found[1, 50:].any()
    for part, bound in zip(parts, largest, strict=True):
        assert 0.95 * bound < float(part.abs().max()) <= bound * (1 + 1e-6)
        if "radius" not in settings:
            assert stats.kstest(part.double().flatten().numpy(), stats.uniform(-bound, 2 * bound).cdf).pvalue > 0.01


@pytest.mark.parametrize(("over", "elements"), [("example", (1600, 400)), ("token", (8, 8))])
@pytest.mark.parametrize("unit", ["rms", "absolute"])
def test_the_start_lies_within_the_ball(over: str, elements: tuple[int, int], unit: str) -> None:
    layout = Layout(Rows((200, 50), False))
    made = ball(unit=unit, over=over, start=100.0, radius=0.3)
    found = made.start(torch.zeros(2, 200, 8), layout, torch.Generator().manual_seed(1))
    for part, count in zip((found[0], found[1, :50]), elements, strict=True):
        norms = part.flatten().norm() if over == "example" else part.norm(dim=-1)
        expected = 0.3 * (0.5 * math.sqrt(count) if unit == "rms" else 1.0)
        torch.testing.assert_close(norms, torch.full_like(norms, expected))
