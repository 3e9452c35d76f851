"""One reader for all layouts of questions."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.contamination.training_files import texts_of_file
from xlingual.data.squad import load_squad
from xlingual.data.stated_questions import Question, questions_of_file
from xlingual.errors import DataError

CONTEXT = "Ann saw 7 ships."
ROWS: list[dict[str, Any]] = [
    {"id": "a", "context": CONTEXT, "question": "How many?", "answers": {"text": ["7"], "answer_start": [8]}},
    {"id": "b", "context": CONTEXT, "question": "Who?", "answers": {"text": ["Ann"], "answer_start": [0]}},
    {"id": "c", "context": "Eve.", "question": "Who?", "answers": {"text": ["Eve"], "answer_start": [0]}},
]
QUESTIONS = [
    Question("a", "How many?", CONTEXT, ("7",), (8,), "", "a"),
    Question("b", "Who?", CONTEXT, ("Ann",), (0,), "", "a"),
    Question("c", "Who?", "Eve.", ("Eve",), (0,), "", "c"),
]
ARTICLES = {
    "data": [
        {
            "paragraphs": [
                {
                    "context": context,
                    "qas": [
                        {
                            "id": row["id"],
                            "question": row["question"],
                            "answers": [
                                {"text": row["answers"]["text"][0], "answer_start": row["answers"]["answer_start"][0]}
                            ],
                        }
                        for row in ROWS
                        if row["context"] == context
                    ],
                }
                for context in (CONTEXT, "Eve.")
            ]
        }
    ]
}


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


LISTED = [
    {**row, "answers": [{"text": row["answers"]["text"][0], "answer_start": row["answers"]["answer_start"][0]}]}
    for row in ROWS
]
LAYOUTS: dict[str, tuple[str, str]] = {
    "articles": ("a.json", json.dumps(ARTICLES)),
    "articles in one line": ("a.jsonl", json.dumps(ARTICLES)),
    "an article a line": ("a.jsonl", lines(ARTICLES["data"])),
    "a list of articles": ("a.json", json.dumps(ARTICLES["data"])),
    "one article": ("a.json", json.dumps(ARTICLES["data"][0])),
    "rows": ("a.jsonl", lines(ROWS)),
    "rows with another ending": ("a.json", lines(ROWS)),
    "rows behind a byte order mark": ("a.jsonl", "\ufeff" + lines(ROWS)),
    "rows in data": ("a.json", json.dumps({"data": ROWS}, indent=1)),
    "a list of rows": ("a.json", json.dumps(ROWS)),
    "rows of listed answers": ("a.jsonl", lines(LISTED)),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_questions(tmp_path: Path, layout: str, packed: bool) -> None:
    name, content = LAYOUTS[layout]
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(content.encode(), mtime=0) if packed else content.encode())
    assert questions_of_file(path) == QUESTIONS
    assert [text.identities for text in texts_of_file(path)] == [("a", "b"), ("c",)]
    assert len(load_squad(str(path))) == 3


@pytest.mark.parametrize("rows", [ROWS, LISTED])
def test_a_single_parquet_file_is_read(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    pq.write_table(pa.Table.from_pylist([{**row, "more": 1} for row in rows]), tmp_path / "a.parquet")
    assert questions_of_file(tmp_path / "a.parquet") == QUESTIONS


def question(**changes: Any) -> Question:
    """The question read from a row with these changes."""
    return questions(changes)[0]


def questions(*changes: dict[str, Any], title: Any = "T", context: str = CONTEXT) -> list[Question]:
    plain = {"id": "q", "question": "How many?", "answers": [{"text": "7", "answer_start": 8}]}
    qas = [{key: value for key, value in (plain | each).items() if value != "absent"} for each in changes]
    article = {"title": title, "paragraphs": [{"context": context, "qas": qas}]}
    return read({"data": [{key: value for key, value in article.items() if value != "absent"}]})


def read(document: Any, *, texts: bool = True) -> list[Question]:

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        return questions_of_file(path, texts=texts)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"id": 272819}, {"id": "272819"}),
        ({"answers": [{"text": 7, "answer_start": 8}]}, {"answers": ("7",)}),
        ({"answers": [{"text": "7", "answer_start": 8, "answer_end": 9, "answer_category": None}]}, {}),
        ({"answers": [{"text": "7", "answer_start": "8"}]}, {}),
        ({"answers": [{"text": "7", "answer_start": 8.0}]}, {}),
        ({"answers": [{"text": "7"}]}, {"answer_starts": (-1,)}),
        ({"answers": [{"text": "7", "answer_start": None}]}, {"answer_starts": (-1,)}),
        ({"answers": {"text": "7", "answer_start": 8}}, {}),
        ({"question": "\ufeff How many?\u200b\r\n"}, {"question": "How many?"}),
        ({"question": "How\ud83d many?"}, {"question": "How? many?", "mended": True}),
        ({"id": "\ud83dq"}, {"id": "?q", "mended": True}),
        ({"answers": [{"text": "7\udfff", "answer_start": 8}]}, {"answers": ("7?",), "mended": True}),
        ({"is_impossible": True, "answers": "absent"}, {"answers": (), "impossible": True}),
        ({"is_impossible": True, "answers": None}, {"answers": (), "impossible": True}),
        (
            {"is_impossible": True, "answers": [{"text": "", "answer_start": -1}]},
            {"answers": ("",), "impossible": True},
        ),
        ({"answers": {"text": [], "answer_start": []}}, {"answers": ()}),
        ({"answers": None}, {"answers": ()}),
    ],
)
def test_what_has_one_meaning_is_read(changes: dict[str, Any], expected: dict[str, Any]) -> None:
    found = question(**changes)
    for name, value in ({"id": "q", "question": "How many?", "answers": ("7",), "mended": False} | expected).items():
        assert getattr(found, name) == value
    assert found.answerable == bool(found.answers and found.answers[0])
    if expected.get("answers") == ("7",) and "answer_starts" not in expected:
        assert found.answer_starts == (8,)


@pytest.mark.parametrize(
    ("title", "expected"), [(None, ""), ("absent", ""), ("", ""), (1984, "1984"), ("a\ud83d", "a?")]
)
def test_a_title_may_be_absent_null_or_a_number(title: Any, expected: str) -> None:
    assert questions({}, title=title)[0].title == expected


def test_a_mended_context_keeps_its_offsets() -> None:
    [found] = questions({}, context="A\ud83d saw 7 ships.")
    assert found.context == "A? saw 7 ships." and found.mended and found.context[7:8] == "7"


def loaded(tmp_path: Path, rows: list[dict[str, Any]]) -> dict[str, int]:
    path = tmp_path / "a.jsonl"
    path.write_text(lines(rows), encoding="utf-8")
    return {name: count for name, count in load_squad(str(path)).counts.items() if count}


def test_a_number_and_its_digits_are_one_id(tmp_path: Path) -> None:
    rows = [{**ROWS[0], "id": 7}, {**ROWS[1], "id": "7"}, {**ROWS[2], "id": 8}]
    assert loaded(tmp_path, rows) == {"read": 3, "kept": 2, "dropped_duplicate_id": 1}


def test_what_cannot_be_answered_or_read_is_counted(tmp_path: Path) -> None:
    rows = [
        *ROWS,
        {**ROWS[0], "id": "d", "answers": {"text": [""], "answer_start": [-1]}},
        {**ROWS[0], "id": "e", "is_impossible": True, "answers": None},
        {**ROWS[0], "id": "f", "question": "\u200b\u2060 \ufeff"},
        {**ROWS[0], "id": "g", "question": "How\ud83d many?"},
    ]
    assert loaded(tmp_path, rows) == {
        "read": 7,
        "kept": 4,
        "mended_characters": 1,
        "dropped_unanswerable": 2,
        "dropped_empty_question": 1,
    }


def test_a_pointer_in_place_of_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(POINTER)
    with pytest.raises(DataError, match=r"a\.parquet: a Git LFS pointer"):
        questions_of_file(tmp_path / "a.parquet")


def test_a_file_that_was_unpacked_on_its_way_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_text(json.dumps(ARTICLES), encoding="utf-8")
    assert questions_of_file(tmp_path / "a.json.gz") == QUESTIONS


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.json.gz"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (POINTER, "a Git LFS pointer instead of the data; fetch it with `git lfs pull` in "),
        (b"\xef\xbb\xbf\n <!DOCTYPE html>\n<html></html>", "a web page or XML, not JSON; download the file itself"),
        (gzip.compress(lines(ROWS).encode() * 99, mtime=0)[:-40], "cannot be read: its gzip data is truncated"),
        (b"PK\x03\x04rest", "a zip archive; unpack it"),
        ("[]".encode("utf-16"), "not UTF-8 text but UTF-16; save it as UTF-8"),
    ],
    ids=["pointer", "page", "cut gzip", "zip", "utf-16"],
)
def test_what_only_looks_like_data_is_named_in_one_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for read_it in (questions_of_file, lambda path: list(texts_of_file(path)), lambda path: load_squad(str(path))):
        with pytest.raises(DataError) as raised:
            read_it(path)
        assert f"{path}: {said}" in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_that_is_not_there_and_a_directory_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.json: cannot be read \(No such file or directory\)"):
        questions_of_file(tmp_path / "gone.json")
    with pytest.raises(DataError, match=r"cannot be read \(Is a directory\)"):
        questions_of_file(tmp_path)


def test_an_empty_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(" \n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a\.json: the file is empty"):
        questions_of_file(tmp_path / "a.json")


def test_texts_may_be_absent_where_they_are_not_needed() -> None:
    document = {"data": [{"paragraphs": [{"qas": [{"id": 1, "answers": [{"text": "Ann"}]}]}]}]}
    assert [(each.id, each.answers) for each in read(document, texts=False)] == [("1", ("Ann",))]
    with pytest.raises(DataError, match='no key "context"'):
        read(document)


KEYS = [
    "data",
    "paragraphs",
    "context",
    "qas",
    "id",
    "question",
    "answers",
    "text",
    "answer_start",
    "title",
    "is_impossible",
]
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([None, True, 0, -3, 7.0, float("nan"), 10**400, "", "Ann", "8", "\ud83d", "²"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=100)
@given(VALUES, st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=3), st.booleans())
def test_any_json_gives_questions_or_one_line(value: Any, changes: dict[str, Any], row: bool) -> None:
    document = {"data": [ROWS[0] | changes]} if row else value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.json"
        path.write_text(json.dumps(document), encoding="utf-8")
        for read_it in (load_squad, lambda name: list(texts_of_file(Path(name)))):
            try:
                read_it(str(path))
            except DataError as error:
                assert "\n" not in str(error)
