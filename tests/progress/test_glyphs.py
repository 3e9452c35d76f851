from __future__ import annotations

import pytest
from rich.cells import cell_len

from xlingual.progress.glyphs import MARKS, UNICODE, Glyphs

ASCII = Glyphs.of("ascii")


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "utf-16"])
def test_unicode_terminals_get_blocks(encoding: str) -> None:
    assert Glyphs.of(encoding).full == "█"


@pytest.mark.parametrize("encoding", ["ascii", "ANSI_X3.4-1968", "latin-1", "cp1252", "koi8-r", "no such encoding"])
def test_other_terminals_get_ascii(encoding: str) -> None:
    found = Glyphs.of(encoding)
    drawn = "".join([found.full, found.empty, found.done, found.now, found.to_come, found.stopped, found.failed])
    assert (drawn + found.ellipsis).isascii() and len(set(drawn)) == 7


def test_marks_take_one_column_each() -> None:
    assert cell_len(MARKS) == len(MARKS)


def test_a_bar_is_full_only_when_all_is_done() -> None:
    assert UNICODE.bar(0, 500, 4) == "░░░░"
    assert UNICODE.bar(499, 500, 4) == "███░"
    assert UNICODE.bar(500, 500, 4) == "████"
    assert UNICODE.bar(0, 0, 4) == "░░░░"
    assert ASCII.bar(1, 2, 4) == "##.."


@pytest.mark.parametrize(
    ("text", "width", "clipped"),
    [
        ("webfaq+noise", 12, "webfaq+noise"),
        ("webfaq+noise", 8, "webfaq+…"),
        ("ベースライン", 12, "ベースライン"),
        ("ベースライン", 11, "ベースライ…"),
        ("ベースライン", 10, "ベースラ…"),
        ("ข้อมูล", 4, "ข้อมูล"),
        ("a", 0, ""),
    ],
)
def test_clipping_keeps_the_width_in_columns(text: str, width: int, clipped: str) -> None:
    assert UNICODE.clip(text, width) == clipped
    assert cell_len(UNICODE.clip(text, width)) <= width


def test_what_an_encoding_lacks_is_written_as_escapes_before_it_is_cut() -> None:
    assert ASCII.shown("naïve 名") == r"na\xefve \u540d"
    assert Glyphs.of("latin-1").shown("naïve 名") == r"naïve \u540d"
    assert Glyphs.of("no such encoding").shown("ï") == r"\xef"
    assert ASCII.clip("名前", 8) == r"\u540d\~"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert UNICODE.shown("a\x1b[31mb\nc") == "a [31mb c"
