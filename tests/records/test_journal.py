from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.errors import RecordError
from xlingual.records import journal

RECORDS = [{"event": "a", "text": "ñ\u2028"}, {"event": "b", "n": 1.5}]


def written(path: Path) -> Path:
    for record in RECORDS:
        journal.append(path, record)
    return path


def test_reads_what_was_appended(tmp_path: Path) -> None:
    assert journal.read(written(tmp_path / "journal.jsonl")) == RECORDS


def test_an_absent_file_has_no_records(tmp_path: Path) -> None:
    assert journal.read(tmp_path / "journal.jsonl") == []
    assert journal.count(tmp_path / "journal.jsonl") == 0


@given(cut=st.integers(min_value=1))
def test_a_torn_last_line_is_left_out_and_healed_by_the_next_append(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = written(tmp_path_factory.mktemp("journal") / "journal.jsonl")
    content = path.read_bytes()
    last = len(content.splitlines(keepends=True)[-1])
    path.write_bytes(content[: len(content) - 1 - cut % last])
    survivors = journal.read(path)
    assert survivors == RECORDS[: len(survivors)]
    assert journal.count(path) == len(survivors)
    assert len(survivors) >= 1
    journal.append(path, {"event": "c"})
    assert journal.read(path) == [*survivors, {"event": "c"}]


def test_a_long_torn_line_is_cut_to_the_last_whole_record(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.jsonl")
    with path.open("ab") as stream:
        stream.write(b'{"event": "' + b"x" * 10_000)
    journal.append(path, {"event": "c"})
    assert journal.read(path) == [*RECORDS, {"event": "c"}]


def test_a_broken_inner_line_is_an_error_that_names_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.jsonl")
    path.write_bytes(b"{broken\n" + path.read_bytes())
    with pytest.raises(RecordError, match=r"journal\.jsonl:1: a broken record"):
        journal.read(path)


def test_a_line_that_is_no_object_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("[1]\n")
    with pytest.raises(RecordError, match="found list"):
        journal.read(path)


def test_not_a_number_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = written(tmp_path / "journal.jsonl")
    with pytest.raises(ValueError, match="Out of range float"):
        journal.append(path, {"objective": float("nan")})
    assert journal.read(path) == RECORDS


def test_a_journal_may_be_read_and_continued_by_those_whom_the_umask_admits(umask: int, tmp_path: Path) -> None:
    journal.append(tmp_path / "events.jsonl", {"n": 1})
    assert stat.S_IMODE((tmp_path / "events.jsonl").stat().st_mode) == 0o666 & ~umask
