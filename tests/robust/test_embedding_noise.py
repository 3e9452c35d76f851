from __future__ import annotations

import pytest
import torch
from scipy import stats
from torch import nn

from xlingual.robust import EmbeddingNoise


@pytest.fixture
def table() -> nn.Embedding:
    torch.manual_seed(0)
    return nn.Embedding(50, 40)


def noise_of(noise: EmbeddingNoise, table: nn.Embedding, seed: int) -> torch.Tensor:
    ids = torch.arange(50)
    clean = table(ids)
    with noise.around(seed):
        noisy = table(ids)
    return (noisy - clean).detach()


@pytest.mark.parametrize(
    ("distribution", "expected"),
    [("gaussian", lambda scale: stats.norm(0, scale)), ("uniform", lambda scale: stats.uniform(-scale, 2 * scale))],
)
def test_noise_has_its_distribution_in_units_of_the_tables_root_mean_square(
    table: nn.Embedding, distribution: str, expected: object
) -> None:
    scale = 0.3 * float(table.weight.detach().pow(2).mean().sqrt())
    noise = EmbeddingNoise(table, distribution, 0.3)
    assert noise.absolute == pytest.approx(scale)
    drawn = torch.cat([noise_of(noise, table, seed).flatten() for seed in range(5)]).double().numpy()
    assert stats.kstest(drawn, expected(scale).cdf).pvalue > 0.01  # type: ignore[operator]


def test_the_seed_decides_the_noise_and_nothing_else_does(table: nn.Embedding) -> None:
    noise = EmbeddingNoise(table, "gaussian", 0.1)
    first = noise_of(noise, table, 1)
    torch.manual_seed(77)
    assert torch.equal(noise_of(noise, table, 1), first)
    assert not torch.equal(noise_of(noise, table, 2), first)


def test_noise_draws_from_a_stream_of_its_own(table: nn.Embedding) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    noise_of(EmbeddingNoise(table, "uniform", 0.1), table, 1)
    assert torch.equal(torch.rand(3), expected)


def test_magnitude_zero_changes_nothing(table: nn.Embedding) -> None:
    assert torch.count_nonzero(noise_of(EmbeddingNoise(table, "gaussian", 0.0), table, 1)) == 0


def test_outside_the_context_look_ups_are_clean_again(table: nn.Embedding) -> None:
    noise = EmbeddingNoise(table, "gaussian", 0.5)
    with pytest.raises(RuntimeError), noise.around(1):
        raise RuntimeError
    assert torch.equal(table(torch.arange(50)), table.weight)


def test_gradients_flow_to_the_table_as_without_noise(table: nn.Embedding) -> None:
    with EmbeddingNoise(table, "gaussian", 0.5).around(1):
        table(torch.tensor([3, 3, 7])).sum().backward()
    assert table.weight.grad is not None
    assert table.weight.grad[3].tolist() == [2.0] * 40
    assert table.weight.grad[7].tolist() == [1.0] * 40
