"""InfoNCE compared with its definition, and which pairs are contrasted."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from xlingual.models.mean_pooling import mean_pooled
from xlingual.training.objectives.contrastive import host_groups, info_nce, masked_cosines, not_negatives


def nce(*arguments):
    return info_nce(masked_cosines(*arguments))


def by_definition(questions: np.ndarray, answers: np.ndarray, same: np.ndarray, temperature: float) -> float:
    """The sum over pairs, with loops and scalars."""
    total = 0.0
    for i in range(len(questions)):
        for one, others in ((questions, answers), (answers, questions)):
            scores = [
                math.exp(float(one[i] @ other / np.linalg.norm(one[i]) / np.linalg.norm(other)) / temperature)
                for j, other in enumerate(others)
                if not same[i, j]
            ]
            own = float(one[i] @ others[i] / np.linalg.norm(one[i]) / np.linalg.norm(others[i]))
            total -= math.log(math.exp(own / temperature) / sum(scores)) / 2
    return total


def vectors(pairs: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    questions, answers = (torch.randn(pairs, 5, generator=generator) for _ in range(2))
    return questions, answers


@pytest.mark.parametrize("temperature", [0.05, 0.7])
def test_the_loss_is_what_its_definition_says(temperature: float) -> None:
    questions, answers = vectors(6)
    same = np.zeros((6, 6), dtype=bool)
    same[0, 3] = same[3, 0] = same[2, 5] = same[5, 2] = True
    found = nce(questions, answers, torch.from_numpy(same), temperature)
    expected = by_definition(questions.double().numpy(), answers.double().numpy(), same, temperature)
    assert float(found) == pytest.approx(expected, rel=1e-5)
    assert float(found) != pytest.approx(float(nce(questions, answers, torch.zeros(6, 6).bool(), temperature)))


def test_equal_vectors_cost_the_logarithm_of_the_number_of_pairs() -> None:
    ones = torch.ones(4, 3)
    assert float(nce(ones, ones, torch.zeros(4, 4).bool(), 0.05)) == pytest.approx(4 * math.log(4), rel=1e-6)


def test_a_pair_that_nothing_is_held_against_costs_nothing() -> None:
    questions, answers = (part.requires_grad_() for part in vectors(2))
    loss = nce(questions, answers, torch.tensor([[False, True], [True, False]]), 0.05)
    loss.backward()  # type: ignore[no-untyped-call]
    assert float(loss.detach()) == 0.0
    assert questions.grad is not None and float(questions.grad.abs().max()) < 1e-6


def test_equal_questions_or_answers_are_no_negatives() -> None:
    same = not_negatives(np.array([1, 2, 1, 4]), np.array([5, 6, 7, 6]))
    assert [tuple(place) for place in np.argwhere(same).tolist()] == [(0, 2), (1, 3), (2, 0), (3, 1)]


@given(st.lists(st.integers(0, 5), min_size=2, max_size=60), st.integers(1, 20))
def test_micro_batches_hold_two_of_a_host_and_at_least_two_pairs(hosts: list[int], size: int) -> None:
    groups = host_groups(np.asarray(hosts), size)
    assert sorted(np.concatenate(groups).tolist()) == list(range(len(hosts)))
    sizes = [len(group) for group in groups]
    assert min(sizes) >= 2 and max(sizes) - min(sizes) <= 1
    most = max(np.unique(np.asarray(hosts)[group], return_counts=True)[1].max() for group in groups)
    one_odd_host = len(set(hosts)) == 1 and len(hosts) % 2 == 1
    assert most <= 2 + one_odd_host
    assert max(sizes) <= max(size, 2) or (len(hosts) % 2 == 1 and max(sizes) <= max(size, 3))
    if len(groups) > 1:  # one less would violate a bound
        largest_host = np.unique(hosts, return_counts=True)[1].max()
        assert largest_host > 2 * (len(groups) - 1) or len(hosts) > size * (len(groups) - 1)


def test_pooling_is_the_mean_over_a_texts_own_tokens() -> None:
    generator = torch.Generator().manual_seed(3)
    texts = [torch.randn(length, 4, generator=generator) for length in (3, 5, 1)]
    expected = np.stack([text.double().numpy().mean(0) for text in texts])
    packed = mean_pooled(torch.cat(texts)[None], (3, 5, 1), packed=True)
    rows = torch.full((3, 5, 4), 1e6)  # padding is ignored
    for place, text in enumerate(texts):
        rows[place, : len(text)] = text
    padded = mean_pooled(rows, (3, 5, 1), packed=False)
    for found in (packed, padded):
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-6)
