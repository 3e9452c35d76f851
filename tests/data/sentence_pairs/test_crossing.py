"""The first sentence in one language, the second in another."""

from __future__ import annotations

from pathlib import Path

from xlingual.data.sentence_pairs.pawsx import PAWSX


def test_sentences_are_of_two_languages_and_ids_stay(pawsx_directory: Path) -> None:
    crossed = PAWSX.cross(str(pawsx_directory), [("en", "zh"), ("zh", "en"), ("zh", "zh")])
    assert list(crossed) == ["en-zh", "zh-en", "zh"]
    first = crossed["en-zh"].examples[0]
    assert (first.first, first.second, first.label, first.paragraph) == ("red en", "blue zh", "1", "1")
    assert (first.language, first.second_language) == ("en", "zh")
    assert [one.id for one in crossed["zh-en"].examples] == ["1", "2", "3"]
    assert crossed["zh"].examples[0].second_language == ""


def test_a_pair_has_its_own_label_unless_one_of_its_sentences_is_missing(pawsx_directory: Path) -> None:
    crossed = PAWSX.cross(str(pawsx_directory), [("de", "zh"), ("zh", "de")])
    missing, there = crossed["de-zh"].examples[2], crossed["zh-de"].examples[2]
    assert (missing.first, missing.second, missing.label) == ("NS", "two zh", "0")
    assert (there.first, there.second, there.label) == ("one zh", "two de", "1")
    assert crossed["de-zh"].counts["untranslated"] == 1 and "untranslated" not in crossed["zh-de"].counts


def test_labels_are_those_of_english_where_neither_language_has_the_whole_pair(pawsx_directory: Path) -> None:
    file = pawsx_directory / "zh" / "test_2k.tsv"
    file.write_text(file.read_text().replace("one zh\ttwo zh\t1", "one zh\tNS\t0"))
    crossed = PAWSX.cross(str(pawsx_directory), [("zh", "de")])
    assert list(crossed) == ["zh-de"]
    assert (crossed["zh-de"].examples[2].second, crossed["zh-de"].examples[2].label) == ("two de", "1")


def test_crossed_pairs_have_the_groups_of_plain_ones(pawsx_directory: Path) -> None:
    file = pawsx_directory / "en" / "test_2k.tsv"
    file.write_text(file.read_text().replace("blue en", "the same").replace("two en", "the same"))
    plain = PAWSX.load(str(pawsx_directory), ["de", "zh"])["de"].examples
    crossed = PAWSX.cross(str(pawsx_directory), [("zh", "de")])["zh-de"].examples
    assert [one.paragraph for one in crossed] == [one.paragraph for one in plain] == ["1", "1", "1"]
