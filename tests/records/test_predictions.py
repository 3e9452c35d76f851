"""Columns of predictions match their lines, or are not used."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.errors import RecordError
from xlingual.records import journal, predictions
from xlingual.records.predictions import columns_path, read_columns, table_of, write_predictions

NAMES = ("id", "paragraph", "article", "f1", "illegal")
ROWS: list[dict[str, Any]] = [
    {
        "id": f"q{number}é日",
        "paragraph": f"p{number // 3}",
        "article": None if number % 2 else "A",
        "f1": 100 * number / 7 if number else 0,
        "illegal": number > 3,
        "n_best": [{"text": "a", "score": 0.5}],
    }
    for number in range(7)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    written = tmp_path / "predictions" / "de.jsonl"
    write_predictions(written, ROWS)
    return written


@pytest.fixture(params=["lines compared by content", "lines compared by size and times"])
def how(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "times" in request.param:
        monkeypatch.setattr(predictions, "ALWAYS_HASHED", 0)


def columns(path: Path) -> list[dict[str, Any]] | None:
    table = read_columns(path, NAMES)
    return None if table is None else table.to_pylist()


def read_rows(path: Path) -> list[dict[str, Any]]:
    rows, table = predictions.read_rows(path, NAMES)
    assert table is None or table.to_pylist() == kept(rows)
    return rows


def kept(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in NAMES} for row in rows]


def changed(path: Path) -> None:
    """Another F1 in the lines, with the same size and modification time."""
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b'"f1": 0', b'"f1": 9'))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


@pytest.mark.usefixtures("how")
def test_columns_are_those_of_the_lines(path: Path) -> None:
    assert columns(path) == kept(ROWS) == kept(journal.read(path))


@pytest.mark.usefixtures("how")
def test_columns_of_lines_that_were_changed_are_not_used_and_are_made_again(path: Path) -> None:
    changed(path)

    assert columns(path) is None
    assert read_rows(path)[0]["f1"] == 9
    assert columns(path) == kept(read_rows(path))


@pytest.mark.usefixtures("how")
def test_columns_of_a_study_that_was_copied_are_used(path: Path, tmp_path: Path) -> None:
    shutil.copytree(path.parent, tmp_path / "copy", copy_function=shutil.copyfile)

    assert columns(tmp_path / "copy" / path.name) == kept(ROWS)


@pytest.mark.usefixtures("how")
def test_columns_of_another_language_are_not_used(path: Path) -> None:
    other = path.with_name("es.jsonl")
    write_predictions(other, [row | {"f1": 1.0} for row in ROWS])
    shutil.copy2(columns_path(other), columns_path(path))

    assert columns(path) is None


def test_large_lines_whose_size_and_times_are_the_same_are_not_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(predictions, "ALWAYS_HASHED", 0)
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("the lines were read"))

    assert columns(path) == kept(ROWS)


def test_after_a_crash_between_the_two_files_the_columns_are_made_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    newer = [row | {"f1": 50.0} for row in ROWS]
    with monkeypatch.context() as patch:
        patch.setattr(pyarrow.parquet, "write_table", crash)
        with pytest.raises(KeyboardInterrupt):
            write_predictions(path, newer)

    assert columns(path) is None
    assert read_rows(path) == newer
    assert columns(path) == kept(newer)
    assert [one.name for one in path.parent.iterdir() if one.name.startswith(".")] == []


def test_missing_columns_are_made_again(path: Path) -> None:
    columns_path(path).unlink()

    assert columns(path) is None
    assert read_rows(path) == ROWS
    assert columns(path) == kept(ROWS)


def test_a_damaged_byte_is_seen_wherever_it_is(path: Path) -> None:
    whole = columns_path(path).read_bytes()
    for place in range(0, len(whole), 11):
        columns_path(path).write_bytes(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])
        assert columns(path) in (None, kept(ROWS))  # most bytes of the footer do not affect these columns
    columns_path(path).write_bytes(whole[: len(whole) // 2])
    assert columns(path) is None


def test_columns_that_somebody_changed_are_not_used(path: Path) -> None:
    table = pyarrow.parquet.read_table(columns_path(path))
    scores = pyarrow.array([100.0] * len(ROWS))
    place = table.column_names.index("f1")
    pyarrow.parquet.write_table(table.set_column(place, "f1", scores), columns_path(path))

    assert columns(path) is None


def test_where_columns_cannot_be_written_the_lines_are_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    columns_path(path).unlink()
    monkeypatch.setattr(pyarrow.parquet, "write_table", refuse)

    assert read_rows(path) == ROWS
    assert not columns_path(path).exists()


def test_a_key_whose_values_differ_in_kind_is_no_column_and_is_asked_of_the_lines(path: Path) -> None:
    write_predictions(path, [*ROWS, ROWS[0] | {"id": "last", "illegal": "no"}])

    assert columns(path) is None
    assert read_columns(path, ("id", "f1")) is not None


def test_a_text_with_half_of_a_character_is_no_column(path: Path) -> None:
    path.write_text(json.dumps(ROWS[0] | {"id": "\ud83d"}) + "\n")  # escaped: the driver refuses to write it

    assert read_rows(path)[0]["id"] == "\ud83d"
    assert columns(path) is None


def test_a_last_line_counts_without_its_end_and_a_half_one_is_refused(path: Path) -> None:
    """An appended journal may end in half a line; predictions are written atomically, so something truncated them."""
    content = path.read_bytes()
    path.write_bytes(content.removesuffix(b"\n"))
    assert columns(path) is None
    assert read_rows(path) == ROWS
    assert columns(path) == kept(ROWS)

    path.write_bytes(content[:-5])
    assert columns(path) is None
    with pytest.raises(RecordError, match=r"de\.jsonl:7: a broken record"):
        read_rows(path)


def test_a_broken_line_is_named(path: Path) -> None:
    path.write_bytes(b"{}\n{]\n")

    with pytest.raises(RecordError, match=r"de\.jsonl:2: a broken record"):
        read_rows(path)


def test_no_rows_are_no_columns(path: Path) -> None:
    write_predictions(path, [])

    assert columns(path) == []
    assert read_rows(path) == []


VALUES = st.one_of(st.none(), st.booleans(), st.floats(allow_nan=False, allow_infinity=False), st.integers(), st.text())


@settings(max_examples=25, deadline=None)
@given(rows=st.lists(st.dictionaries(st.sampled_from(["a", "b", "日", "\ud83d"]), VALUES, max_size=3), max_size=6))
def test_a_table_holds_the_very_values_of_the_rows_or_has_no_such_column(rows: list[dict[str, Any]]) -> None:
    table = table_of(rows)

    for name in table.column_names:
        assert table.column(name).to_pylist() == [row.get(name) for row in rows]
    assert {name for row in rows for name in row} == {
        *table.column_names,
        *json.loads(table.schema.metadata[b"left out"]),
    }
