from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.answers import NEARBY, locate, occurrences

TEXT = st.text(alphabet="ab ", max_size=40)


@given(TEXT, TEXT, st.integers(-50, 50))
def test_a_located_answer_stands_where_it_is_said_to(context: str, answer: str, stated: int) -> None:
    found = locate(context, answer, stated)
    assert found is None or (found >= 0 and context[found : found + len(answer)] == answer and answer.strip())


@given(TEXT, TEXT.filter(str.strip), TEXT)
def test_a_right_offset_is_never_moved(before: str, answer: str, after: str) -> None:
    assert locate(before + answer + after, answer, len(before)) == len(before)


@pytest.mark.parametrize(
    ("context", "stated", "expected"),
    [
        ("x" * 30 + "gold", 30 - NEARBY, 30),
        ("gold" + "x" * 100 + "gold", 3, 0),
        ("gold" + "x" * 100 + "gold", 110, 104),
        ("gold" + "x" * 100 + "gold", 104 - NEARBY, 104),
        ("gold" + "x" * 100 + "gold", 104 - NEARBY - 1, None),
        ("x" * 500 + "gold", 0, 500),
        ("gold gold", 2, None),
        ("gold" + "x" * 100 + "gold", 50, None),
        ("silver", 0, None),
        ("x gold", -7, 2),
        ("x gold", 10_000, 2),
    ],
    ids=[
        "near",
        "nearer one",
        "other one",
        "just near",
        "just not",
        "once in all",
        "twice near",
        "twice far",
        "absent",
        "negative",
        "beyond",
    ],
)
def test_a_wrong_offset_is_mended_only_where_there_is_no_doubt(context: str, stated: int, expected: int | None) -> None:
    assert locate(context, "gold", stated) == expected


def test_white_space_is_no_answer() -> None:
    assert locate("a b", " ", 1) is None
    assert locate("a b", "", 0) is None


def test_overlapping_occurrences_are_all_found() -> None:
    assert occurrences("aaaa", "aa") == [0, 1, 2]
