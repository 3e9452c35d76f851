"""Labelled pairs are what the tokenizer itself makes of two sentences, truncated as it truncates them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_encoders import write_bert, write_xlm_roberta
from tiny_task import COLOURS, THINGS

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.errors import DataError
from xlingual.models.encoder import load_tokenizer
from xlingual.tokens.feature_store import stored_labelled_pairs
from xlingual.tokens.labelled_pairs import LabelledPairs, longest_first, make_labelled_pairs
from xlingual.tokens.rewritable import RewritablePairs

LABELS = ("no", "yes")
WORDS = (*COLOURS, *THINGS, "the", "is")


@pytest.fixture(scope="module", params=["bert", "xlm_roberta"])
def tokenizer(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = tmp_path_factory.mktemp("model")
    (write_bert if request.param == "bert" else write_xlm_roberta)(directory, [])
    return load_tokenizer(directory)


sentences = st.lists(st.sampled_from(WORDS), min_size=1, max_size=24).map(" ".join)


def pairs_of(*texts: tuple[str, str]) -> list[SentencePair]:
    return [SentencePair(str(n), one, two, LABELS[n % 2], "en") for n, (one, two) in enumerate(texts)]


def rows(made: LabelledPairs) -> list[tuple[list[int], list[int]]]:
    bounds = zip(made.pointers[:-1].tolist(), made.pointers[1:].tolist(), strict=True)
    return [(made.input_ids[i:j].tolist(), made.token_types[i:j].tolist()) for i, j in bounds]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(sentences, sentences), min_size=1, max_size=6), st.integers(8, 60), st.booleans())
def test_pairs_are_those_of_the_tokenizer_itself(
    tokenizer: Any, texts: list[tuple[str, str]], longest: int, left: bool
) -> None:
    tokenizer.truncation_side = "left" if left else "right"
    made = make_labelled_pairs(tokenizer, pairs_of(*texts), labels=LABELS, max_length=longest, threads=1)
    firsts, seconds = (list(part) for part in zip(*texts, strict=True))
    expected = tokenizer(firsts, seconds, truncation="longest_first", max_length=longest)
    whole = tokenizer(firsts, seconds)
    typed = expected.get("token_type_ids", [[0] * len(ids) for ids in expected["input_ids"]])
    assert rows(made) == list(zip(expected["input_ids"], typed, strict=True))
    assert made.label.tolist() == [n % 2 for n in range(len(texts))] and made.example.tolist() == list(
        range(len(texts))
    )
    cut = sum(len(a) < len(b) for a, b in zip(expected["input_ids"], whole["input_ids"], strict=True))
    assert made.pairs_cut == cut and list(made.cut.values()) == [cut]


def test_truncation_takes_from_the_longer_sentence_first() -> None:
    first, second = (np.asarray(part, dtype=np.int64) for part in ([9, 2, 9, 5, 0], [2, 9, 9, 5, 12]))
    kept = longest_first(first, second, 9)
    assert [part.tolist() for part in kept] == [[7, 2, 4, 4, 0], [2, 7, 5, 5, 9]]


def test_pairs_are_the_same_from_disk_and_of_some_examples(tokenizer: Any, tmp_path: Path) -> None:
    examples = pairs_of(*[(f"the {COLOURS[n % 3]}", " ".join(THINGS[: n + 1])) for n in range(5)])
    given = ExampleSet(tuple(examples), {})
    made = make_labelled_pairs(tokenizer, examples, labels=LABELS, max_length=10)
    kept = [stored_labelled_pairs(tmp_path, tokenizer, "t", given, labels=LABELS, max_length=10) for _ in range(2)]
    turned = stored_labelled_pairs(tmp_path, tokenizer, "t", given, labels=LABELS[::-1], max_length=10)
    for stored in kept:
        assert all(np.array_equal(getattr(made, f.name), getattr(stored, f.name)) for f in fields(LabelledPairs))
    assert turned.label.tolist() == [1 - label for label in made.label.tolist()]
    some = made.of_examples(np.asarray([1, 4]))
    assert rows(some) == [rows(made)[1], rows(made)[4]]
    assert (some.example.tolist(), some.label.tolist()) == ([0, 1], [1, 0])


def test_rewritten_pairs_keep_their_labels_and_have_one_counterpart_each(tokenizer: Any) -> None:
    examples = pairs_of(("the red house", "the cat"), ("the tree", "the car is red"))
    made = make_labelled_pairs(tokenizer, examples, labels=LABELS, max_length=20)
    rewritable = RewritablePairs.of(made, examples, tokenizer, Lexicons(), labels=LABELS, max_length=20)
    assert rewritable.as_rewritable() is rewritable and rows(rewritable) == rows(made)
    assert [rewritable.texts[n].first for n in range(2)] == ["the red house", "the tree"]
    again = rewritable.recutter().inputs([rewritable.texts[1]], None)
    assert rows(again) == [rows(made)[1]] and again.label.tolist() == [1]
    assert rewritable.counterpart(1, again, 0) == 0


def test_a_label_of_no_task_and_no_room_are_refused(tokenizer: Any) -> None:
    stray = [SentencePair("p7", "the cat", "the car", "maybe", "en")]
    with pytest.raises(DataError, match=r"pair p7: label 'maybe' is none of the task's, which has no, yes"):
        make_labelled_pairs(tokenizer, stray, labels=LABELS, max_length=20, threads=1)
    with pytest.raises(DataError, match=r"pairs.max_length: 4 leaves no room for two sentences .* write [56] or more"):
        make_labelled_pairs(tokenizer, [], labels=LABELS, max_length=4)
