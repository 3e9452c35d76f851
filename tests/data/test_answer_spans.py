from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.answer_spans import occurrences, slices_of

TEXT = st.text(alphabet="ab e\u0301\u00e9\r\n\u0302\ud55c\u1112\u1161", max_size=20)


def like(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


@given(TEXT, TEXT)
def test_a_slice_is_the_answer_but_for_unicode_form_and_white_space(context: str, answer: str) -> None:
    for start, end in slices_of(context, answer):
        assert 0 <= start < end <= len(context)
        assert like(context[start:end]) == like(answer)


@given(TEXT, TEXT.filter(str.strip), TEXT)
def test_an_answer_that_is_there_is_found(before: str, answer: str, after: str) -> None:
    assert (len(before), len(before) + len(answer)) in slices_of(before + answer + after, answer)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("answer", ["Việt Nam", "\ud55c\uad6d", "caf\u00e9", "\u00c5ngstr\u00f6m", "Việ\u0323t"])
def test_an_answer_in_another_unicode_form_is_the_contexts_own_slice(form: str, answer: str) -> None:
    stated = unicodedata.normalize("NFD" if form == "NFC" else "NFC", answer)
    own = unicodedata.normalize(form, answer)
    context = f"x {own}, y {own}."
    assert [context[start:end] for start, end in slices_of(context, stated)] == [own, own]


def test_half_steps_of_composition_are_found() -> None:
    stated, context = "\u1ebf", "h\u00ea\u0301t"  # a circumflex that is composed, an acute accent that is not
    assert slices_of(context, stated) == [(1, 3)]


def test_a_letter_is_not_found_within_a_letter_with_marks() -> None:
    assert slices_of("cafe\u0301", "caf\u00e9") == [(0, 5)]
    assert slices_of("\u1112\u1161\u11ab", "\ud558") == []  # one more syllable


@pytest.mark.parametrize(
    ("context", "answer", "expected"),
    [
        ("in New\r\nYork now", "New York", (3, 12)),
        ("in New York now", "New\nYork", (3, 11)),
        ("10\u00a0000 men", "10 000", (0, 6)),
        ("(Rome)", " Rome ", (1, 5)),
    ],
)
def test_white_space_may_differ(context: str, answer: str, expected: tuple[int, int]) -> None:
    assert slices_of(context, answer) == [expected]


def test_the_same_place_is_found_once() -> None:
    assert slices_of("a  b, a b", "a b") == [(0, 4), (6, 9)]
    assert slices_of("x  a", " a") == [(2, 4)]


def test_white_space_is_no_answer() -> None:
    assert slices_of("a b", " ") == slices_of("a b", "") == []


def test_overlapping_occurrences_are_all_found() -> None:
    assert occurrences("aaaa", "aa") == [0, 1, 2]
