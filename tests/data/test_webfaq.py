from __future__ import annotations

import gzip
import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.data.webfaq import load_faq
from xlingual.errors import DataError


def row(number: int, **changes: Any) -> dict[str, Any]:
    made = {"origin": "a.de", "url": "https://a.de/faq", "question": f"Frage {number}?", "answer": f"Antwort {number}"}
    return made | changes


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(each) + "\n" for each in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize("name", ["deu.jsonl", "de.jsonl", "deu.jsonl.gz", "de.jsonl.gz"])
@pytest.mark.parametrize("code", ["de", "deu"])
def test_either_code_finds_either_file(tmp_path: Path, name: str, code: str) -> None:
    write(tmp_path / name, [row(0, topic="more columns are fine"), row(1)])
    loaded = load_faq(str(tmp_path), [code], 10)
    assert list(loaded) == ["de"]
    assert [(r.question, r.answer, r.language, r.origin) for r in loaded["de"].rows] == [
        ("Frage 0?", "Antwort 0", "de", "a.de"),
        ("Frage 1?", "Antwort 1", "de", "a.de"),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    path = write(tmp_path / "deu.jsonl", [row(0)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(load_faq(str(tmp_path), ["de"], 3)["de"]) == 1


def test_only_the_first_rows_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "deu.jsonl", [row(n) for n in range(5)])
    path.write_bytes(path.read_bytes() + b"this line is never reached\n")
    loaded = load_faq(str(tmp_path), ["de"], 3)["de"]
    assert [r.question for r in loaded.rows] == ["Frage 0?", "Frage 1?", "Frage 2?"]
    assert loaded.counts["read"] == loaded.counts["kept"] == 3


def test_empty_sides_are_dropped_and_counted(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(0), row(1, question="  "), row(2, answer=None), row(3, answer=""), row(4)])
    loaded = load_faq(str(tmp_path), ["de"], 10)["de"]
    assert loaded.counts == {"read": 5, "kept": 2, "dropped_empty_question": 1, "dropped_empty_answer": 2}
    assert len(loaded) == 2


def test_the_fingerprint_is_that_of_the_rows_used(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(n) for n in range(5)])
    three, again, four = (load_faq(str(tmp_path), ["de"], number)["de"] for number in (3, 3, 4))
    assert three.fingerprint == again.fingerprint != four.fingerprint
    assert pickle.loads(pickle.dumps(three)) == three


def test_real_pairs_of_many_languages_are_read_whole(shared: Path) -> None:
    loaded = load_faq(str(shared / "data/faq_multilingual"), ["de", "ara", "zh"], 1000)
    assert {code: len(rows) for code, rows in loaded.items()} == {"de": 147, "ar": 56, "zh": 146}


def test_raw_schema_org_pairs_are_read(shared: Path, tmp_path: Path) -> None:
    shutil.copy(shared / "data/webfaq_sample/webfaq_sample.jsonl", tmp_path / "tur.jsonl")
    loaded = load_faq(str(tmp_path), ["tr"], 1000)["tr"]
    assert loaded.counts["read"] == 56
    assert loaded.counts["read"] == loaded.counts["kept"] + loaded.counts["dropped_empty_answer"]


def test_a_language_without_a_file_is_named_with_what_is_there(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(0)])
    with pytest.raises(DataError, match=r"no file for th \(tha.jsonl\), el \(ell.jsonl\); found deu.jsonl"):
        load_faq(str(tmp_path), ["de", "th", "el"], 10)


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (b'{"question": 1', "deu.jsonl:2: not JSON"),
        (b"[1]", "deu.jsonl:2: .*origin, url, question, answer missing, found list"),
        (b'{"origin": "", "question": "", "answer": ""}', "deu.jsonl:2: .*url missing"),
        (b'"\xff"', "deu.jsonl:2: not UTF-8"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, finding: str) -> None:
    path = write(tmp_path / "deu.jsonl", [row(0)])
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(DataError, match=finding):
        load_faq(str(tmp_path), ["de"], 10)


def test_a_broken_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "deu.jsonl.gz").write_bytes(b"no gzip")
    with pytest.raises(DataError, match=r"deu.jsonl.gz: cannot be read"):
        load_faq(str(tmp_path), ["de"], 10)


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(0, answer="")])
    with pytest.raises(DataError, match="read 1 FAQ rows of de, none with both"):
        load_faq(str(tmp_path), ["de"], 10)
    with pytest.raises(DataError, match="asked for 0 FAQ rows"):
        load_faq(str(tmp_path), ["de"], 0)


def test_a_file_in_place_of_a_directory_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "deu.jsonl", [row(0)])
    with pytest.raises(DataError, match="FAQ pairs are a directory"):
        load_faq(str(path), ["de"], 10)


def test_a_copy_of_the_hub_reads_like_the_files(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    rows = [row(n) for n in range(4)]
    write(tmp_path / "deu.jsonl", rows)
    snapshot = write_snapshot(tmp_path / "hub", {("deu", "default"): rows, ("tur", "default"): rows})
    copy = load_faq(str(snapshot), ["de", "tr"], 3)
    assert copy["de"] == load_faq(str(tmp_path), ["de"], 3)["de"]
    with pytest.raises(DataError, match=r"configuration ell, split default.*\['deu', 'tur'\]"):
        load_faq(str(snapshot), ["el"], 3)


def test_a_copy_without_a_column_is_refused(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    bare = [{"question": "Frage?", "answer": "Antwort"}]
    snapshot = write_snapshot(tmp_path, {("deu", "default"): bare})
    with pytest.raises(DataError, match="origin, url missing, found question, answer"):
        load_faq(str(snapshot), ["de"], 3)


@pytest.mark.usefixtures("offline")
def test_a_hub_id_that_cannot_be_reached_is_one_clear_line() -> None:
    with pytest.raises(DataError, match=r"PaDaS-Lab/webfaq' \(configuration deu, split default\): .*download"):
        load_faq("PaDaS-Lab/webfaq", ["de"], 3)
