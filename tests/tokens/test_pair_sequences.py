"""Sequences of sentence pairs: T5's prompt and the label's word; both sentences survive truncation."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_text_to_text import write_text_to_text

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.errors import DataError
from xlingual.models.text_to_text import load_text_tokenizer
from xlingual.tokens.feature_store import stored_pair_sequences
from xlingual.tokens.pair_sequences import PairPrompt, make_pair_sequences
from xlingual.tokens.rewritable import RewritableSequences
from xlingual.tokens.sequences import Sequences

PROMPT = PairPrompt("question: {first} context: {second}", {"0": "red", "1": "green"})
LONG = " ".join(["house car tree cat"] * 4)


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("model")
    write_text_to_text(directory, width=32)
    return load_text_tokenizer(directory)


def pair(first: str, second: str, label: str = "1") -> SentencePair:
    return SentencePair("p", first, second, label, "en")


def make(tokenizer: Any, *pairs: SentencePair, longest: int = 64, targets: int | None = 8) -> Sequences:
    return make_pair_sequences(
        tokenizer, pairs, prompt=PROMPT, max_input_tokens=longest, max_target_tokens=targets, threads=1
    )


def read(tokenizer: Any, made: Sequences, number: int = 0) -> str:
    return str(tokenizer.decode(made.input_ids[made.pointers[number] : made.pointers[number + 1]].tolist()))


def test_a_pair_is_one_text_and_its_labels_word_the_target(tokenizer: Any) -> None:
    made = make(tokenizer, pair("the house is red", "the car"), pair("the tree", "the cat", "0"))
    expected = tokenizer("question: the house is red context: the car")["input_ids"]
    assert made.input_ids[: made.pointers[1]].tolist() == expected
    words = [tokenizer("green")["input_ids"], tokenizer("red")["input_ids"]]
    assert made.target_ids.tolist() == [*words[0], *words[1]]
    assert (made.inputs_cut, made.targets_cut, made.without_answer) == (0, 0, 0)
    asked = make(tokenizer, pair("the house", "the car"), targets=None)
    assert len(asked) == 1 and not len(asked.target_ids)


@pytest.mark.parametrize(("first", "second"), [(LONG, "the cat"), ("the cat", LONG), (LONG, LONG)])
def test_the_longer_sentence_loses_its_end_and_both_survive(tokenizer: Any, first: str, second: str) -> None:
    made = make(tokenizer, pair(first, second), longest=16)
    text = read(tokenizer, made).replace("</s>", "").strip()
    one, other = text.removeprefix("question: ").split(" context: ")
    assert int(made.pointers[1]) == 16 and made.inputs_cut == 1
    assert one and other and first.startswith(one) and second.startswith(other)
    assert (one == first) == (len(first) < len(second)) and (other == second) == (len(second) < len(first))


def test_sequences_are_the_same_from_disk(tokenizer: Any, tmp_path: Path) -> None:
    pairs = (pair("the house", LONG), pair(LONG, "the car", "0"))
    lengths: dict[str, Any] = {"max_input_tokens": 16, "max_target_tokens": 8}
    made = make(tokenizer, *pairs, longest=16)
    for _ in range(2):
        kept = stored_pair_sequences(tmp_path, tokenizer, "t", ExampleSet(pairs, {}), prompt=PROMPT, **lengths)
        assert all(np.array_equal(getattr(made, f.name), getattr(kept, f.name)) for f in fields(Sequences))


def test_rewritten_pairs_are_cut_alike(tokenizer: Any) -> None:
    pairs = [pair("the house", LONG), pair("the tree", "the car", "0")]
    lengths: dict[str, Any] = {"prompt": PROMPT, "max_input_tokens": 16, "max_target_tokens": 8}
    made = make(tokenizer, *pairs, longest=16)
    rewritable = RewritableSequences.of_pairs(made, pairs, tokenizer, Lexicons(), **lengths)
    again = rewritable.recutter().inputs([rewritable.texts[0]], None)
    assert read(tokenizer, again) == read(tokenizer, made)
    drawn = rewritable.recutter().inputs([rewritable.texts[0]], lambda _place, encoding, _text: encoding)
    assert read(tokenizer, drawn) == read(tokenizer, made)
    assert rewritable.counterpart(1, again, 0) == 0


def test_no_room_and_a_label_of_no_task_are_refused(tokenizer: Any) -> None:
    with pytest.raises(DataError, match=r"max_input_tokens: 4 leaves no room for two sentences in 'question: ... con"):
        make(tokenizer, pair("a", "b"), longest=4)
    with pytest.raises(DataError, match=r"pair p: label 'maybe' is none of the task's, which has 0, 1"):
        make(tokenizer, pair("a", "b", "maybe"))
