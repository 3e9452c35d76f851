"""Pieces of every kind of file, and one-line errors for broken ones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from xlingual.data.contamination import ContaminationIndex, TrainingText
from xlingual.data.contamination.file_check import as_json, check_files
from xlingual.data.contamination.training_files import texts_of_file
from xlingual.data.examples import Example
from xlingual.data.xquad_articles import xquad_articles
from xlingual.errors import DataError

ROWS: list[dict[str, Any]] = [
    {"id": "a1", "title": "T", "context": "First.", "question": "Who?", "answers": {"text": ["First"]}},
    {"id": "a2", "title": "T", "context": "First.", "question": "What?", "answers": {"text": ["First"]}},
    {"id": "b1", "title": "T", "context": "Second.", "question": "When?", "answers": {"text": ["Second"]}},
    {"id": "a3", "title": "T", "context": "First.", "question": "Why?", "answers": {"text": ["First"]}},
]
PIECES = [
    TrainingText("a1", ("First.",), ("Who?", "What?"), "T", ("a1", "a2")),
    TrainingText("b1", ("Second.",), ("When?",), "T", ("b1",)),
    TrainingText("a3", ("First.",), ("Why?",), "T", ("a3",)),
]


def written(path: Path, content: str) -> Path:
    path.write_bytes(gzip.compress(content.encode()) if path.suffix == ".gz" else content.encode())
    return path


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n\n" for row in rows)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.json", "rows.JSONL"])
def test_neighbouring_rows_of_one_context_are_one_piece(tmp_path, name):
    assert list(texts_of_file(written(tmp_path / name, lines(ROWS)))) == PIECES


@pytest.mark.parametrize("wrap", [lambda rows: rows, lambda rows: {"data": rows}])
def test_a_list_of_rows_is_read_too(tmp_path, wrap):
    assert list(texts_of_file(written(tmp_path / "rows.json", json.dumps(wrap(ROWS))))) == PIECES


def test_parquet_is_read_too(tmp_path):
    pq.write_table(pa.Table.from_pylist(ROWS[:3] * 600), tmp_path / "rows.parquet")
    assert list(texts_of_file(tmp_path / "rows.parquet")) == PIECES[:2] * 600


def test_squad_files_give_their_paragraphs(tmp_path, write_squad):
    articles = {
        "T": {"First.": [("a1", "Who?", [("First", 0)]), ("a2", "What?", [])], "Second.": [("", "When?", [])]},
        "U": {"Second.": [("c", "When?", [])]},
    }
    assert list(texts_of_file(write_squad(tmp_path / "squad.json", articles))) == [
        TrainingText("a1", ("First.",), ("Who?", "What?"), "T", ("a1", "a2")),
        TrainingText("T", ("Second.",), ("When?",), "T", ("",)),
        TrainingText("c", ("Second.",), ("When?",), "U", ("c",)),
    ]


def test_faq_rows_and_aligned_pairs_are_a_piece_each(tmp_path):
    rows = [
        {"url": "u", "question": "Q", "answer": "A", "answers": {"text": ["no"]}},
        {"question1": "Q1", "question2": "Q2", "answer1": "A1", "answer2": "A2"},
        {"id": 7, "text": "T", "question": None},
        {"other": "nothing to look through"},
    ]
    assert list(texts_of_file(written(tmp_path / "rows.jsonl", lines(rows)))) == [
        TrainingText("row 1", ("A",), ("Q",)),
        TrainingText("row 2", ("A1", "A2"), ("Q1", "Q2")),
        TrainingText("7", ("T",), identities=("7",)),
        TrainingText("row 4", ()),
    ]


@pytest.mark.parametrize("name", ["plain.txt", "plain.txt.gz"])
def test_plain_text_is_cut_at_empty_lines_and_when_it_gets_long(tmp_path, name):
    long = "x" * 1500 + "\n"
    path = written(tmp_path / name, "\ufeff\none\ntwo\n \n\nthree\n\n" + long * 4)
    assert list(texts_of_file(path)) == [
        TrainingText("line 2", ("one\ntwo\n",)),
        TrainingText("line 6", ("three\n",)),
        TrainingText("line 8", (long * 3,)),
        TrainingText("line 11", (long,)),
    ]
    assert list(texts_of_file(written(tmp_path / "empty.txt", ""))) == []


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", '{"data": [', r"a\.json:1: not JSON: Expecting value"),
        ("a.json", '{"rows": []}', 'not in SQuAD format: no key "data"'),
        ("a.json", '{"a": 1}\n{"b": 2}', r"no column to check .* found a; rename"),
        ("a.jsonl", '{"text": "x"}\n{"text": ', r"a\.jsonl:2: not JSON"),
        ("a.jsonl", '["text"]', r"a\.jsonl:1: list, not an object"),
        ("a.jsonl", '{"body": "x"}', r"no column to check .* found body"),
        ("a.jsonl", b"\xff\xfe", r"a\.jsonl: not UTF-8"),
        ("a.jsonl.gz", b"plain", r"a\.jsonl\.gz:1: not JSON"),
        ("a.jsonl.gz", gzip.compress(b'{"text": "x"}' * 99, mtime=0)[:-9], r"a\.jsonl\.gz: cannot be read"),
        ("a.parquet", b"plain", r"a\.parquet: cannot be read"),
        ("a.csv", "a,b", r"a\.csv: unknown file ending; name files that end in \.json"),
        ("a.tar.gz", "a,b", r"a\.tar\.gz: unknown file ending"),
    ],
)
def test_a_broken_file_is_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as raised:
        list(texts_of_file(tmp_path / name))
    assert "\n" not in str(raised.value)


def test_absent_files_folders_and_columns_are_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.txt: no such file"):
        list(texts_of_file(tmp_path / "gone.txt"))
    with pytest.raises(DataError, match="is a directory; name files that end in"):
        list(texts_of_file(tmp_path))
    pq.write_table(pa.table({"body": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match=r"no column to check .* found body"):
        list(texts_of_file(tmp_path / "a.parquet"))


def test_counts_are_by_file_and_one_name_a_piece(tmp_path, sealed_examples: list[Example]):
    index = ContaminationIndex.of(sealed_examples)
    bad = [{"id": "same", "text": sealed_examples[number].context} for number in (0, 1)]
    one = str(written(tmp_path / "one.jsonl", lines([*bad, {"id": "clean", "text": "Clean."}])))
    other = str(written(tmp_path / "other.txt", "Clean as well.\n"))
    assert as_json(check_files([one, other, one], index)) == {
        "checked": 4,
        "overlapping": 2,
        "by_file": {one: ["same", "same"], other: []},
        "notes": [],
    }


def squad_of(titles: list[str], identities: list[str]) -> dict[str, dict[str, list[Any]]]:
    return {
        title: {f"Text number {number}.": [(identity, "Who?", [])]}
        for number, (title, identity) in enumerate(zip(titles, identities, strict=True))
    }


def test_squads_development_set_is_known_by_most_of_its_titles_or_ids(
    tmp_path: Path, write_squad: Callable[..., Path]
) -> None:
    titles = sorted(xquad_articles())
    identities = [f"{number:024x}" for number in range(48)]
    index = ContaminationIndex.of(Example(each, "Who?", "Any.", (), (), "en") for each in identities)
    strange = [f"Article {number}" for number in range(48)]
    made_up = [f"toy-question-number-{number}" for number in range(48)]
    toy = ContaminationIndex.of(Example(each, "Who?", "Any.", (), (), "en") for each in made_up)

    def known(name: str, titles: list[str], identities: list[str], index: ContaminationIndex = index) -> bool:
        file = write_squad(tmp_path / name, squad_of(titles, identities))
        return check_files([str(file)], index)[0].is_squad_development(index)

    assert known("by-title.json", titles, made_up)
    assert known("by-id.json", strange, identities)
    assert not known("few-titles.json", titles[:24], made_up[:24])
    assert not known("few-ids.json", strange[:24], identities[:24])
    assert not known("neither.json", strange, made_up)
    assert not known("toy.json", strange, made_up, toy)
