"""Offsets are interpreted by what explains the whole file; a kept answer is the one that was meant."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xlingual.data.offsets import FEWEST, NEARBY, Span, Stated, locate_answers
from xlingual.data.stated_questions import questions_of_file

Counted = Callable[[str], int]
"""Maps the text before an answer to the stated offset."""

COUNTED: dict[str, Counted] = {
    "characters": len,
    "utf-16 units": lambda before: len(before.encode("utf-16-le")) // 2,
    "bytes": lambda before: len(before.encode()),
    "utf-16 bytes, by mistake": lambda before: len(before.encode("utf-16-le")),
    "lf": lambda before: len(before.replace("\r\n", "\n")),
    "crlf": lambda before: len(before.replace("\r\n", "\n").replace("\n", "\r\n")),
    "utf-16 units and lf": lambda before: len(before.replace("\r\n", "\n").encode("utf-16-le")) // 2,
    "bytes and crlf": lambda before: len(before.replace("\r\n", "\n").replace("\n", "\r\n").encode()),
    "nfc": lambda before: len(unicodedata.normalize("NFC", before)),
    "nfd": lambda before: len(unicodedata.normalize("NFD", before)),
    "nfkc": lambda before: len(unicodedata.normalize("NFKC", before)),
    "nfkd": lambda before: len(unicodedata.normalize("NFKD", before)),
    "nfd bytes": lambda before: len(unicodedata.normalize("NFD", before).encode()),
    "stripped": lambda before: len(before.lstrip()),
    "single spaces": lambda before: len(" ".join(("." + before + ".").split())) - 2,
    "from 1": lambda before: len(before) + 1,
    "from -7": lambda before: len(before) - 7,
    "always 0": lambda before: 0,
    "always -1": lambda before: -1,
}
PIECES = ["a", "b", " ", "x1", "\n", "\r\n", "\U0001f600", "é", "e\u0301", "ж", "日本", "ﬁ", "½", "  ", "\ud55c", "ไทย"]
MARK = "§"
ANSWERS = ["a", "1990", "жа", "日", "Ann", "1", "\U0001f600"]


@st.composite
def paragraphs(draw: st.DrawFn) -> tuple[str, str, int]:
    """A context, an answer that may occur several times, and the offset of the one that is meant."""
    answer = draw(st.sampled_from(ANSWERS))
    pieces = draw(st.lists(st.sampled_from([*PIECES, answer, f" {answer}"]), max_size=16))
    at = draw(st.integers(0, len(pieces)))
    before = "".join(pieces[:at])
    return before + answer + "".join(pieces[at:]), answer, len(before)


@cache
def anchors() -> list[tuple[str, str, int]]:
    """Paragraphs on which all units differ: the answer occurs once, after characters of every kind."""
    weights = {"  ": 1, "\U0001f600": 7, "é": 13, "e\u0301": 4, "½": 1, "\r\n": 2, "\n ": 1, "ж": 1}
    each = "  " + "x".join(piece * number for piece, number in weights.items())
    befores = [each * n for n in range(1, 5)]
    return [(f"{before}{MARK}gold.", f"{MARK}gold", len(before)) for before in befores]


KNOWN = [unit for unit in COUNTED if unit not in ("utf-16 bytes, by mistake", "always 0", "always -1")]


@pytest.mark.parametrize("unit", COUNTED)
@settings(max_examples=12)
@given(rows=st.lists(paragraphs(), min_size=1, max_size=8))
def test_every_answer_that_is_kept_is_the_one_that_was_meant(unit: str, rows: list[tuple[str, str, int]]) -> None:
    rows = [*anchors(), *rows]
    stated = [Stated(context, answer, COUNTED[unit](context[:start])) for context, answer, start in rows]
    if unit not in KNOWN:  # if as many are right by chance, nothing shows that the offsets have another unit
        assume(sum(one.context.startswith(one.answer, max(0, one.start)) for one in stated) < len(anchors()))
    for (context, answer, start), found in zip(rows, locate_answers(stated).answers, strict=True):
        assert found == "ambiguous" or (
            isinstance(found, Span) and (found.start, found.end) == (start, start + len(answer))
        )
        if context.count(answer) == 1 or unit == "characters":
            assert isinstance(found, Span)


@pytest.mark.parametrize("unit", KNOWN)
def test_an_answer_that_is_there_twice_is_kept_where_the_file_tells_the_unit(unit: str) -> None:
    twice = "\U0001f600 e\u0301 é \r\n Ann ж\n½ Ann, Ann"
    start = twice.index("Ann", twice.index("½"))
    rows = [*anchors(), (twice, "Ann", start)]
    stated = [Stated(context, answer, COUNTED[unit](context[:at])) for context, answer, at in rows]
    *_, last = locate_answers(stated).answers
    assert isinstance(last, Span) and last.start == start


@pytest.mark.parametrize(
    ("unit", "cause"),
    [
        ("characters", ""),
        ("utf-16 units", "look like UTF-16 units"),
        ("bytes", "look like bytes of UTF-8"),
        ("lf", "look like characters, with lines ending in LF alone"),
        ("crlf", "look like characters, with lines ending in CR LF"),
        ("nfd", "look like characters, with the text in Unicode form NFD"),
        ("bytes and crlf", "look like bytes of UTF-8, with lines ending in CR LF"),
        ("from 1", "look shifted by +1 characters"),
        ("always 0", "look unset (0, -1 or absent)"),
        ("always -1", "look unset (0, -1 or absent)"),
        ("utf-16 bytes, by mistake", ""),
    ],
)
def test_the_cause_is_named(unit: str, cause: str) -> None:
    stated = [Stated(context, answer, COUNTED[unit](context[:start])) for context, answer, start in anchors()]
    assert locate_answers(stated).cause == cause


def test_utf16_units_name_the_first_of_two() -> None:
    context = "\U0001f600" * 30 + " sold in 1990, rebuilt, again in 1990."
    first = context.index("1990")
    [found] = locate_answers([Stated(context, "1990", first + 30)]).answers
    assert found == Span(first, first + 4, "utf16")


def test_line_feeds_that_became_crlf_name_the_one_that_was_meant() -> None:
    context = "".join(f"line {n:02}\r\n" for n in range(25)) + "Harbin is xx, Harbin came"
    last = context.rindex("Harbin")
    [found] = locate_answers([Stated(context, "Harbin", last - 25)]).answers
    assert found == Span(last, last + 6, "line_ends")


def test_bytes_name_the_one_of_three_that_was_meant() -> None:
    rows = [f"{'а' * n} Река Нева, Нева и Нева." for n in range(20, 40)]
    stated = [Stated(row, "Нева", len(row[: row.index("Нева")].encode())) for row in rows]
    found = locate_answers(stated)
    assert [isinstance(one, Span) and one.start for one in found.answers] == [row.index("Нева") for row in rows]
    assert found.cause == "look like bytes of UTF-8"


def test_a_right_offset_of_another_unit_is_not_taken_for_characters() -> None:
    """The word is at 15 by chance: the file counts UTF-16 units."""
    chance = Stated("\U0001f600\U0001f600 xxxx xxx ab ab", "ab", 15)
    assert chance.fits
    others = [Stated(f"\U0001f600\U0001f600{'x' * n}gold", "gold", n + 4) for n in range(5)]
    assert locate_answers([chance, *others]).answers[0] == "ambiguous"
    assert locate_answers([chance]).answers == [Span(15, 17)]


def test_zeros_that_stand_for_nothing_keep_what_is_there_once() -> None:
    stated = [Stated(f"A {n} gold, A", "gold", 0) for n in range(3)]
    found = locate_answers([*stated, Stated("gold gold", "gold", 0)])
    assert found.answers == [*(Span(4, 8, "unique") for _ in range(3)), "ambiguous"]


def test_right_zeros_are_kept_beside_a_few_that_stand_for_nothing() -> None:
    stated = [Stated("gold gold", "gold", 0)] * 3
    assert locate_answers([*stated, Stated("A gold", "gold", 0)]).answers[:3] == [Span(0, 4)] * 3


def a_little_off(number: int) -> list[Stated]:
    return [Stated(f"{'x' * 40} {n} gold", "gold", 42 + (n * 7) % 13) for n in range(number)]


TWICE = "gold" + "x" * 100 + "gold"


def test_offsets_that_are_a_little_off_throughout_name_the_near_one() -> None:
    found = locate_answers([*a_little_off(20), Stated(TWICE, "gold", 104 - NEARBY)])
    assert found.answers[-1] == Span(104, 108, "near") and found.cause == "look a little off throughout"


@pytest.mark.parametrize(
    ("others", "context", "stated"),
    [
        (a_little_off(FEWEST - 1), TWICE, 100),
        ([*a_little_off(20), *(Stated("x" * 99 + f"{n} gold", "gold", n + 2) for n in range(5))], TWICE, 100),
        (a_little_off(20), TWICE, 104 - NEARBY - 1),
        (a_little_off(20), "gold gold" + "x" * 80, 2),
        (a_little_off(20), "\U0001f600" * 8 + "gold" + "x" * 20 + "gold", 16),
    ],
    ids=["too few to tell", "some far off", "too far", "twice near", "another unit names another one"],
)
def test_the_near_one_is_not_taken_in_doubt(others: list[Stated], context: str, stated: int) -> None:
    assert locate_answers([*others, Stated(context, "gold", stated)]).answers[-1] == "ambiguous"


@pytest.mark.parametrize("stated", [0, 7, 500, 10_000, -7])
def test_the_only_occurrence_is_taken_whatever_the_offset(stated: int) -> None:
    assert locate_answers([Stated("x" * 500 + "gold", "gold", stated)]).answers[0] in (
        Span(500, 504),
        Span(500, 504, "unique"),
    )


def test_an_answer_in_another_unicode_form_is_the_contexts_slice_at_the_offset() -> None:
    context = unicodedata.normalize("NFD", "Việt Nam, Việt Nam")
    second = context.rindex("V")
    found = locate_answers([Stated(context, "Việt Nam", second), Stated(context, "Lào", 0)])
    assert found.answers == [Span(second, len(context), "text"), "absent"]


def test_decomposed_text_with_offsets_of_the_composed_one() -> None:
    composed = "Ở Việt Nam có Huế và Việt Nam"
    context = unicodedata.normalize("NFD", composed)
    rows = [Stated(context, word, composed.index(word)) for word in ("Huế", "có", "và")]
    found = locate_answers([*rows, Stated(context, "Việt Nam", composed.rindex("Việt"))])
    assert found.answers[-1] == Span(context.rindex("V"), len(context), "form")


@given(st.text(alphabet="ab ", max_size=30), st.text(alphabet="ab ", min_size=1, max_size=5), st.integers(-50, 50))
def test_what_is_found_is_the_answer(context: str, answer: str, stated: int) -> None:
    for found in locate_answers([Stated(context, answer, stated)] * 2).answers:
        assert not isinstance(found, Span) or context[found.start : found.end].split() == answer.split()


@pytest.fixture(scope="module")
def real_answers(shared: Path) -> list[list[tuple[str, str, int]]]:
    """Context, answer and offset of XQuAD's questions in some languages."""
    files = [shared / "data/xquad" / f"xquad.{code}.json" for code in ("hi", "zh", "en")]
    return [[(one.context, one.answers[0], one.answer_starts[0]) for one in questions_of_file(path)] for path in files]


REAL_UNITS = [*(pytest.param(unit, marks=pytest.mark.real) for unit in ("bytes", "nfd", "from 1")),
              "utf-16 units", "always 0", "utf-16 bytes, by mistake"]  # fmt: skip


@pytest.mark.parametrize("unit", REAL_UNITS)
def test_of_real_answers_none_is_taken_for_another(real_answers: list[list[tuple[str, str, int]]], unit: str) -> None:
    """The default run has the other units of made-up texts above."""
    for answers in real_answers:
        stated = [Stated(context, answer, COUNTED[unit](context[:start])) for context, answer, start in answers]
        found = locate_answers(stated).answers
        pairs = [(one, start) for one, (_, _, start) in zip(found, answers, strict=True) if one != "ambiguous"]
        assert all(isinstance(one, Span) and one.start == start for one, start in pairs)
        assert len(pairs) == 1190 if unit in KNOWN else 900 < len(pairs) < 1190
