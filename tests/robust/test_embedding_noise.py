from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from scipy import stats

from xlingual.errors import ModelError
from xlingual.models.outcome import Outcome
from xlingual.robust import Rows
from xlingual.robust.embedding_noise import EmbeddingNoise
from xlingual.robust.token_layout import Layout
from xlingual.study import Robust, passes_of
from xlingual.study.methods.embedding_noise import EmbeddingNoise as Settings

WIDTH = 40
DISTRIBUTIONS = ("gaussian", "uniform", "ball")


@pytest.fixture
def fifty(make_reader: Any) -> Any:
    """Ten examples of five tokens."""
    return make_reader([[n % 20 for n in range(i, i + 5)] for i in range(10)], [i % 3 for i in range(10)], width=WIDTH)


def noise_of(reader: Any, trained: Callable[..., float], seed: int, **settings: Any) -> np.ndarray:
    """Noise of one pass's tokens, (tokens, width)."""
    reader.seen.clear()
    trained(EmbeddingNoise(Settings(**settings), reader), reader, seed)
    return np.concatenate(reader.perturbations()[0])


@pytest.mark.parametrize("unit", ["rms", "absolute"])
@pytest.mark.parametrize(
    ("distribution", "expected"),
    [("gaussian", lambda scale: stats.norm(0, scale)), ("uniform", lambda scale: stats.uniform(-scale, 2 * scale))],
)
def test_noise_has_its_distribution_in_the_tables_root_mean_square(
    fifty: Any, trained: Callable[..., float], distribution: str, expected: Any, unit: str
) -> None:
    scale = 0.3 * (fifty.root_mean_square if unit == "rms" else 1.0)
    settings = {"distribution": distribution, "magnitude": 0.3, "unit": unit}
    drawn = np.concatenate([noise_of(fifty, trained, seed, **settings).ravel() for seed in range(5)])
    assert stats.kstest(drawn, expected(scale).cdf).pvalue > 0.01


@pytest.mark.parametrize("unit", ["rms", "absolute"])
def test_noise_from_a_ball_is_uniform_in_it(make_reader: Any, trained: Callable[..., float], unit: str) -> None:
    """Few dimensions, in which radii spread widely: the share of a ball within r of its radius is r^width."""
    reader = make_reader([[n % 20 for n in range(200)]], [0], width=3)
    radius = 0.3 * (reader.root_mean_square * math.sqrt(3) if unit == "rms" else 1.0)
    settings = {"distribution": "ball", "magnitude": 0.3, "unit": unit}
    drawn = np.concatenate([noise_of(reader, trained, seed, **settings) for seed in range(5)])
    radii = np.linalg.norm(drawn, axis=1)
    assert radii.max() <= radius * (1 + 1e-5)
    assert stats.kstest((radii / radius) ** 3, stats.uniform.cdf).pvalue > 0.01
    directions = drawn / radii[:, None]
    for axis in range(3):  # Archimedes: each coordinate of an even direction in three dimensions is uniform
        assert stats.kstest(directions[:, axis], stats.uniform(-1, 2).cdf).pvalue > 0.01


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_the_seed_decides_the_noise_and_nothing_else_does(
    fifty: Any, trained: Callable[..., float], distribution: str
) -> None:
    settings = {"distribution": distribution, "magnitude": 0.1}
    first = noise_of(fifty, trained, 1, **settings)
    torch.manual_seed(77)
    assert np.array_equal(noise_of(fifty, trained, 1, **settings), first)
    assert not np.isclose(noise_of(fifty, trained, 2, **settings), first).any()


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_noise_draws_from_a_stream_of_its_own(fifty: Any, trained: Callable[..., float], distribution: str) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    noise_of(fifty, trained, 1, distribution=distribution, magnitude=0.1)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_magnitude_zero_changes_nothing(fifty: Any, trained: Callable[..., float], distribution: str) -> None:
    plain = fifty.run().loss
    plain.backward()
    expected = fifty.table.weight.grad.clone()
    fifty.zero_grad()
    fifty.seen.clear()
    method = EmbeddingNoise(Settings(distribution=distribution, magnitude=0.0), fifty)
    assert trained(method, fifty, 1) == float(plain.detach())
    assert not np.concatenate(fifty.perturbations()[0]).any()
    assert torch.equal(fifty.table.weight.grad, expected)


def test_outside_its_terms_look_ups_are_clean_again(reader: Any) -> None:
    method = EmbeddingNoise(Settings(magnitude=0.5), reader)

    def broken(*, draw: int = 0) -> Any:
        reader.table(torch.tensor([[1, 2, 3], [4, 0, 0], [5, 6, 0]]))
        raise RuntimeError

    (term,) = method.loss_terms(reader.rows(), reader.run, 1)
    with pytest.raises(RuntimeError):
        term(broken)
    assert torch.equal(reader.table(torch.arange(20)), reader.table.weight)


def test_gradients_flow_to_the_table_as_without_noise(make_reader: Any) -> None:
    reader = make_reader([[3, 3, 7]], [0], width=WIDTH)
    (term,) = EmbeddingNoise(Settings(magnitude=0.5), reader).loss_terms(reader.rows(), reader.run, 1)

    def sums(*, draw: int = 0) -> Outcome:
        values = reader.table(torch.tensor([[3, 3, 7]]))
        return Outcome(values.sum(), ())

    term(sums).backward()
    assert reader.table.weight.grad[3].tolist() == [2.0] * WIDTH
    assert reader.table.weight.grad[7].tolist() == [1.0] * WIDTH


def test_the_gradient_is_the_mean_over_samples_that_differ(reader: Any, trained: Callable[..., float]) -> None:
    settings = Settings(magnitude=0.5, samples=3)
    method = EmbeddingNoise(settings, reader)
    loss = trained(method, reader, 4)
    assert method.passes == method.terms == passes_of(Robust(embedding_noise=settings)) == len(reader.seen) == 3
    first, second, third = (np.concatenate(one) for one in reader.perturbations())
    assert not np.isclose(first, second).any() and not np.isclose(second, third).any()
    gradients = [
        sum(reader.head_gradient(vectors, label) for vectors, label in zip(run, reader.labels, strict=True))
        for run in reader.seen
    ]
    np.testing.assert_allclose(reader.head.grad.numpy(), np.mean(gradients, axis=0), rtol=1e-4, atol=1e-6)
    losses = [
        -sum(np.log(reader.probabilities(v)[label]) for v, label in zip(run, reader.labels, strict=True))
        for run in reader.seen
    ]
    assert loss == pytest.approx(np.mean(losses), rel=1e-5)


@pytest.mark.parametrize("packed", [False, True])
def test_the_share_that_is_reported_is_what_was_added_where_there_are_tokens(
    make_reader: Any, trained: Callable[..., float], packed: bool
) -> None:
    reader = make_reader()
    reader.packed = packed
    method = EmbeddingNoise(Settings(magnitude=0.5, samples=2), reader)
    trained(method, reader, 1)
    added, clean = method.pop_squared_norms()
    assert added == pytest.approx(sum((part**2).sum() for run in reader.perturbations() for part in run), rel=1e-4)
    assert clean == pytest.approx(2 * sum((part**2).sum() for part in reader.clean()), rel=1e-5)
    assert method.pop_squared_norms() == (0.0, 0.0)


def test_several_calls_of_a_run_get_noise_of_one_stream_that_differs(
    make_reader: Any, trained: Callable[..., float]
) -> None:
    reader = make_reader([[1, 2], [3, 4]], [0, 1])
    reader.calls = [[0], [1]]
    trained(EmbeddingNoise(Settings(magnitude=0.5), reader), reader, 1)
    first, second = reader.perturbations()[0]
    assert first.all() and second.all() and not np.isclose(first, second).any()


@pytest.mark.parametrize(
    ("unit", "relative", "absolute"), [("rms", 0.5, lambda rms: 0.5 * rms), ("absolute", None, lambda _: 0.5)]
)
def test_the_record_says_the_magnitude_both_ways(reader: Any, unit: str, relative: Any, absolute: Any) -> None:
    rms = reader.root_mean_square
    record = EmbeddingNoise(Settings(magnitude=0.5, unit=unit), reader).record()
    assert record["root_mean_square"] == pytest.approx(rms)
    assert record["magnitude"]["absolute"] == pytest.approx(absolute(rms))
    assert record["magnitude"]["relative"] == pytest.approx(relative or 0.5 / rms)


@pytest.mark.parametrize("unit", ["rms", "absolute"])
def test_the_record_of_a_ball_is_a_tokens_norm(fifty: Any, trained: Callable[..., float], unit: str) -> None:
    """If relative, it is that of an element on the ball's surface, like for other distributions."""
    settings = {"distribution": "ball", "magnitude": 0.3, "unit": unit}
    record = EmbeddingNoise(Settings(**settings), fifty).record()["magnitude"]
    rms, root = fifty.root_mean_square, math.sqrt(WIDTH)
    expected = {"rms": (0.3, 0.3 * rms * root), "absolute": (0.3 / rms / root, 0.3)}[unit]
    assert (record["relative"], record["absolute"]) == pytest.approx(expected)
    assert record["of"] == "L2 norm of a token at the ball's surface"
    longest = np.linalg.norm(noise_of(fifty, trained, 1, **settings), axis=1).max()
    assert 0.8 * record["absolute"] < longest <= record["absolute"] * (1 + 1e-5)


def test_a_table_of_zeros_has_no_scale(reader: Any) -> None:
    with torch.no_grad():
        reader.table.weight.zero_()
    with pytest.raises(ModelError, match="all 0 has no scale"):
        EmbeddingNoise(Settings(magnitude=0.5), reader)


@pytest.mark.parametrize("packed", [False, True])
def test_sums_over_examples_leave_the_others_out(packed: bool) -> None:
    layout = Layout(Rows((3, 1, 2), packed))
    values = torch.arange(1.0, 7)[None, :, None]
    if not packed:
        values = torch.tensor([[1.0, 2, 3], [4, 0, 0], [5, 6, 0]])[..., None]
    assert layout.shape == tuple(values.shape[:2])
    expected = torch.tensor([6.0, 6, 6, 4, 11, 11] if packed else [6.0, 4, 11]).reshape(1 if packed else 3, -1, 1)
    assert torch.equal(layout.over_examples(values), expected)
    lengths = torch.tensor([3.0, 3, 3, 1, 2, 2] if packed else [3.0, 1, 2]).reshape(expected.shape)
    assert torch.equal(layout.lengths(values.device), lengths.double())
    there = layout.token_mask(values.device)
    assert packed == (there is None)
    assert there is None or torch.equal(there, values > 0)
