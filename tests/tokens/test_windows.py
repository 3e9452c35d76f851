from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from xlingual.data.examples import Example
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.errors import DataError, ModelError
from xlingual.tokens.windows import Windows, make_windows, used_tokens, windows_in_pieces

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
PAIR_SPECIALS = 3


def word_tokenizer(split: str = r"\w+|[^\w\s]", words: Sequence[str] = (), **settings: Any) -> PreTrainedTokenizerFast:
    """A word-level tokenizer with BERT's layout; a split that includes spaces leaves them in the offsets."""
    vocabulary = {name: n for n, name in enumerate([*SPECIAL, *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(split), "removed", invert=True)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names, **settings)


TOKENIZER = word_tokenizer(model_input_names=["input_ids", "token_type_ids"])
WORD_TOKENIZER = word_tokenizer(words=[f"w{n}" for n in range(50)] + ["a", "bb", "ccc", "é", "北", "1901"])


def example(context: str, answer: str = "", question: str = "who is it", start: int | None = None) -> Example:
    start = context.index(answer) if start is None else start
    return Example("q", question, context, (answer,) if answer else (), (start,) if answer else (), "en")


def each(windows: Windows) -> Iterator[tuple[int, np.ndarray, int, int]]:
    """Example, offsets, start and end of every window."""
    for number in range(len(windows)):
        window = slice(windows.pointers[number], windows.pointers[number + 1])
        yield (
            int(windows.example[number]),
            windows.offsets[window],
            int(windows.start[number]),
            int(windows.end[number]),
        )


def labelled(windows: Windows, examples: list[Example]) -> dict[int, list[str]]:
    """The texts of the labelled spans, by example."""
    found: dict[int, list[str]] = {}
    for owner, offsets, start, end in each(windows):
        if end:
            found.setdefault(owner, []).append(examples[owner].context[offsets[start, 0] : offsets[end, 1]])
    return found


def uncovered(windows: Windows, examples: list[Example]) -> list[str]:
    """Text not covered by any token of any window, except white space, by example."""
    missing = [np.asarray([not mark.isspace() for mark in each_.context], dtype=bool) for each_ in examples]
    for owner, offsets, _, _ in each(windows):
        for start, end in offsets[offsets[:, 0] >= 0]:
            missing[owner][start:end] = False
    return ["".join(np.asarray(list(e.context))[gap]) for e, gap in zip(examples, missing, strict=True) if gap.any()]


WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "é", "北", "1901"]), min_size=1, max_size=40)
SPACES = st.sampled_from([" ", "  ", "\n"])


@st.composite
def contexts_with_answers(draw: st.DrawFn) -> Example:
    words = draw(WORDS)
    first = draw(st.integers(0, len(words) - 1))
    last = draw(st.integers(first, min(first + 3, len(words) - 1)))
    space = draw(SPACES)
    before = "".join(word + space for word in words[:first])
    answer = space.join(words[first : last + 1])
    context = before + answer + "".join(space + word for word in words[last + 1 :])
    return example(context, answer, start=len(before))


@settings(deadline=None)
@given(st.lists(contexts_with_answers(), max_size=4), st.integers(14, 30), st.integers(4, 7))
def test_windows_keep_their_promises(examples: list[Example], max_length: int, stride: int) -> None:
    windows = make_windows(TOKENIZER, examples, max_length=max_length, stride=stride)
    assert windows.pointers[-1] == len(windows.input_ids) == len(windows.offsets) == len(windows.token_types)
    assert (windows.lengths <= max_length).all() and np.all(windows.lengths > PAIR_SPECIALS)
    assert sorted(set(windows.example.tolist())) == list(range(len(examples)))
    assert np.all(np.diff(windows.example) >= 0)
    assert np.all(windows.start <= windows.end) and np.all(windows.end < windows.lengths)
    assert uncovered(windows, examples) == []
    found = labelled(windows, examples)
    for number, each_ in enumerate(examples):
        assert set(found[number]) == {each_.answers[0]}


@settings(deadline=None)
@given(WORDS, st.integers(14, 30), st.integers(0, 7))
def test_neighbours_share_the_stride(words: list[str], max_length: int, stride: int) -> None:
    windows = make_windows(TOKENIZER, [example(" ".join(words))], max_length=max_length, stride=stride)
    contexts = [[tuple(pair) for pair in offsets.tolist() if pair[0] >= 0] for _, offsets, _, _ in each(windows)]
    assert all(one[len(one) - stride :] == other[:stride] for one, other in pairwise(contexts))
    assert not any(set(one[: len(one) - stride]) & set(other) for one, other in pairwise(contexts))


@pytest.mark.parametrize("first", range(2, 15))
def test_a_window_without_the_whole_answer_points_to_its_first_token(first: int) -> None:
    """Windows of eight context tokens, six of them new each time, with an answer of three tokens anywhere."""
    words = [f"w{n}" for n in range(20)]
    context, answer = " ".join(words), " ".join(words[first : first + 3])
    windows = make_windows(TOKENIZER, [example(context, answer)], max_length=14, stride=2)
    for _, offsets, start, end in each(windows):
        held = {context[low:high] for low, high in offsets if low >= 0}
        text = context[offsets[start, 0] : offsets[end, 1]] if end else ""
        assert text == (answer if held >= set(answer.split()) else "")


def test_offsets_are_of_the_context_alone() -> None:
    windows = make_windows(TOKENIZER, [example("in Rome", "Rome")], max_length=20, stride=2)
    assert windows.offsets.tolist() == [[-1, -1]] * 5 + [[0, 2], [3, 7], [-1, -1]]
    assert (windows.start.tolist(), windows.end.tolist()) == ([6], [6])


def test_token_types_are_those_of_the_tokenizer_or_zeros() -> None:
    bare = word_tokenizer(model_input_names=["input_ids"])
    examples = [example("in Rome", "Rome")]
    assert make_windows(TOKENIZER, examples, max_length=20, stride=2).token_types.tolist() == [0] * 5 + [1] * 3
    assert make_windows(bare, examples, max_length=20, stride=2).token_types.tolist() == [0] * 8


def test_arrays_have_the_stated_types() -> None:
    windows = make_windows(TOKENIZER, [example("in Rome", "Rome")], max_length=20, stride=2)
    empty = make_windows(TOKENIZER, [], max_length=20, stride=2)
    types = {"input_ids": "int32", "token_types": "int8", "offsets": "int32", "pointers": "int64"}
    types |= {"example": "int32", "start": "int32", "end": "int32"}
    for made in (windows, empty):
        assert {field.name: str(getattr(made, field.name).dtype) for field in fields(made)[:-1]} == types
    assert len(empty) == 0 and empty.offsets.shape == (0, 2) and empty.pointers.tolist() == [0]


def test_spaces_that_a_tokenizer_counts_in_are_not_part_of_the_offsets() -> None:
    spaced = word_tokenizer(split=r"\s*\S+\s?")
    context = "  in  Rome \n now"
    windows = make_windows(spaced, [example(context, "Rome")], max_length=20, stride=2)
    pieces = [context[start:end] for start, end in windows.offsets if start >= 0]
    assert pieces == ["in", "Rome", "now"]
    assert labelled(windows, [example(context, "Rome")]) == {0: ["Rome"]}


def test_pieces_of_white_space_alone_cover_nothing() -> None:
    spaced = word_tokenizer(split=r"\s|\S+")
    context = "in  Rome now"
    windows = make_windows(spaced, [example(context, " Rome ", start=3)], max_length=20, stride=2)
    of_context = windows.offsets[windows.offsets[:, 0] >= 0]
    assert [context[start:end] for start, end in of_context] == ["in", "", "", "Rome", "", "now"]
    assert labelled(windows, [example(context, " Rome ", start=3)]) == {0: ["Rome"]}


def test_a_token_that_reaches_beyond_the_answer_belongs_to_it() -> None:
    chunks = word_tokenizer(split=r"\S+")
    context = "born (1901), dead"
    windows = make_windows(chunks, [example(context, "1901")], max_length=20, stride=2)
    assert labelled(windows, [example(context, "1901")]) == {0: ["(1901),"]}


def test_an_answer_edge_that_no_token_covers_is_still_in_the_window() -> None:
    context = "\u200bRome\u200b"
    visible = word_tokenizer(split=r"[a-zA-Z]+")
    windows = make_windows(visible, [example(context, context)], max_length=20, stride=2)
    assert labelled(windows, [example(context, context)]) == {0: ["Rome"]}


def test_an_empty_context_has_a_window_without_an_answer() -> None:
    windows = make_windows(TOKENIZER, [example("", question="who"), example("a b", "b")], max_length=20, stride=2)
    assert windows.example.tolist() == [0, 1]
    assert windows.offsets[: windows.pointers[1]].max() == -1 and windows.end[0] == 0


@pytest.mark.parametrize("stride", [2, 8])
def test_a_long_question_loses_its_end_and_is_counted(stride: int) -> None:
    question = " ".join(f"w{n}" for n in range(50))
    examples = [example("in Rome in 1901 with Ada", "Ada", question), example("in Rome", "Rome")]
    windows = make_windows(TOKENIZER, examples, max_length=20, stride=stride)
    assert windows.questions_cut == 1
    first = windows.offsets[: windows.pointers[1]]
    question_tokens = int(np.sum(first[:, 0] < 0)) - PAIR_SPECIALS
    assert question_tokens == min(10, 20 - PAIR_SPECIALS - stride - 1)
    assert set(labelled(windows, examples)) == {0, 1} and (windows.lengths <= 20).all()


def test_examples_do_not_touch_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    examples = [example(" ".join(f"w{n}" for n in range(size)), f"w{size - 1}") for size in (3, 30, 7, 21)]
    whole = make_windows(TOKENIZER, examples, max_length=16, stride=4)
    monkeypatch.setattr("xlingual.tokens.windows.BATCH", 1)
    single = make_windows(TOKENIZER, examples, max_length=16, stride=4)
    for field in fields(whole):
        assert np.array_equal(getattr(whole, field.name), getattr(single, field.name)), field.name


@pytest.mark.parametrize("side", ["left", "right"])
def test_the_side_of_padding_has_no_say(side: str) -> None:
    padded = word_tokenizer(model_input_names=["input_ids", "token_type_ids"], padding_side=side)
    examples = [example(" ".join(f"w{n}" for n in range(size)), "w1") for size in (3, 30)]
    windows = make_windows(padded, examples, max_length=16, stride=4)
    assert np.array_equal(windows.input_ids, make_windows(TOKENIZER, examples, max_length=16, stride=4).input_ids)


def test_windows_survive_pickling() -> None:
    windows = make_windows(TOKENIZER, [example("in Rome", "Rome")], max_length=20, stride=2)
    copy = pickle.loads(pickle.dumps(windows))
    assert all(np.array_equal(getattr(copy, field.name), getattr(windows, field.name)) for field in fields(windows))


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_have_no_say(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    monkeypatch.setattr("xlingual.tokens.windows.BATCH", 3)
    examples = [example(" ".join(f"w{n}" for n in range(size)), f"w{size // 2}") for size in range(1, 60)]
    alone = make_windows(WORD_TOKENIZER, iter(examples), max_length=20, stride=4, threads=1)
    several = make_windows(WORD_TOKENIZER, iter(examples), max_length=20, stride=4, threads=threads)
    assert all(np.array_equal(getattr(alone, each.name), getattr(several, each.name)) for each in fields(alone))


@pytest.mark.parametrize("threads", [1, 3])
def test_pieces_come_while_the_examples_are_still_being_read(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    """Reading all examples first would load the whole source into memory."""
    monkeypatch.setattr("xlingual.tokens.windows.BATCH", 2)
    read = []

    def source() -> Iterator[Example]:
        for number in range(100):
            read.append(number)
            yield example(f"w{number}")

    pieces = windows_in_pieces(WORD_TOKENIZER, source(), max_length=20, stride=4, threads=threads)
    assert next(pieces).example.tolist() == [0, 1]
    assert len(read) <= 2 * (threads + 2)
    pieces.close()


def test_long_contexts_make_small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeated context is tokenised once and counts once."""
    monkeypatch.setattr("xlingual.tokens.windows.BATCH_CHARACTERS", 20)
    examples = [example(text) for text in ["w1 " * 5, "w1 " * 5, "w2 " * 5, "w3", "w4 " * 30, "w5"]]
    pieces = windows_in_pieces(WORD_TOKENIZER, examples, max_length=200, stride=4)
    assert [piece.example.tolist() for piece in pieces] == [[0, 1], [2, 3], [4], [5]]


def test_a_tokenizer_that_truncates_on_the_left_begins_with_the_last_tokens() -> None:
    left = word_tokenizer(words=[f"w{n}" for n in range(20)], truncation_side="left")
    windows = make_windows(left, [example(" ".join(f"w{n}" for n in range(12)))], max_length=14, stride=2)
    stated = left(
        "who is it", " ".join(f"w{n}" for n in range(12)), max_length=14, stride=2, truncation="only_second",
        return_overflowing_tokens=True,
    )  # fmt: skip
    cut = np.split(windows.input_ids, windows.pointers[1:-1])
    assert [window.tolist() for window in cut] == stated["input_ids"] and len(cut) == 2


def test_a_layout_with_the_context_first_is_refused() -> None:
    swapped = word_tokenizer()
    swapped.backend_tokenizer.post_processor = processors.TemplateProcessing(
        single="$A", pair="$B:1 [SEP] $A", special_tokens=[("[SEP]", 3)]
    )
    with pytest.raises(ModelError, match="whose tokenizer puts the question first"):
        make_windows(swapped, [example("in Rome", "Rome")], max_length=20, stride=2)


class SlowTokenizer:
    """A tokenizer without offsets."""

    is_fast = False


def test_a_slow_tokenizer_is_refused() -> None:
    with pytest.raises(ModelError, match="SlowTokenizer is not a fast tokenizer"):
        make_windows(SlowTokenizer(), [], max_length=20, stride=2)


@pytest.mark.parametrize(("max_length", "stride"), [(20, 16), (20, -1), (4, 0), (3, 0), (20, 100)])
def test_a_stride_that_leaves_no_room_is_refused(max_length: int, stride: int) -> None:
    with pytest.raises(DataError, match=f"max_length {max_length} with stride {stride} leaves no room"):
        make_windows(TOKENIZER, [], max_length=max_length, stride=stride)


def test_the_largest_stride_that_is_offered_works() -> None:
    with pytest.raises(DataError, match="write a stride from 0 to 15"):
        make_windows(TOKENIZER, [], max_length=20, stride=17)
    examples = [example(" ".join(f"w{n}" for n in range(30)), "w29", "who")]
    windows = make_windows(TOKENIZER, examples, max_length=20, stride=15)
    assert uncovered(windows, examples) == [] and labelled(windows, examples)


@pytest.mark.parametrize("language", ["en", "zh", "th", "ar", "hi"])
@pytest.mark.parametrize(("max_length", "stride"), [pytest.param(384, 128, marks=pytest.mark.real), (160, 64)])
def test_real_answers_are_found_in_real_windows(
    shared: Path, real_tokenizer: Any, language: str, max_length: int, stride: int
) -> None:
    """A span exceeds its answer only if a vocabulary piece crosses its edge ("2018." is one piece).

    Short windows, which are many, are those of the default run.
    """
    examples = list(load_xquad(str(shared / "data/xquad"), [language], paragraphs=60)[language].examples)
    windows = make_windows(real_tokenizer, examples, max_length=max_length, stride=stride)
    assert (windows.lengths <= max_length).all() and windows.questions_cut == 0
    found = labelled(windows, examples)
    assert all(any(e.answers[0].strip() in text for text in found[number]) for number, e in enumerate(examples))
    for owner, offsets, start, end in each(windows):
        first = examples[owner].answer_starts[0]
        last = first + len(examples[owner].answers[0])
        assert not end or (offsets[start, 1] > first and offsets[end, 0] < last)
    invisible = {"\ufeff", "\u200b", "\u200f"}
    assert set("".join(uncovered(windows, examples))) <= invisible


def test_only_the_first_answer_is_labelled() -> None:
    both = replace(example("in Rome", "Rome"), answers=("Rome", "in"), answer_starts=(3, 0))
    windows = make_windows(TOKENIZER, [both], max_length=20, stride=2)
    assert labelled(windows, [both]) == {0: ["Rome"]}


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_used_tokens_are_the_distinct_ids_of_all_sets(monkeypatch: pytest.MonkeyPatch, piece: int) -> None:
    monkeypatch.setattr("xlingual.tokens.windows.TOKENS_AT_A_TIME", piece)
    texts = [["w3 w9 w9", "w1"], [], ["w49 w3", "unknown"]]
    sets = [make_windows(WORD_TOKENIZER, [example(text) for text in each], max_length=20, stride=4) for each in texts]
    words = ["[CLS]", "[SEP]", "[UNK]", "w1", "w3", "w9", "w49"]
    assert used_tokens(sets).tolist() == sorted(WORD_TOKENIZER.convert_tokens_to_ids(words))
    assert used_tokens([]).tolist() == [] and used_tokens(sets).dtype == np.int64
