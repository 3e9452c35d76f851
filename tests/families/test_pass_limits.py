"""Passes of a GPU: little padding, few passes, and no more tokens than memory holds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.families.pass_limits import PassLimits, length_batches, padded_passes

NONE = np.zeros(0, dtype=np.int64)


def padded(read: np.ndarray, written: np.ndarray, passes: list[np.ndarray]) -> int:
    return sum(len(part) * int(read[part].max() + written[part].max()) for part in passes)


@given(
    examples=st.lists(st.tuples(st.integers(1, 400), st.integers(0, 9)), min_size=1, max_size=40),
    tokens=st.integers(1, 3000),
    padding=st.sampled_from([0.0, 0.05, 0.15, 0.5]),
)
def test_every_example_is_in_one_pass_within_the_limits(
    examples: list[tuple[int, int]], tokens: int, padding: float
) -> None:
    read, written = (np.array(part, dtype=np.int64) for part in zip(*examples, strict=True))
    passes = padded_passes(read, written, PassLimits(tokens, padding))
    assert sorted(int(i) for part in passes for i in part) == list(range(len(examples)))
    for part in passes:
        assert len(part) == 1 or padded(read, written, [part]) <= tokens
    share = 1 - (read + written).sum() / padded(read, written, passes)
    assert share <= padding + 1e-9 or len(passes) == len(examples)


@given(lengths=st.lists(st.integers(1, 60), min_size=1, max_size=8), padding=st.sampled_from([0.0, 0.15, 0.3]))
def test_there_are_as_few_passes_as_the_limit_allows_and_the_least_padding_in_so_many(
    lengths: list[int], padding: float
) -> None:
    read = np.array(lengths, dtype=np.int64)
    none = np.zeros_like(read)
    order = np.argsort(-read, kind="stable")
    found = padded_passes(read, none, PassLimits(10**6, padding))
    best = {}
    for count in range(1, len(read) + 1):
        cuts = [np.split(order, where) for where in combinations(range(1, len(read)), count - 1)]
        best[count] = min(padded(read, none, passes) for passes in cuts)
    fewest = min(count for count, tokens in best.items() if tokens * (1 - padding) <= read.sum())
    assert (len(found), padded(read, none, found)) == (fewest, best[fewest])


def test_without_a_limit_of_padding_passes_are_as_long_as_tokens_allow() -> None:
    read = np.array([9, 2, 7, 5], dtype=np.int64)
    for tokens in (1, 10, 18, 1000):
        found = padded_passes(read, np.zeros_like(read), PassLimits(tokens))
        assert [part.tolist() for part in found] == [part.tolist() for part in length_batches(read, tokens)]
    assert padded_passes(NONE, NONE, PassLimits(10, 0.15)) == []


@pytest.mark.parametrize(("tokens", "rows"), [(16384, [14, 2]), (10_000, [8, 8])])
def test_the_memory_of_a_text_to_text_model_is_bounded_by_what_it_reads_and_writes(
    tokens: int, rows: list[int]
) -> None:
    read, written = np.full(16, 1024, dtype=np.int64), np.full(16, 128, dtype=np.int64)
    passes = padded_passes(read, written, PassLimits(tokens, 0.15))
    assert sorted((len(part) for part in passes), reverse=True) == rows
