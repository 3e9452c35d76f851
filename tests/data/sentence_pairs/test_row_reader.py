"""Layouts are told apart by what is in the file, and every line is read as it was written."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from xlingual.data.sentence_pairs.row_reader import pairs_of_file
from xlingual.errors import DataError

Write = Callable[..., Path]
OWN = "id\tsentence1\tsentence2\tlabel"
QUOTED = ('"It" was red', 'It was "red', "1")


def sentences(path: Path) -> list[tuple[str, str, str]]:
    return [(pair.first, pair.second, pair.label) for pair in pairs_of_file(path)]


def test_a_header_names_the_columns_and_quotation_marks_are_letters(write_lines: Write) -> None:
    path = write_lines("own.tsv", OWN, ("7", *QUOTED), ("8", '""', '"a"', "0"))
    first, second = pairs_of_file(path)
    assert (first.id, first.first, first.second, first.label) == ("7", *QUOTED)
    assert (second.first, second.second, second.where) == ('""', '"a"', f"{path}:3")


def test_lines_of_a_csv_writer_are_read_as_it_wrote_them(tmp_path: Path) -> None:
    path, rows = tmp_path / "xtreme.tsv", [QUOTED, ("plain", 'ends "so"', "0"), ("a , b", "it's", "1")]
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter="\t").writerows(rows)
    assert sentences(path) == rows


def test_a_file_without_header_and_without_quoting_keeps_its_quotation_marks(write_lines: Write) -> None:
    assert sentences(write_lines("plain.tsv", QUOTED, ('"a"', '"b" c', "x"))) == [QUOTED, ('"a"', '"b" c', "x")]


def test_columns_of_the_authors_of_xnli_are_found_by_name(write_lines: Write) -> None:
    header = ("language", "gold_label", "sentence1_parse", "sentence1", "sentence2", "pairID", "label1", "label2")
    path = write_lines("x.tsv", header, ("de", "neutral", "", "Ja .", "Nein .", "3", "neutral", "neutral"))
    (pair,) = pairs_of_file(path)
    assert (pair.language, pair.label, pair.first, pair.second, pair.id) == ("de", "neutral", "Ja .", "Nein .", "")


def test_lines_of_multinli_may_leave_out_columns_behind_the_last_that_is_read(write_lines: Write) -> None:
    path = write_lines(
        "m.txt", ("gold_label", "sentence1", "sentence2", "label1", "label2"), ("-", "a", "b", "neutral")
    )
    assert sentences(path) == [("a", "b", "-")]


def test_only_a_line_feed_ends_a_line(write_lines: Write) -> None:
    odd = "a\u2028b\x0bc\x85d"
    assert sentences(write_lines("odd.tsv", (odd, "e", "1\r"), ("f", "g", "0"))) == [(odd, "e", "1"), ("f", "g", "0")]


def test_white_space_around_a_sentence_a_mark_of_order_and_gzip_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.tsv.gz"
    path.write_bytes(gzip.compress("\ufeff a \tb \t1".encode()))
    assert sentences(path) == [("a", "b", "1")]


@pytest.mark.parametrize(
    ("case", "lines"),
    [
        ("three columns of four", (OWN, ("1", "a", "b", "1"), ("2", "a b", "1"))),
        ("five columns of four", (OWN, ("1", "a", "b", "c", "1"))),
        ("an empty line", (("a", "b", "1"), "", ("a", "b", "1"))),
        ("no label in the header", ("id\tsentence1\tsentence2", ("1", "a", "b"))),
        ("test files of XTREME", (("a", "b"), ("c", "d"))),
        ("four columns and no header", (("1", "a", "b", "1"),)),
        ("no tab", ("a, b, 1",)),
        ("both kinds of quoting", (("plain", '"It ""is"" red"', "1"), ('It "is" blue', "b", "1"))),
        ("quoting below a header", (OWN, ("1", "a", '"It ""is"" red"', "1"))),
        ("a header alone", (OWN,)),
        ("nothing", ()),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "",
)
def test_what_does_not_fit_its_layout_is_one_line(
    write_lines: Write, by_letter: Callable[..., None], tmp_path: Path, case: str, lines: tuple[str, ...]
) -> None:
    path = write_lines("pairs.tsv", *lines)
    with pytest.raises(DataError) as caught:
        pairs_of_file(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    by_letter(str(caught.value).replace(str(tmp_path), "FOLDER"), case)


def test_a_file_that_is_no_utf8_or_no_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "latin.tsv"
    path.write_bytes("é\tb\t1".encode("latin-1"))
    with pytest.raises(DataError, match=r"latin\.tsv: not UTF-8 text"):
        pairs_of_file(path)
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(DataError, match="Git LFS pointer"):
        pairs_of_file(path)
