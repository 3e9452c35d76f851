"""A user's own files are found by a pattern of their names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlingual.data.test_sets.own import languages_of, load_crossed, load_own
from xlingual.errors import DataError
from xlingual.study.benchmarks.own import files_of, name_of, own_benchmark


def article(word: str, *ids: str) -> dict[str, dict[str, list[object]]]:
    return {f"{word} title": {f"{word} {one} text": [(one, f"{word} asks?", [(word, 0)])] for one in ids}}


@pytest.fixture
def folder(tmp_path: Path, write_squad: Callable[..., Path]) -> Path:
    for name, word in (("fi", "yksi"), ("swa", "moja"), ("en", "one")):
        write_squad(tmp_path / "mine" / f"{name}.json", article(word, "1", "2"))
    (tmp_path / "mine" / "notes.json").write_text("not data")
    (tmp_path / "mine" / "dev.json").write_text("no language either")
    return tmp_path / "mine"


def test_files_are_found_by_codes_of_two_or_three_letters(folder: Path) -> None:
    pattern = f"{folder}/{{language}}.json"
    assert {code: path.name for code, path in files_of(pattern).items()} == {
        "en": "en.json",
        "fi": "fi.json",
        "sw": "swa.json",
    }
    benchmark = own_benchmark("mine", pattern)
    assert (benchmark.name, benchmark.languages, benchmark.source) == ("mine", ("en", "fi", "sw"), pattern)
    sets = benchmark.load(benchmark.reader)(pattern, ["swa", "fi"], None)
    assert list(sets) == ["sw", "fi"] and [one.id for one in sets["sw"].examples] == ["1", "2"]
    assert sets["fi"].examples[0].title == "yksi title" and sets["fi"].examples[0].language == "fi"
    assert languages_of(pattern) == ["en", "fi", "sw"]


@pytest.mark.parametrize(
    ("pattern", "files"),
    [
        ("squad.{language}.dev.json", ["squad.fi.dev.json", "squad.sv.dev.json"]),
        ("{language}/test.json", ["fi/test.json", "sv/test.json"]),
        ("{language}/squad-{language}.json", ["fi/squad-fi.json", "sv/squad-sv.json", "sv/squad-fi.json"]),
        ("a[b]*/{language}.jsonl", ["a[b]*/fi.jsonl", "a[b]*/sv.jsonl", "ab/de.jsonl"]),
    ],
)
def test_the_code_may_be_anywhere(
    tmp_path: Path, write_squad: Callable[..., Path], pattern: str, files: list[str]
) -> None:
    for name in files:
        write_squad(tmp_path / name, article("x", "1"))
    assert list(files_of(f"{tmp_path}/{pattern}")) == ["fi", "sv"]


def test_one_file_is_a_set_of_the_language_that_it_is_said_to_have(folder: Path) -> None:
    pattern = f"{folder}/swa.json{{swa}}"
    benchmark = own_benchmark("mine", pattern)
    assert (benchmark.languages, benchmark.file) == (("sw",), "swa.json")
    sets = load_own(pattern, ["sw"])
    assert [one.id for one in sets["sw"].examples] == ["1", "2"]
    assert languages_of(pattern) == ["sw"]
    for wrong in (f"{folder}/absent.json{{sw}}", f"{folder}/swa.json{{qq}}"):
        with pytest.raises(DataError, match=r"no such file, or .* ends in no language code"):
            languages_of(wrong)


def test_a_pattern_that_matches_nothing_lists_what_is_there(folder: Path) -> None:
    for pattern, said in (
        (f"{folder}/{{language}}.tsv", rf"no file matches, found dev\.json, en\.json, .* in {folder}; \{{language\}}"),
        (f"{folder}/none/{{language}}.json", f"no file matches, and there is no directory {folder}/none"),
    ):
        with pytest.raises(DataError, match=said):
            languages_of(pattern)
        with pytest.raises(DataError, match=said):
            load_own(pattern, ["fi"])


def test_a_language_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(
        DataError, match=r"asked for the test languages fi, te; no file for te, there are files for en, fi"
    ):
        load_own(f"{folder}/{{language}}.json", ["fi", "te"])


def test_two_files_of_one_language_are_refused(folder: Path, write_squad: Callable[..., Path]) -> None:
    write_squad(folder / "fin.json", article("yksi", "1"))
    with pytest.raises(DataError, match=r"fi\.json and .*fin\.json are both of fi; leave one of them"):
        files_of(f"{folder}/{{language}}.json")


def test_a_broken_file_is_named_with_its_line(folder: Path) -> None:
    (folder / "te.json").write_text('{"data":\n [}', encoding="utf-8")
    with pytest.raises(DataError, match=r"te\.json:2: not JSON"):
        load_own(f"{folder}/{{language}}.json", ["te"])


def test_the_languages_need_not_be_parallel(folder: Path, write_squad: Callable[..., Path]) -> None:
    write_squad(folder / "te.json", article("okati", "7", "8", "9"))
    sets = load_own(f"{folder}/{{language}}.json", ["te", "fi"], paragraphs=1)
    assert {code: [one.id for one in part.examples] for code, part in sets.items()} == {"te": ["8"], "fi": ["2"]}
    with pytest.raises(DataError, match=r"fi and te have other questions \(1 is in one of them only\)"):
        load_crossed(f"{folder}/{{language}}.json", [("fi", "te")])


def test_questions_cross_where_the_ids_are_the_same(folder: Path) -> None:
    crossed = load_crossed(f"{folder}/{{language}}.json", [("fi", "sw"), ("sw", "fi"), ("en", "en")])
    assert list(crossed) == ["fi-sw", "sw-fi", "en"]
    (first, _), (second, _) = crossed["fi-sw"].examples, crossed["sw-fi"].examples
    assert (first.context, first.question, first.answers, first.language) == (
        "yksi 1 text",
        "moja asks?",
        ("yksi",),
        "fi",
    )
    assert (second.context, second.question, second.answers, second.language) == (
        "moja 1 text",
        "yksi asks?",
        ("moja",),
        "sw",
    )


def test_a_set_is_named_after_its_folder(tmp_path: Path) -> None:
    assert name_of("my data/{language}.json") == "my_data"
    assert name_of("x/News-QA/{language}/test.json") == "news_qa"
    assert name_of("/{language}.json") == "own"
