"""Test sets of sentence pairs: parallel languages, groups, notes, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlingual.data.sentence_pairs.pawsx import PAWSX
from xlingual.errors import DataError

Write = Callable[..., Path]
OWN = "id\tsentence1\tsentence2\tlabel"


def test_languages_have_the_same_ids_and_groups(pawsx_directory: Path) -> None:
    loaded = PAWSX.load(str(pawsx_directory), ["de", "zho", "en"])
    assert list(loaded) == ["de", "zh", "en"]
    for code, part in loaded.items():
        assert [(one.id, one.paragraph, one.language) for one in part.examples] == [
            ("1", "1", code),
            ("2", "1", code),
            ("3", "3", code),
        ]


def test_the_groups_of_a_language_do_not_depend_on_those_beside_it(write_lines: Write, tmp_path: Path) -> None:
    write_lines("en/test_2k.tsv", OWN, ("1", "a", "b", "1"), ("2", "b", "c", "0"), ("3", "d", "e", "0"))
    write_lines("ko/test_2k.tsv", OWN, ("1", "A", "B", "1"), ("2", "B'", "C", "0"), ("3", "D", "E", "0"))
    for paragraphs in (None, 1):
        beside = PAWSX.load(str(tmp_path), ["en", "ko"], paragraphs)["ko"]
        assert PAWSX.load(str(tmp_path), ["ko"], paragraphs)["ko"] == beside
    assert [one.paragraph for one in PAWSX.load(str(tmp_path), ["ko"])["ko"].examples] == ["1", "1", "3"]


def test_where_english_has_other_pairs_a_language_is_grouped_by_itself(write_lines: Write, tmp_path: Path) -> None:
    write_lines("en/test_2k.tsv", OWN, ("8", "a", "b", "1"), ("9", "b", "c", "0"))
    write_lines("ko/test_2k.tsv", OWN, ("1", "A", "B", "1"), ("2", "B'", "C", "0"))
    assert [one.paragraph for one in PAWSX.load(str(tmp_path), ["ko"])["ko"].examples] == ["1", "2"]


def test_a_sentence_that_was_never_translated_is_kept_and_told(pawsx_directory: Path) -> None:
    german = PAWSX.load(str(pawsx_directory), ["en", "de"])["de"]
    assert german.counts == {"read": 3, "kept": 3, "dropped_limit": 0, "untranslated": 1}
    (note,) = german.notes
    assert "test_2k.tsv: NS is a sentence of 1 of 3 pairs" in note


def test_missing_translations_join_no_groups(write_lines: Write, tmp_path: Path) -> None:
    write_lines("de/test_2k.tsv", OWN, ("1", "NS", "a", "0"), ("2", "NS", "b", "0"))
    assert [one.paragraph for one in PAWSX.load(str(tmp_path), ["de"])["de"].examples] == ["1", "2"]


def test_a_number_of_paragraphs_keeps_whole_groups(pawsx_directory: Path) -> None:
    part = PAWSX.load(str(pawsx_directory), ["en"], 1)["en"]
    assert part.counts["kept"] + part.counts["dropped_limit"] == part.counts["read"] == 3
    assert len({one.paragraph for one in part.examples}) == 1


def test_without_test_files_the_development_files_are_the_test_set(write_lines: Write, tmp_path: Path) -> None:
    write_lines("dev-en.tsv", ("a", "b", "1"))
    part = PAWSX.load(str(tmp_path), ["en"])["en"]
    assert [one.id for one in part.examples] == ["1"]
    assert "no test files of PAWS-X, so its development files are the test set" in part.notes[0]
    write_lines("test-de.tsv", ("a", "b", "1"))
    with pytest.raises(DataError, match=r"no file for en \(\{language\}/test_2k.tsv or test-\{language\}.tsv\)"):
        PAWSX.load(str(tmp_path), ["en"])


def test_the_languages_of_a_source_are_those_of_its_files_or_folders(
    pawsx_directory: Path, write_lines: Write, write_snapshot: Callable[..., Path], tmp_path: Path
) -> None:
    assert PAWSX.languages_of(str(pawsx_directory)) == ["en", "de", "zh"]
    assert PAWSX.languages_of("a/b") == list(PAWSX.layout.languages)
    row = {"id": 5, "sentence1": "a", "sentence2": "b", "label": 1}
    assert PAWSX.languages_of(str(write_snapshot(tmp_path / "copy", {("fr", "test"): [row]}))) == ["fr"]
    file = write_lines("all.tsv", ("language", "sentence1", "sentence2", "label"), ("ko", "a", "b", "1"))
    assert PAWSX.languages_of(str(file)) == ["ko"]
    assert [one.language for one in PAWSX.load(str(file), ["ko"])["ko"].examples] == ["ko"]
    with pytest.raises(DataError, match=r"no pair in de, its column language has ko; leave de out"):
        PAWSX.load(str(file), ["ko", "de"])


@pytest.mark.parametrize("saved", [False, True])
def test_pairs_that_name_no_language_are_those_of_one_that_is_asked_for(
    write_lines: Write, tmp_path: Path, saved: bool
) -> None:
    file = write_lines("german.tsv", OWN, ("1", "a", "b", "1"))
    if saved:
        from datasets import Dataset

        file = tmp_path / "saved"
        Dataset.from_list([{"id": 1, "sentence1": "a", "sentence2": "b", "label": 1}]).save_to_disk(str(file))
    assert [one.language for one in PAWSX.load(str(file), ["de"])["de"].examples] == ["de"]
    with pytest.raises(DataError, match=r"asked for pairs in de and fr, and nothing says which of them this is in"):
        PAWSX.load(str(file), ["de", "fr"])
    if not saved:
        (part,) = PAWSX.stated(str(file), PAWSX.languages_of(str(file))).values()  # the check of training data
        assert len(part) == 1


def test_a_row_without_an_id_does_not_take_that_of_another(write_lines: Write, tmp_path: Path) -> None:
    write_lines("en/test_2k.tsv", OWN, ("", "a", "b", "1"), ("1", "c", "d", "0"))
    with pytest.raises(DataError, match=r"test_2k.tsv:3: the id 1 is also on line 2, with another label \(1, here 0\)"):
        PAWSX.load(str(tmp_path), ["en"])


def test_columns_of_the_hub_and_of_xtreme_are_read(write_snapshot: Callable[..., Path], tmp_path: Path) -> None:
    own = {"id": 5, "sentence1": " a ", "sentence2": "b", "label": 1}
    xtreme = {"sentence1": "a", "sentence2": "b", "label": "1"}
    hub = write_snapshot(tmp_path / "own", {(code, "test"): [own] for code in ("en", "de")})
    copy = write_snapshot(tmp_path / "copy", {(f"PAWS-X.{code}", "test"): [xtreme] for code in ("en", "de")})
    for source, identifier in ((hub, "5"), (copy, "1")):
        for code, part in PAWSX.load(str(source), ["en", "de"]).items():
            (pair,) = part.examples
            assert (pair.id, pair.first, pair.second, pair.label) == (identifier, "a", "b", "1")
            assert pair.language == code


GOOD = (OWN, ("1", "a", "b", "1"), ("2", "c", "d", "0"))


@pytest.mark.parametrize(
    ("case", "english", "german"),
    [
        ("an unknown label", (OWN, ("1", "a", "b", "1"), ("2", "c", "d", "2")), GOOD),
        ("no label", (OWN, ("1", "a", "b", "1"), ("2", "c", "d", "-1")), GOOD),
        ("an empty sentence", (OWN, ("1", "a", "b", "1"), ("2", "c", "\u200b ", "0")), GOOD),
        ("another length", GOOD, GOOD[:2]),
        ("other ids", GOOD, (OWN, ("1", "a", "b", "1"), ("3", "c", "d", "0"))),
        ("other labels", GOOD, (OWN, ("1", "a", "b", "1"), ("2", "c", "d", "1"))),
        ("an id twice", (*GOOD, ("1", "a", "b", "1")), GOOD),
        ("an id with two labels", (*GOOD, ("1", "e", "f", "0")), GOOD),
    ],
    ids=lambda value: value.replace(" ", "_") if isinstance(value, str) else "",
)
def test_what_cannot_be_scored_is_one_line_with_its_place(
    write_lines: Write,
    by_letter: Callable[..., None],
    tmp_path: Path,
    case: str,
    english: tuple[str, ...],
    german: tuple[str, ...],
) -> None:
    write_lines("en/test_2k.tsv", *english)
    write_lines("de/test_2k.tsv", *german)
    with pytest.raises(DataError) as caught:
        PAWSX.load(str(tmp_path), ["en", "de"])
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
    by_letter(str(caught.value).replace(str(tmp_path), "FOLDER"), case)


@pytest.mark.parametrize(("languages", "paragraphs"), [(["en"], 0), ([], None), (["fr"], None)])
def test_what_is_not_there_is_refused(
    pawsx_directory: Path, by_letter: Callable[..., None], languages: list[str], paragraphs: int | None
) -> None:
    with pytest.raises(DataError) as caught:
        PAWSX.load(str(pawsx_directory), languages, paragraphs)
    by_letter(str(caught.value).replace(str(pawsx_directory), "FOLDER"), f"{languages} {paragraphs}")


def test_a_language_that_the_test_set_does_not_have_is_told_as_one(pawsx_directory: Path) -> None:
    with pytest.raises(DataError, match="PAWS-X has no ru; its languages are en, de, es, fr, ja, ko, zh; leave ru out"):
        PAWSX.load(str(pawsx_directory), ["en", "ru"])


def test_a_directory_of_something_else_has_no_languages(tmp_path: Path) -> None:
    (tmp_path / "fi.json").write_text("{}")
    with pytest.raises(DataError, match=r"no file of PAWS-X .*, found fi\.json; name the directory"):
        PAWSX.languages_of(str(tmp_path))
