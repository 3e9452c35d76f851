from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.texts import mended, stripped


@given(st.text(alphabet=st.characters(), max_size=20))
def test_a_mended_text_can_be_written_and_keeps_its_length(text: str) -> None:
    broken = "\ud83d".join(text)
    assert mended(broken).encode() and len(mended(broken)) == len(broken) if broken else mended("") == ""
    assert mended(text) == text or any("\ud800" <= each <= "\udfff" for each in text)


@pytest.mark.parametrize("half", ["\ud83d", "\ude00", "\udfff"])
def test_half_a_surrogate_pair_becomes_a_question_mark(half: str) -> None:
    assert mended(f"a{half}b") == "a?b" and mended("\U0001f600") == "\U0001f600"


AROUND = ["", " ", "\n\r\t", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u2060\u200e", "\u202e \u00ad", "\x00\x1f\x85"]


@pytest.mark.parametrize("around", AROUND)
def test_white_space_and_zero_width_marks_around_a_text_are_left_out(around: str) -> None:
    assert stripped(f"{around}Wer  ist\u200bda?{around}") == "Wer  ist\u200bda?"
    assert stripped(around) == ""


def test_everything_that_python_strips_is_stripped() -> None:
    assert all(not stripped(chr(code)) for code in range(0x3001) if chr(code).isspace())
