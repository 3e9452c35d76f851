"""Text of unknown origin in a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, split_graphemes
from rich.text import Text

from xlingual.inspection.terminal_text import (
    END,
    LEFT_TO_RIGHT,
    RIGHT_TO_LEFT,
    Clusters,
    direction,
    line_ends,
    lines_of,
    visible,
    whole_cluster,
)

SCRIPTS = st.text(st.sampled_from("ab .,安罗（）。ที่นี่กรุง'क्षि́روما1"), max_size=80)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", "␛[31mred␇"),
        ("a\nb\tc\x7f", "a␊b␉c␡"),
        ("\x9b2J", "<U+009B>2J"),
        ("\u202eevil\u202c \u2067x\u2069", "<U+202E>evil<U+202C> <U+2067>x<U+2069>"),
        ("half \ud83d", "half <U+D83D>"),
        ("a\u2028b", "a<U+2028>b"),
        ("می\u200cخواهم क\u094d\u200dष", "می\u200cخواهم क\u094d\u200dष"),
        ("[red]x[/red]", "[red]x[/red]"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_and_joiners_stay(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text())
def test_no_control_character_and_no_change_of_direction_is_left(text: str) -> None:
    left = {unicodedata.category(one) for one in visible(text)}
    assert not left & {"Cc", "Cs", "Zl", "Zp"}
    assert not set(visible(text)) & {chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}


@given(SCRIPTS, st.integers(4, 30))
def test_lines_hold_the_whole_text_are_no_wider_and_cut_no_cluster(text: str, width: int) -> None:
    ends = line_ends(text, width)
    parts = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    assert "".join(parts) == text
    assert all(cell_len(part.rstrip()) <= width for part in parts)
    boundaries = {0, *(end for _, end, _ in split_graphemes(text)[0])}
    assert {*ends} <= boundaries


def test_lines_end_at_spaces_or_beside_wide_characters_never_before_a_full_stop() -> None:
    def cut(text: str, width: int) -> list[str]:
        return [line.plain for line in lines_of(Text(text), width)]

    assert cut("one two three four", 9) == ["one two", "three", "four"]
    assert cut("安在1990年搬到了罗马。她", 8) == ["安在1990", "年搬到了", "罗马。她"]
    assert cut("安在罗马。她", 8) == ["安在罗", "马。她"]
    assert cut("ที่นี่ที่นี่", 3) == ["ที่นี่ที่", "นี่"]
    assert cut("incomprehensibilities", 10) == ["incomprehe", "nsibilitie", "s"]
    assert cut("", 10) == [""]


def test_every_line_of_a_text_with_letters_from_the_right_is_an_isolate_in_the_direction_of_the_whole() -> None:
    assert direction("Rome 1990") is None
    assert direction("روما Rome") == RIGHT_TO_LEFT
    assert direction("Rome روما") == LEFT_TO_RIGHT
    lines = lines_of(Text("Rome روما"), 4, whole="روما Rome")
    assert [line.plain for line in lines] == [f"{RIGHT_TO_LEFT}Rome{END}", f"{RIGHT_TO_LEFT}روما{END}"]


def test_marks_are_set_between_clusters_and_a_mark_alone_gets_a_circle() -> None:
    clusters = Clusters("ที่นี่")
    assert [clusters.before(place) for place in range(7)] == [0, 0, 0, 3, 3, 3, 6]
    assert [clusters.after(place) for place in range(7)] == [0, 3, 3, 3, 6, 6, 6]
    assert (whole_cluster("่ 21"), whole_cluster("21")) == ("◌่ 21", "21")
