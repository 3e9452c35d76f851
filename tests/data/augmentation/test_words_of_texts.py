"""Finding and replacing words of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.augmentation.example import with_other_words
from xlingual.data.augmentation.word_replacement import WORD, Word, words_of
from xlingual.data.examples import Example


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Who, in 1912, won?", ["Who", "in", "won"]),
        ("the well-known film's end - it isn’t", ["the", "well-known", "film's", "end", "it", "isn’t"]),
        ("B2B 4th x_y 3D co2", []),
        ("'quoted' (naïve)…Straße", ["quoted", "naïve", "Straße"]),
        ("", []),
    ],
)
def test_words_are_runs_of_letters(text: str, words: list[str]) -> None:
    assert [word.text for word in words_of(text)] == words


def test_words_that_overlap_a_kept_span_are_left_out_and_neighbours_are_not() -> None:
    text = "one two three four"
    assert [word.text for word in words_of(text, [(6, 8)])] == ["one", "three", "four"]
    assert [word.text for word in words_of(text, [(4, 7)])] == ["one", "three", "four"]
    assert [word.text for word in words_of(text, [(3, 4)])] == ["one", "two", "three", "four"]
    assert [word.text for word in words_of(text, [(0, 1), (17, 18)])] == ["two", "three"]


@pytest.mark.parametrize(
    ("text", "opening"),
    [
        ("Who won? Nobody did. It (the Cup) stays.", ["Who", "Nobody", "It"]),
        ("“Come in!” she said: 'Never.' (And left.)", ["Come", "she", "And"]),
        ("  He met Dr. Who... Then 3rd. And", ["He", "Who", "Then", "And"]),
        ("U.S. Steel in 3.5 mm", ["U", "Steel"]),
    ],
)
def test_words_that_open_a_sentence_are_told(text: str, opening: list[str]) -> None:
    assert [word.text for word in words_of(text) if word.opens] == opening


class Given:
    """Replaces words by given replacements, in turn."""

    def __init__(self, drawn: Sequence[str | None]) -> None:
        self.drawn = drawn

    def replacements(self, words: Sequence[Word], generator: Any) -> list[str | None]:
        return [self.drawn[i % len(self.drawn)] for i in range(len(words))]


TEXTS = st.text(st.sampled_from("ab É'-.1 ñ"), max_size=60)
DRAWN = st.lists(st.one_of(st.none(), st.sampled_from(["", "x", "anh ấy", "longer-than-any"])), min_size=1, max_size=5)


@st.composite
def examples(draw: Any) -> Example:
    context = draw(TEXTS)
    spans = draw(st.lists(st.tuples(st.integers(0, len(context)), st.integers(0, 9)), max_size=3))
    return Example(
        id="0",
        question=draw(TEXTS),
        context=context,
        answers=tuple(context[start : start + length] for start, length in spans),
        answer_starts=tuple(start for start, _ in spans),
        language="en",
    )


def written(text: str, kept: Sequence[tuple[int, int]], replacements: Iterator[str | None]) -> str:
    """The expected text, computed independently by the pattern's own substitution."""

    def one(found: re.Match[str]) -> str:
        if any(found.start() < end and start < found.end() for start, end in kept):
            return found.group()
        replacement = next(replacements)
        return found.group() if replacement is None else replacement

    return WORD.sub(one, text)


@given(examples(), DRAWN)
def test_answers_stand_where_they_say_and_nothing_but_words_changes(example: Example, drawn: list[str | None]) -> None:
    made = with_other_words(example, Given(drawn), np.random.default_rng(0))
    assert made.answers == example.answers
    for answer, start in zip(made.answers, made.answer_starts, strict=True):
        assert made.context[start : start + len(answer)] == answer
    kept = [(s, s + len(a)) for a, s in zip(example.answers, example.answer_starts, strict=True)]
    numbers = iter(range(10**6))
    replacements = iter(lambda: drawn[next(numbers) % len(drawn)], object())
    assert made.question == written(example.question, (), replacements)
    assert made.context == written(example.context, kept, replacements)
    assert replace(made, question="", context="", answer_starts=()) == replace(
        example, question="", context="", answer_starts=()
    )


def test_an_example_without_a_replaced_word_is_the_very_one() -> None:
    example = Example("0", "who is it", "it is a cat", ("a cat",), (6,), "en")
    assert with_other_words(example, Given([None]), np.random.default_rng(0)) is example


def test_a_place_within_a_word_keeps_it() -> None:
    example = Example("0", "", "one two", ("",), (5,), "en")
    assert with_other_words(example, Given(["x"]), np.random.default_rng(0)).context == "x two"
