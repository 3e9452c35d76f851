from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from faq_files import row, write

from xlingual.data.faq.sampling import Draw, faq_rows
from xlingual.errors import DataError

ENDINGS = ("jsonl", "jsonl.gz", "parquet")


def questions(drawn: Any) -> list[str]:
    return [each.question for each in drawn]


@pytest.mark.parametrize("name", [f"{stem}.{ending}" for stem in ("deu", "de", "data/deu") for ending in ENDINGS])
@pytest.mark.parametrize("code", ["de", "deu"])
def test_either_code_finds_either_file_in_every_format(tmp_path: Path, name: str, code: str) -> None:
    write(tmp_path / name, [row(n, more="columns are fine") for n in range(5)])
    drawn = faq_rows(str(tmp_path), code, rows=10)
    found = list(drawn)
    assert [each.question for each in found] == [f"Frage {n}?" for n in range(5)]
    assert {(each.language, each.origin, each.answer[:8]) for each in found} == {("de", "a.de", "Antwort ")}
    assert drawn.counts["read"] == 5 and drawn.counts["short"] == 5


def test_one_file_is_one_language(tmp_path: Path) -> None:
    path = write(tmp_path / "anything.jsonl", [row(0)])
    assert questions(faq_rows(str(path), "tr", rows=1)) == ["Frage 0?"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("named", ["tr", "tur", "tr-TR", "TUR", "", "Turkish", None])
def test_rows_that_name_their_language_or_none_are_read(tmp_path: Path, named: str | None, ending: str) -> None:
    path = write(tmp_path / f"mine.{ending}", [row(0, language=named), row(1, language="tr")])
    assert len(questions(faq_rows(str(path), "tr", rows=2))) == 2


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("named", ["sv", "swe", "sv_SE"])
def test_rows_of_another_language_are_refused(tmp_path: Path, named: str, ending: str) -> None:
    path = write(tmp_path / f"mine.{ending}", [row(0, language="fi"), row(1, language=named)])
    with pytest.raises(DataError, match=rf"row 2 says that its language is '{named}', but .* asked for in 'fi'; write"):
        list(faq_rows(str(path), "fi", rows=2))


def test_labels_and_scores_are_read_and_tell_the_version(tmp_path: Path) -> None:
    labels = {"topic": "Travel", "question_type": "What"}
    write(tmp_path / "deu.jsonl", [row(0, **labels)])
    write(tmp_path / "tur.parquet", [row(0, **labels, id="1", semantic_similarity_score=0.75)])
    write(tmp_path / "ell.jsonl", [row(0)])
    german, turkish, greek = (faq_rows(str(tmp_path), code, rows=1) for code in ("de", "tr", "el"))
    assert (german.columns.version, german.columns.names) == (1, {"topic", "question_type"})
    assert (turkish.columns.version, turkish.columns.names) == (2, {*german.columns.names, "semantic_similarity_score"})
    assert (greek.columns.version, greek.columns.names) == (1, set())
    assert [(r.topic, r.question_type, r.similarity) for r in german] == [("Travel", "What", None)]
    assert [(r.topic, r.question_type, r.similarity) for r in turkish] == [("Travel", "What", 0.75)]
    assert [(r.topic, r.question_type, r.similarity) for r in greek] == [("", "", None)]


def test_the_versions_question_types_are_not_mixed(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(0, question_type="What"), row(1, question_type="FACTOID", id="1")])
    with pytest.raises(DataError, match=r"row 2 is of WebFAQ's version 2, the first row of version 1"):
        list(faq_rows(str(tmp_path), "de", rows=5))


def test_only_the_rows_that_are_asked_for_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "deu.jsonl", [row(n) for n in range(5)])
    path.write_bytes(path.read_bytes() + b"this line is never reached\n")
    drawn = faq_rows(str(tmp_path), "de", rows=3)
    assert questions(drawn) == ["Frage 0?", "Frage 1?", "Frage 2?"]
    assert dict(drawn.counts) == {
        "read": 3, "dropped_empty_question": 0, "dropped_empty_answer": 0, "short": 0, "passed_over": 0
    }  # fmt: skip


def test_empty_sides_are_dropped_and_counted(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(0), row(1, question="  "), row(2, answer=None), row(3, answer=""), row(4)])
    drawn = faq_rows(str(tmp_path), "de", rows=5)
    assert questions(drawn) == ["Frage 0?", "Frage 4?"]
    assert (drawn.counts["dropped_empty_question"], drawn.counts["dropped_empty_answer"]) == (1, 2)
    assert drawn.counts["read"] == 5


@pytest.mark.parametrize("ending", ENDINGS)
def test_rows_of_a_host_stand_together_whatever_their_order(tmp_path: Path, ending: str) -> None:
    stated = [row(n, f"{'bca'[n % 3]}.de") for n in range(2000)]
    write(tmp_path / f"deu.{ending}", stated)
    found = list(faq_rows(str(tmp_path), "de", rows=2000))
    assert [host for host, _ in groupby(found, key=lambda r: r.origin)] == ["b.de", "c.de", "a.de"]
    by_host = {host: [r["question"] for r in stated if r["origin"] == host] for host in ("a.de", "b.de", "c.de")}
    assert [r.question for r in found] == [*by_host["b.de"], *by_host["c.de"], *by_host["a.de"]]


def test_a_spread_draws_whole_hosts_by_the_seed_alone(tmp_path: Path) -> None:
    stated = [row(n, f"site-{n // 5}.de") for n in range(2000)]
    write(tmp_path / "deu.jsonl", stated)
    mixed = list(stated)
    random.Random(0).shuffle(mixed)
    write(tmp_path / "tur.jsonl", mixed)
    drawn = faq_rows(str(tmp_path), "de", rows=2000, seed=1, spread=4)
    hosts = [host for host, rows in groupby(drawn, key=lambda r: r.origin) if len(list(rows)) == 5]
    assert drawn.counts["read"] == 5 * len(hosts) == 2000 - drawn.counts["passed_over"]
    assert 60 < len(hosts) < 140  # 100 expected, standard deviation 8.7
    assert {r.origin for r in faq_rows(str(tmp_path), "tr", rows=2000, seed=1, spread=4)} == set(hosts)
    other = {r.origin for r in faq_rows(str(tmp_path), "de", rows=2000, seed=2, spread=4)}
    assert 0 < len(other & set(hosts)) < len(hosts)
    few = faq_rows(str(tmp_path), "de", rows=12, seed=1, spread=4)
    assert [r.origin for r in few] == [hosts[0]] * 5 + [hosts[1]] * 5 + [hosts[2]] * 2


def test_a_host_is_drawn_on_this_machine_as_on_any(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(n, f"site-{n}.de") for n in range(20)])
    found = [r.origin for r in faq_rows(str(tmp_path), "de", rows=20, seed=0, spread=5)]
    assert found == ["site-1.de", "site-14.de", "site-18.de"]


def test_a_missing_origin_is_the_host_of_the_url(tmp_path: Path) -> None:
    write(tmp_path / "deu.jsonl", [row(0, "", url="https://b.de:80/faq"), row(1, "", url="")])
    assert [r.origin for r in faq_rows(str(tmp_path), "de", rows=2)] == ["b.de", ""]


def test_half_a_surrogate_pair_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "deu.jsonl").write_text(json.dumps(row(0, answer="a\ud83d b")), encoding="ascii")
    assert [r.answer for r in faq_rows(str(tmp_path), "de", rows=1)] == ["a? b"]


def test_real_pairs_of_many_languages_are_read_whole(shared: Path) -> None:
    source = str(shared / "data/faq_multilingual")
    sizes = {code: len(list(faq_rows(source, code, rows=1000))) for code in ("de", "ara", "zh")}
    assert sizes == {"de": 147, "ara": 56, "zh": 146}


def test_raw_schema_org_pairs_are_read(shared: Path, tmp_path: Path) -> None:
    shutil.copy(shared / "data/webfaq_sample/webfaq_sample.jsonl", tmp_path / "tur.jsonl")
    drawn = faq_rows(str(tmp_path), "tr", rows=1000)
    assert len(list(drawn)) == 56 - drawn.counts["dropped_empty_answer"] and drawn.counts["read"] == 56
    assert drawn.columns.version == 2


def test_a_copy_of_the_hub_reads_like_the_files(tmp_path: Path, write_snapshot: Callable[..., Path]) -> None:
    rows = [row(n) for n in range(4)]
    write(tmp_path / "deu.jsonl", rows)
    snapshot = str(write_snapshot(tmp_path / "hub", {("deu", "default"): rows, ("tur", "default"): rows[:1]}))
    copy = faq_rows(snapshot, "deu", rows=3)
    assert list(copy) == list(faq_rows(str(tmp_path), "de", rows=3))
    with pytest.raises(DataError, match=r"configuration ell, split default.*\['deu', 'tur'\]"):
        faq_rows(snapshot, "el", rows=3)


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    path = write(tmp_path / "deu.jsonl", [row(0)])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert questions(faq_rows(str(tmp_path), "de", rows=3)) == ["Frage 0?"]


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        (b'{"question": 1', "deu.jsonl:2: not JSON"),
        (b"[1]", "deu.jsonl:2: expected a JSON object, found list"),
        (b'{"origin": "", "question": "", "answer": ""}', "row 2: .*url missing, found origin, question, answer"),
        (b'"\xff"', "deu.jsonl:2: not UTF-8"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: bytes, finding: str) -> None:
    path = write(tmp_path / "deu.jsonl", [row(0)])
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(DataError, match=finding):
        list(faq_rows(str(tmp_path), "de", rows=10))


@pytest.mark.parametrize("ending", ["jsonl.gz", "parquet"])
def test_a_broken_file_is_named(tmp_path: Path, ending: str) -> None:
    path = write(tmp_path / f"deu.{ending}", [row(n) for n in range(200)])
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=rf"deu.{ending}: cannot be read"):
        list(faq_rows(str(tmp_path), "de", rows=300))


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "parquet"])
def test_a_pointer_of_git_lfs_is_named(tmp_path: Path, ending: str) -> None:
    (tmp_path / f"deu.{ending}").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4\n")
    with pytest.raises(DataError, match=rf"deu.{ending}: a Git LFS pointer instead of the data"):
        list(faq_rows(str(tmp_path), "de", rows=3))


def test_what_is_absent_is_named_with_what_was_found(tmp_path: Path) -> None:
    write(tmp_path / "deu.parquet", [{"question": "Frage?", "answer": "Antwort"}])
    with pytest.raises(DataError, match="origin, url missing, found question, answer"):
        faq_rows(str(tmp_path), "de", rows=3)
    with pytest.raises(DataError, match=r"no file for th \(tha.jsonl\); found deu.parquet"):
        faq_rows(str(tmp_path), "th", rows=3)
    write(tmp_path / "de.jsonl", [row(0)])
    with pytest.raises(DataError, match=r"several files of one language: .*deu.parquet and .*de.jsonl"):
        faq_rows(str(tmp_path), "de", rows=3)
    with pytest.raises(DataError, match=r"ends in .jsonl, .jsonl.gz, .parquet"):
        faq_rows(__file__, "de", rows=3)


@pytest.mark.parametrize(
    ("rows", "spread", "finding"), [(0, 1, "asked for 0 rows per language"), (1, 0, "spread of 0")]
)
def test_a_draw_of_nothing_is_refused(rows: int, spread: int, finding: str) -> None:
    with pytest.raises(DataError, match=finding):
        Draw(rows, 0, spread)


@pytest.mark.usefixtures("offline")
def test_a_hub_id_that_cannot_be_reached_is_one_clear_line() -> None:
    with pytest.raises(DataError, match=r"PaDaS-Lab/webfaq' \(configuration deu, split default\): .*download"):
        faq_rows("PaDaS-Lab/webfaq", "de", rows=3)


@pytest.mark.parametrize(("value", "kind"), [({"a": 1}, "dict"), ([1], "list"), (3, "int"), (True, "bool")])
def test_a_value_that_is_no_text_is_named(tmp_path: Path, value: object, kind: str) -> None:
    row = {"origin": "a.de", "url": "https://a.de", "question": "Warum?", "answer": value}
    (tmp_path / "deu.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match=f"row 1: expected strings; answer is a {kind}; write strings"):
        list(faq_rows(str(tmp_path), "de", rows=1))
