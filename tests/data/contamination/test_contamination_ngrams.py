"""The rolling hash is the documented polynomial, and the set knows its members."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.contamination.letters import letters_of
from xlingual.data.contamination.ngrams import _FACTOR, HashSet, N, ngram_hashes, within_texts

NUMBERS = st.lists(st.integers(0, 2**64 - 1), max_size=40)


@given(st.lists(st.integers(0, 2**23), max_size=60))
def test_each_hash_is_a_polynomial_of_its_letters(numbers: list[int]) -> None:
    letters = np.array(numbers, dtype=np.uint32)
    expected = [
        sum(number * _FACTOR ** (N - 1 - place) for place, number in enumerate(numbers[start : start + N])) % 2**64
        for start in range(len(numbers) - N + 1)
    ]
    assert ngram_hashes(letters).tolist() == expected


@given(NUMBERS, NUMBERS)
def test_the_set_finds_its_members_and_nothing_else(members: list[int], others: list[int]) -> None:
    near = [(member ^ 1) for member in members]  # differs from a member only in the last bit
    asked = np.array([*others, *members, *near], dtype=np.uint64)
    known = HashSet(np.array([*members, *members], dtype=np.uint64))
    assert len(known) == len(set(members))
    assert known.among(asked).tolist() == [place for place, each in enumerate(asked.tolist()) if each in set(members)]


def test_a_large_set_survives_being_sent_without_its_filter() -> None:
    numbers = np.random.Generator(np.random.PCG64(0)).integers(0, 2**64, 5000, dtype=np.uint64)
    known = HashSet(numbers[:3000])
    assert known.among(numbers).tolist() == list(range(3000))
    content = pickle.dumps(known)
    assert len(content) < 3000 * 8 + 1000
    assert pickle.loads(content).among(numbers).tolist() == list(range(3000))


@pytest.mark.parametrize("lengths", [(N, N + 2), (N - 1, 0, N + 1), (), (3,)])
def test_no_ngram_reaches_from_one_text_into_the_next(lengths: tuple[int, ...]) -> None:
    letters, pointers = letters_of(["x" * length for length in lengths])
    places = within_texts(pointers)
    assert len(places) == sum(max(0, length - N + 1) for length in lengths)
    assert all((letters[place : place + N] == ord("x")).all() for place in places)
