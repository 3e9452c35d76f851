"""Differences that arise in copying are ignored; different words are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.contamination.letters import IDEOGRAPH_LETTERS, letters_of


def letters(text: str) -> list[int]:
    found, pointers = letters_of([text])
    assert pointers.tolist() == [0, len(found)]
    assert found[-1] == 0
    return found[:-1].tolist()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Super Bowl 50", "SUPERBOWL-50!"),
        ("Straße am Fluß", "STRASSE AM FLUSS"),
        ("İstanbul'da ışık", "İSTANBUL'DA IŞIK"),
        ("ὁ λόγος", "Ο ΛΟΓΟΣ"),
        ("الصين", "الـصـيـن"),
        ("مُحَمَّد", "محمد"),
        ("أحمد إلى آسيا", "احمد الى اسيا"),
        ("ﻻ", "لا"),
        ("tiếng Việt", unicodedata.normalize("NFD", "TIẾNG VIỆT")),
        ("București", "Bucureşti"),
        ("ＸＱｕＡＤ １２", "xquad12"),
        ("ﬁnd", "FIND"),
        ("soft\u00adhyphen\u200d", "soft hyphen"),
        ("น้ำ", "นํ้า"),
        ("ёлка", "Елка"),
        ("क़लम", "कलम"),
        ("中文，文字。", "中文 文字"),
        ("a\u034f\ufe0fb", "AB"),
    ],
)
def test_these_are_the_same_letters(one: str, other: str) -> None:
    assert letters(one) == letters(other) != []


@pytest.mark.parametrize(
    ("one", "other"), [("की", "का"), ("มา", "มี"), ("国家", "家国"), ("12", "21"), ("дом", "дым"), ("中国", "中國")]
)
def test_these_are_not(one: str, other: str) -> None:
    assert letters(one) != letters(other)


def test_an_ideograph_is_three_letters_and_others_are_one() -> None:
    assert len(letters("中文")) == 2 * IDEOGRAPH_LETTERS == 6
    assert len(letters("ab1ж")) == 4
    assert letters(" .,!?\n-") == []


@given(st.lists(st.text(max_size=20), max_size=6))
def test_many_texts_have_the_letters_of_each(texts: list[str]) -> None:
    found, pointers = letters_of(texts)
    assert len(pointers) == len(texts) + 1
    for number, text in enumerate(texts):
        assert found[pointers[number] : pointers[number + 1] - 1].tolist() == letters(text)
    assert pointers[-1] == len(found)


def test_a_text_with_the_end_mark_or_half_a_character_stays_one_text() -> None:
    found, pointers = letters_of(["a\U0010ffffb", "c\ud800d"])
    assert len(pointers) == 3
    assert found.tolist()[:3] == [ord("a"), ord("b"), 0]
