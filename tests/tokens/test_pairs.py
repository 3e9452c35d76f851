"""Pairs have the tokenizer's layout of two texts, and are the same when read from disk."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_task import COLOURS, THINGS

from xlingual.data.faq.bitexts import Bitext
from xlingual.data.faq.rows import FaqRow
from xlingual.errors import DataError
from xlingual.models.encoder import load_tokenizer
from xlingual.tokens import feature_store
from xlingual.tokens.feature_store import stored_pairs
from xlingual.tokens.pairs import (
    Pairs,
    PairText,
    make_pairs,
    normalised,
    texts_of_bitexts,
    texts_of_rows,
)

WORDS = (*COLOURS, *THINGS, "the", "is")


@pytest.fixture(scope="module")
def tokenizer(tiny_checkpoint: Path) -> Any:
    return load_tokenizer(tiny_checkpoint)


@dataclass
class Texts:
    made: tuple[PairText, ...]
    fingerprint: str = "texts"
    reads: int = 0

    @property
    def texts(self) -> Iterable[PairText]:
        self.reads += 1
        return iter(self.made)


def same(one: Pairs, other: Pairs) -> bool:
    parts = [(np.asarray(getattr(one, f.name)), np.asarray(getattr(other, f.name))) for f in fields(Pairs)]
    return all(left.dtype == right.dtype and np.array_equal(left, right) for left, right in parts)


sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=20).map(" ".join)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(sentences, sentences), max_size=6), st.integers(8, 40))
def test_a_pair_is_what_the_tokenizer_makes_of_its_cut_texts(
    tokenizer: Any, texts: list[tuple[str, str]], max_length: int
) -> None:
    pairs = make_pairs(tokenizer, [PairText("h", *text) for text in texts], max_length=max_length)
    assert len(pairs) == len(texts)
    assert not len(pairs) or pairs.lengths.max() <= max_length
    cut = [0, 0]
    for number, (question, answer) in enumerate(texts):
        asked, answered = question.split(), answer.split()
        kept = min(len(asked), max_length // 2, max_length - 4)
        cut[0] += kept < len(asked)
        asked = asked[:kept]
        room = max_length - 3 - len(asked)
        cut[1] += room < len(answered)
        expected = tokenizer(" ".join(asked), " ".join(answered[:room]))
        first, stop = (int(pairs.pointers[number + place]) for place in (0, 1))
        assert pairs.input_ids[first:stop].tolist() == expected["input_ids"]
        if "token_type_ids" in expected:
            assert pairs.token_types[first:stop].tolist() == expected["token_type_ids"]
        assert pairs.text(number, 0).tolist() == tokenizer(" ".join(asked))["input_ids"]
        assert pairs.text(number, 1).tolist() == tokenizer(" ".join(answered[:room]))["input_ids"]
        assert pairs.parts[number, 3] - pairs.parts[number, 2] == len(answered[:room])
    assert [pairs.questions_cut, pairs.answers_cut] == cut


def test_a_pair_without_a_token_is_left_out_and_counted(tokenizer: Any) -> None:
    texts = [PairText("h", "", "red"), PairText("h", "the", " "), PairText("g", "the", "red")]
    pairs = make_pairs(tokenizer, texts, max_length=20)
    assert (len(pairs), pairs.without_text) == (1, 2)
    assert pairs.host.tolist() == make_pairs(tokenizer, texts[2:], max_length=20).host.tolist()


def test_keys_are_equal_where_the_normalised_texts_are(tokenizer: Any) -> None:
    rows = [
        FaqRow("a", "u", question, answer, "de")
        for question, answer in [("The House", "red"), ("the  house", "ＲＥＤ"), ("the car", "blue")]
    ]
    pairs = make_pairs(tokenizer, texts_of_rows(rows), max_length=20)
    for keys in (pairs.question_key, pairs.answer_key):
        assert keys[0] == keys[1] != keys[2]
    assert len(set(pairs.host.tolist())) == 1
    assert normalised("Ä\u00a0b\n C") == "ä b c"


def test_a_bitext_row_gives_two_pairs_across_languages_that_count_as_the_same(tokenizer: Any) -> None:
    row = Bitext("h", "the car", "red", "the boat", "blue", ("de", "en"))
    first, second = texts_of_bitexts([row])
    assert (first.question, first.answer) == ("the car", "blue")
    assert (second.question, second.answer) == ("the boat", "red")
    pairs = make_pairs(tokenizer, [first, second], max_length=20)
    assert pairs.question_key[0] == pairs.question_key[1] and pairs.answer_key[0] == pairs.answer_key[1]


@pytest.mark.parametrize("count", [0, 1, 600])
def test_stored_pairs_are_those_made_in_memory_and_made_once(tmp_path: Path, tokenizer: Any, count: int) -> None:
    made = tuple(PairText(f"h{n % 7}", THINGS[n % 6], f"{COLOURS[n % 5]} the") for n in range(count))
    source = Texts(made)
    for _ in range(2):
        assert same(
            stored_pairs(tmp_path, tokenizer, "t", source, max_length=20), make_pairs(tokenizer, made, max_length=20)
        )
    assert source.reads == 1
    stored_pairs(tmp_path, tokenizer, "t", source, max_length=21)
    stored_pairs(tmp_path, tokenizer, "t", Texts(made, "others"), max_length=20)
    assert len([path for path in tmp_path.iterdir() if not path.name.startswith(".")]) == 3
    assert feature_store.FORMAT == 1  # the meaning of windows did not change


def test_too_short_a_length_is_refused(tokenizer: Any) -> None:
    with pytest.raises(DataError, match=r"max_length 4 leaves no room .*; write 5 or more"):
        make_pairs(tokenizer, [], max_length=4)
