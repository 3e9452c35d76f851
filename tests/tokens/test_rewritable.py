"""Windows that can be recreated: their texts, their cutter, and the choice among new windows."""

from __future__ import annotations

import pickle
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_task import questions

from xlingual.data.augmentation.lexicon import Lexicon, Lexicons
from xlingual.data.augmentation.text_arrays import Texts
from xlingual.data.examples import Example
from xlingual.models.encoder import load_tokenizer
from xlingual.tokens.rewritable import RewritableWindows, holds_answer, nearest_window
from xlingual.tokens.windows import Windows, make_windows, no_windows, used_tokens

EXAMPLES = (
    Example("x", "which colour", "the cat is red . " * 9, ("red", "red"), (11, 28), "en", "title", "p"),
    *questions(5),
    Example("y", "the", "", (), (), "en"),
)
LENGTHS = {"max_length": 24, "stride": 4}


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint: Path) -> Any:
    return load_tokenizer(tiny_checkpoint)


@pytest.fixture(scope="module")
def rewritable(tokenizer: Any) -> RewritableWindows:
    windows = make_windows(tokenizer, EXAMPLES, **LENGTHS)
    return RewritableWindows.of(windows, EXAMPLES, tokenizer, Lexicons(Lexicon.of({"a": ["b"]})), **LENGTHS)


def equal(one: Windows, other: Windows) -> bool:
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(Windows))


def test_texts_are_those_of_the_examples() -> None:
    texts = Texts.of(EXAMPLES)
    assert len(texts) == len(EXAMPLES)
    for number, example in enumerate(EXAMPLES):
        found = texts[number]
        assert (found.question, found.context) == (example.question, example.context)
        assert (found.answers, found.answer_starts) == (example.answers, example.answer_starts)


def test_a_context_of_many_questions_is_kept_once() -> None:
    twice = [*questions(1), *questions(1)]
    assert len(Texts.of(twice).contexts) == 1 and Texts.of(twice)[1].context == twice[0].context


def test_the_windows_stay_what_they_were_and_are_cut_again_as_they_were(
    rewritable: RewritableWindows, tokenizer: Any
) -> None:
    plain = make_windows(tokenizer, EXAMPLES, **LENGTHS)
    assert equal(rewritable, plain)
    assert np.array_equal(used_tokens([rewritable]), used_tokens([plain]))
    again = rewritable.cutter.load().windows(0, [rewritable.texts[i] for i in range(len(EXAMPLES))])
    assert equal(again, plain)


def test_all_of_it_travels_in_buffers(rewritable: RewritableWindows) -> None:
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(rewritable, protocol=5, buffer_callback=buffers.append)
    assert len(content) < 6000
    found = pickle.loads(content, buffers=buffers)
    assert equal(found, rewritable) and found.texts[0].context == EXAMPLES[0].context
    assert found.lexicons.synonyms.find("A", opens=True) == ("B",)
    assert equal(found.cutter.load().windows(0, EXAMPLES), rewritable)


def test_special_tokens_in_texts_are_read_as_the_tokenizer_reads_them(tiny_checkpoint: Path) -> None:
    example = Example("0", "a", "the [SEP] cat", (), (), "en")
    found = []
    for split in (False, True):
        tokenizer = load_tokenizer(tiny_checkpoint)
        tokenizer.split_special_tokens = split
        windows = make_windows(tokenizer, [example], **LENGTHS)
        made = RewritableWindows.of(windows, [example], tokenizer, Lexicons(), **LENGTHS)
        assert equal(made.cutter.load().windows(0, [example]), windows)
        found.append(len(windows.input_ids))
    assert found[0] != found[1]


def test_a_windows_place_is_counted_within_its_example(rewritable: RewritableWindows) -> None:
    places = [rewritable.place_in_example(window) for window in range(len(rewritable))]
    counts = np.bincount(rewritable.example)
    assert counts[0] > 2
    assert places == [place for count in counts.tolist() for place in range(count)]


@pytest.mark.parametrize(
    ("held", "place", "answered", "chosen"),
    [
        ([0, 1, 1, 0], 1, True, 1),
        ([1, 0, 0, 1], 2, True, 3),
        ([1, 0, 1], 1, True, 0),  # the earlier of two equally good ones
        ([1, 1, 0, 1], 0, False, 2),
        ([0, 0], 5, True, 1),  # none holds it
        ([1, 1], 0, False, 0),  # all hold it
        ([0, 1], 9, True, 1),
    ],
)
def test_the_nearest_window_is_chosen(held: list[int], place: int, answered: bool, chosen: int) -> None:
    ends = np.asarray([9, *held, 9], dtype=np.int32)
    example = np.asarray([0, *[1] * len(held), 2], dtype=np.int32)
    arrays = {f.name: getattr(no_windows(), f.name) for f in fields(Windows)}
    windows = Windows(**{**arrays, "end": ends, "example": example})
    assert nearest_window(windows, 1, place, answered=answered) == chosen + 1
    assert [holds_answer(windows, window) for window in range(1, len(held) + 1)] == [one > 0 for one in held]
