from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny_task import questions
from tiny_text_to_text import write_byte_to_byte, write_text_to_text

from xlingual.data.examples import Example, ExampleSet
from xlingual.errors import DataError, ModelError
from xlingual.models.encoder import load_tokenizer
from xlingual.models.text_to_text import load_text_tokenizer
from xlingual.tokens import sequence_maker
from xlingual.tokens.feature_store import fingerprint_tokenizer, stored_sequences, stored_text_sequences
from xlingual.tokens.sequence_cutter import SequenceCutter, input_text, make_sequences, sequences_of_texts
from xlingual.tokens.sequences import Sequences

LENGTHS: dict[str, Any] = {"max_input_tokens": 64, "max_target_tokens": 8}
END = 1


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_text_tokenizer(write_text_to_text(tmp_path_factory.mktemp("fast") / "model", width=16))


@pytest.fixture(scope="module")
def byte_tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return load_text_tokenizer(write_byte_to_byte(tmp_path_factory.mktemp("bytes") / "model"))


@pytest.fixture(params=["fast", "bytes"])
def each(request: pytest.FixtureRequest, tokenizer: Any, byte_tokenizer: Any) -> Any:
    return tokenizer if request.param == "fast" else byte_tokenizer


def example(context: str, answer: str, question: str = "which colour has the house") -> Example:
    return Example("q", question, context, (answer,), (context.index(answer),), "en", "", "p")


def rows(ids: Any, pointers: Any) -> list[list[int]]:
    return [part.tolist() for part in np.split(np.asarray(ids), pointers[1:-1])]


def inputs(made: Sequences) -> list[list[int]]:
    return rows(made.input_ids, made.pointers)


def targets(made: Sequences) -> list[list[int]]:
    return rows(made.target_ids, made.target_pointers)


def same(one: Sequences, other: Sequences) -> bool:
    arrays = [[np.asarray(getattr(made, field.name)) for field in fields(Sequences)] for made in (one, other)]
    return all(left.dtype == right.dtype and np.array_equal(left, right) for left, right in zip(*arrays, strict=True))


def test_sequences_are_those_of_the_tokenizer_itself(each: Any) -> None:
    made = make_sequences(each, questions(30), max_input_tokens=200, max_target_tokens=16)
    assert inputs(made) == [each(f"question: {one.question} context: {one.context}").input_ids for one in questions(30)]
    assert targets(made) == [each(one.answers[0]).input_ids for one in questions(30)]
    assert made.example.tolist() == list(range(30))
    assert (made.inputs_cut, made.targets_cut, made.without_answer) == (0, 0, 0)


def test_arrays_of_one_example(tokenizer: Any) -> None:
    made = make_sequences(tokenizer, [example("the house is red", "red")], **LENGTHS)
    words = "▁question: ▁which ▁colour ▁has ▁the ▁house ▁context: ▁the ▁house ▁is ▁red </s>"
    assert " ".join(tokenizer.convert_ids_to_tokens(made.input_ids.tolist())) == words
    assert tokenizer.convert_ids_to_tokens(made.target_ids.tolist()) == ["▁red", "</s>"]
    assert made.pointers.tolist() == [0, 12] and made.target_pointers.tolist() == [0, 2]
    assert [getattr(made, field.name).dtype for field in fields(Sequences)[:5]] == [
        *(np.int32, np.int64, np.int32, np.int64, np.int32)
    ]


@pytest.mark.parametrize("most", [8, 9, 10, 11, 12])
def test_an_input_loses_the_end_of_its_context(tokenizer: Any, most: int) -> None:
    asked = [example("the house is red", "red")]
    made = make_sequences(tokenizer, asked, max_input_tokens=most, max_target_tokens=None)
    expected = tokenizer(input_text(asked[0]), truncation=True, max_length=most).input_ids
    assert inputs(made) == [expected] and expected[-1] == END and len(expected) == most
    assert made.inputs_cut == (most < 12)


def test_examples_whose_answer_is_cut_off_are_left_out_and_questions_are_not(tokenizer: Any) -> None:
    contexts = ["the house is red", "red is the house", "the house red is", "the red house is"]
    asked = [example(context, "red") for context in contexts]
    learnt = make_sequences(tokenizer, asked, max_input_tokens=10, max_target_tokens=8)
    assert learnt.example.tolist() == [1, 3] and learnt.without_answer == 2 and learnt.inputs_cut == 2
    assert inputs(learnt) == [[*tokenizer(input_text(asked[i])).input_ids[:9], END] for i in (1, 3)]
    posed = make_sequences(tokenizer, asked, max_input_tokens=10, max_target_tokens=None)
    assert posed.example.tolist() == [0, 1, 2, 3] and posed.without_answer == 0 and posed.inputs_cut == 4
    assert targets(posed) == [[]] * 4


def test_an_answer_half_of_which_is_cut_off_is_none(tokenizer: Any) -> None:
    whole = make_sequences(tokenizer, [example("rdr is", "rdr")], **LENGTHS)
    pieces = len(tokenizer.tokenize("rdr"))
    assert pieces > 1
    least = len(whole.input_ids) - 1  # without the token of `is`
    for most, kept in ((least, 1), (least - 1, 0)):
        made = make_sequences(tokenizer, [example("rdr is", "rdr")], max_input_tokens=most, max_target_tokens=8)
        assert (len(made), made.without_answer) == (kept, 1 - kept)


def test_bytes_of_an_answer_are_counted_from_its_first_to_its_last(byte_tokenizer: Any) -> None:
    asked = [example("дом красный и большой", "красный", "какой дом")]
    before = "question: какой дом context: дом "
    room = len((before + "красный").encode()) + 1
    for most, kept in ((room, 1), (room - 1, 0), (room - 2, 0)):
        made = make_sequences(byte_tokenizer, asked, max_input_tokens=most, max_target_tokens=64)
        assert (len(made), made.without_answer) == (kept, 1 - kept)
    assert made.lengths.tolist() == []


def test_what_looks_like_a_special_token_is_text_to_a_byte_tokenizer(byte_tokenizer: Any) -> None:
    made = make_sequences(byte_tokenizer, [example("a </s> b", "b")], **(LENGTHS | {"max_input_tokens": 200}))
    assert made.input_ids.tolist().count(END) == 1
    assert byte_tokenizer.decode(made.input_ids[:-1]) == "question: which colour has the house context: a </s> b"


def test_a_target_loses_its_end(tokenizer: Any) -> None:
    asked = [example("the house is red", "the house is red"), example("the house is red", "house")]
    made = make_sequences(tokenizer, asked, max_input_tokens=64, max_target_tokens=3)
    assert targets(made) == [tokenizer("the house").input_ids, tokenizer("house").input_ids]
    assert made.targets_cut == 1


def test_an_example_without_an_answer_is_asked_and_not_learnt_from(tokenizer: Any) -> None:
    asked = [replace(example("the house is red", "red"), answers=(), answer_starts=())]
    learnt = make_sequences(tokenizer, asked, **LENGTHS)
    assert (len(learnt), learnt.without_answer) == (0, 1)
    assert len(make_sequences(tokenizer, asked, max_input_tokens=64, max_target_tokens=None)) == 1


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_neither_batches_nor_threads_change_a_number(each: Any, threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: dict[str, Any] = {"max_input_tokens": 15 if each.is_fast else 70, "max_target_tokens": 3}
    expected = make_sequences(each, questions(40), **lengths)
    assert expected.inputs_cut
    monkeypatch.setattr(sequence_maker, "BATCH", 7)
    assert same(make_sequences(each, questions(40), **lengths, threads=threads), expected)
    monkeypatch.setattr(sequence_maker, "BATCH_CHARACTERS", 100)
    assert same(make_sequences(each, questions(40), **lengths, threads=threads), expected)


def test_other_segmentations_are_cut_as_the_tokenizers_own(tokenizer: Any) -> None:
    asked = [example("the house is red", "red"), example("red is the house", "red")]
    cutter = SequenceCutter.of(tokenizer, 14, 8)

    def letters(place: int, encoding: Any, text: str) -> Any:
        if place == 0:
            return encoding
        ids, offsets = encoding.ids, encoding.offsets
        assert text == input_text(asked[1]) and text[slice(*offsets[7])] == "red"
        (house,) = tokenizer.convert_tokens_to_ids(["▁house"])
        pieces = tokenizer.convert_tokens_to_ids(["▁", *"house"])
        place = ids.index(house)
        begin = offsets[place][0]
        spans = [(begin, begin + 1), *((begin + i, begin + i + 1) for i in range(5))]
        return Drawn(ids[:place] + pieces + ids[place + 1 :], offsets[:place] + spans + offsets[place + 1 :])

    plain, drawn = (cutter.sequences(5, asked, segment) for segment in (None, letters))
    assert plain.example.tolist() == [5, 6] and inputs(drawn)[0] == inputs(plain)[0]
    assert drawn.example.tolist() == [5, 6] and drawn.lengths.tolist() == [12, 14] and drawn.inputs_cut == 1
    assert tokenizer.convert_ids_to_tokens(inputs(drawn)[1])[5:13] == [*"▁house", "▁context:", "▁red"]
    short = SequenceCutter.of(tokenizer, 13, 8).sequences(5, asked, letters)
    assert short.example.tolist() == [5] and short.without_answer == 1


class Drawn(SimpleNamespace):
    def __init__(self, ids: list[int], offsets: list[tuple[int, int]]) -> None:
        super().__init__(ids=ids, offsets=offsets)

    def __len__(self) -> int:
        return len(self.ids)


def test_pairs_of_texts_are_read_and_written_as_they_are(each: Any) -> None:
    pairs = [("ask question: red", "which colour"), ("", "red"), ("ask", ""), ("the house is red", "house")]
    made = sequences_of_texts(each, pairs, max_input_tokens=40, max_target_tokens=20)
    assert made.example.tolist() == [0, 3] and made.without_answer == 2
    assert inputs(made) == [each(pairs[i][0]).input_ids for i in (0, 3)]
    assert targets(made) == [each(pairs[i][1]).input_ids for i in (0, 3)]
    cut = sequences_of_texts(
        each, [("red " * 30, "the house"), ("ask", "red " * 9)], max_input_tokens=24, max_target_tokens=8
    )
    assert (cut.inputs_cut, cut.targets_cut) == (1, 1 if each.is_fast else 2)
    assert inputs(cut) == [[*each("red " * 30).input_ids[:23], END], each("ask").input_ids]
    assert targets(cut)[1] == [*each("red " * 9).input_ids[:7], END]


def test_chosen_examples_are_numbered_anew(tokenizer: Any) -> None:
    made = make_sequences(tokenizer, questions(10), **LENGTHS)
    chosen = made.of_examples(np.array([2, 3, 8]))
    assert chosen.example.tolist() == [0, 1, 2]
    assert inputs(chosen) == [inputs(made)[i] for i in (2, 3, 8)]
    assert targets(chosen) == [targets(made)[i] for i in (2, 3, 8)]


class Source:
    """Examples or pairs of texts that count how often they were requested."""

    def __init__(self, made: Iterable[Any], fingerprint: str = "source") -> None:
        self.made, self.fingerprint, self.reads = made, fingerprint, 0

    @property
    def examples(self) -> Iterable[Any]:
        self.reads += 1
        return iter(self.made)

    texts = examples


@pytest.mark.parametrize("count", [0, 1, 40])
@pytest.mark.parametrize("most", [3, None])
def test_stored_sequences_are_those_that_are_made_in_memory(
    tmp_path: Path, each: Any, count: int, most: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequence_maker, "BATCH", 7)
    source = Source(questions(count))
    lengths = {"max_input_tokens": 80, "max_target_tokens": most}
    made = make_sequences(each, questions(count), **lengths)
    for _ in range(3):
        assert same(stored_sequences(tmp_path, each, "t", source, **lengths), made)
    assert source.reads == 1


def test_stored_pairs_of_texts_are_those_that_are_made_in_memory(tmp_path: Path, tokenizer: Any) -> None:
    pairs = [(one.question, one.context) for one in questions(20)]
    source = Source(pairs)
    made = sequences_of_texts(tokenizer, pairs, **LENGTHS)
    assert len(made) == 20
    for _ in range(3):
        assert same(stored_text_sequences(tmp_path, tokenizer, "t", source, **LENGTHS), made)
    assert source.reads == 1
    other = Source([(one.question, one.context) for one in questions(20, 5)], "other")
    assert not same(stored_text_sequences(tmp_path, tokenizer, "t", other, **LENGTHS), made)


def test_all_that_decides_sequences_is_in_their_fingerprint(tmp_path: Path, tokenizer: Any) -> None:
    examples = ExampleSet(questions(10), {})
    for lengths in (LENGTHS, LENGTHS | {"max_input_tokens": 12}, LENGTHS | {"max_target_tokens": None}):
        found = stored_sequences(tmp_path, tokenizer, "t", examples, **lengths)
        assert same(found, make_sequences(tokenizer, examples.examples, **lengths))
    stored_sequences(tmp_path, tokenizer, "other", examples, **LENGTHS)
    stored_text_sequences(tmp_path, tokenizer, "t", Source([], examples.fingerprint), **LENGTHS)
    assert sum(path.is_dir() for path in tmp_path.iterdir()) == 5


@pytest.mark.parametrize("name", ["target_ids", "target_pointers"])
def test_a_store_with_damaged_targets_is_made_again(tmp_path: Path, tokenizer: Any, name: str) -> None:
    source = Source(questions(10))
    made = stored_sequences(tmp_path, tokenizer, "t", source, **LENGTHS)
    (store,) = (path for path in tmp_path.iterdir() if path.is_dir())
    np.save(store / f"{name}.npy", np.asarray(getattr(made, name))[:-1])
    assert same(
        stored_sequences(tmp_path, tokenizer, "t", source, **LENGTHS),
        make_sequences(tokenizer, questions(10), **LENGTHS),
    )
    assert source.reads == 2


def test_the_tokenizer_of_bytes_is_known_by_its_content(tmp_path: Path) -> None:
    one, other = (write_byte_to_byte(tmp_path / name) for name in ("one", "other"))
    assert fingerprint_tokenizer(one) == fingerprint_tokenizer(other)
    (other / "tokenizer_config.json").write_text((one / "tokenizer_config.json").read_text() + " ")
    assert fingerprint_tokenizer(one) != fingerprint_tokenizer(other)


def test_lengths_without_room_for_a_question_are_refused_with_the_least_that_do(tokenizer: Any) -> None:
    with pytest.raises(DataError, match=r"max_input_tokens: 4 leaves no room .* write 5 or more"):
        SequenceCutter.of(tokenizer, 4, 8)
    assert SequenceCutter.of(tokenizer, 5, 8).least_input_tokens == 5


def test_a_tokenizer_that_ends_no_text_is_refused(tiny_checkpoint: Path) -> None:
    with pytest.raises(ModelError, match=r"does not just add an end-of-sequence token .* T5's"):
        SequenceCutter.of(load_tokenizer(tiny_checkpoint), 64, 8)


def test_a_slow_tokenizer_other_than_byt5s_is_refused() -> None:
    class Slow:
        is_fast, eos_token_id = False, 1

    with pytest.raises(ModelError, match="Slow is not a fast tokenizer"):
        SequenceCutter.of(Slow(), 64, 8)
