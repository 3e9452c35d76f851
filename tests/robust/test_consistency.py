from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from xlingual.robust.consistency import Consistency
from xlingual.study import Robust, passes_of
from xlingual.study.methods.consistency import Consistency as Settings

Trained = Callable[..., float]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("distribution", ["uniform", "gaussian", "ball"])
def test_it_trains_on_the_clean_loss_plus_the_weighted_divergence(
    reader: Any, trained: Trained, distribution: str, packed: bool
) -> None:
    reader.packed = packed
    method = Consistency(Settings(weight=2.5, magnitude=0.4, distribution=distribution), reader)
    loss = trained(method, reader, 3)
    clean, noised = reader.perturbations()
    assert not any(part.any() for part in clean) and all(part.all() for part in noised)
    table, head = (weight.detach().double().requires_grad_() for weight in (reader.table.weight, reader.head))
    expected = torch.zeros((), dtype=torch.float64)
    for example, label, added in zip(reader.examples, reader.labels, noised, strict=True):
        places = torch.arange(1.0, 1 + len(example), dtype=torch.float64)
        vectors = table[torch.tensor(example)]
        p, q = ((places @ part @ head).log_softmax(0) for part in (vectors, vectors + torch.tensor(added)))
        expected = expected - p[label] + 2.5 * ((p.exp() - q.exp()) * (p - q)).sum()
    expected.backward()
    assert loss == pytest.approx(float(expected.detach()), rel=1e-5)
    assert head.grad is not None and table.grad is not None
    torch.testing.assert_close(reader.head.grad.double(), head.grad, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(reader.table.weight.grad.double(), table.grad, rtol=1e-4, atol=1e-5)


def test_two_passes_in_one_term(reader: Any, trained: Trained) -> None:
    settings = Settings(magnitude=0.4)
    method = Consistency(settings, reader)
    trained(method, reader)
    assert method.passes == passes_of(Robust(consistency=settings)) == len(reader.seen) == 2
    assert method.terms == 1
    assert all(reference() is None for reference in reader.alive)


@pytest.mark.parametrize(("dropout", "draws"), [("shared", [0, 0]), ("drawn", [0, 1])])
def test_the_noised_run_has_the_same_dropout_or_draws_its_own(
    reader: Any, trained: Trained, dropout: Any, draws: list[int]
) -> None:
    trained(Consistency(Settings(magnitude=0.4, dropout=dropout), reader), reader)
    assert reader.draws == draws


def test_noise_of_magnitude_zero_is_plain_training(reader: Any, trained: Trained) -> None:
    plain = reader.run().loss
    plain.backward()
    expected = [weight.grad.clone() for weight in (reader.head, reader.table.weight)]
    reader.zero_grad()
    assert trained(Consistency(Settings(magnitude=0.0, weight=5.0), reader), reader) == float(plain.detach())
    for weight, gradient in zip((reader.head, reader.table.weight), expected, strict=True):
        assert torch.equal(weight.grad, gradient)


def test_the_seed_decides_the_noise_and_touches_no_other_stream(reader: Any, trained: Trained) -> None:
    method = Consistency(Settings(magnitude=0.4), reader)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    losses = [trained(method, reader, seed) for seed in (1, 1, 2)]
    assert torch.equal(torch.rand(3), expected)
    assert losses[0] == losses[1] != losses[2]


def test_the_share_that_is_reported_is_of_the_noised_run_alone(reader: Any, trained: Trained) -> None:
    method = Consistency(Settings(magnitude=0.4), reader)
    trained(method, reader)
    added, clean = method.pop_squared_norms()
    assert added == pytest.approx(sum((part**2).sum() for part in reader.perturbations()[1]), rel=1e-4)
    assert clean == pytest.approx(sum((part**2).sum() for part in reader.clean()), rel=1e-5)


def test_several_calls_of_a_run_are_noised_each(make_reader: Any, trained: Trained) -> None:
    reader = make_reader()
    reader.calls = [[2, 0], [1]]
    trained(Consistency(Settings(magnitude=0.4), reader), reader)
    assert all(part.all() for part in reader.perturbations()[1])
    assert len(np.unique(np.concatenate(reader.perturbations()[1]))) == 24


def test_the_record_holds_the_magnitude_both_ways(reader: Any) -> None:
    rms = reader.root_mean_square
    record = Consistency(Settings(magnitude=1e-5, unit="absolute"), reader).record()
    assert record["root_mean_square"] == pytest.approx(rms)
    assert record["magnitude"]["absolute"] == pytest.approx(1e-5)
    assert record["magnitude"]["relative"] == pytest.approx(1e-5 / rms)
