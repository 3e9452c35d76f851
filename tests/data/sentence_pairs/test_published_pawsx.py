"""PAWS-X as published: the count of every file, whichever layout it is in."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from xlingual.data.sentence_pairs.pawsx import PAWSX
from xlingual.data.sentence_pairs.row_reader import pairs_of_file

PARAPHRASES = {
    "dev_2k": {"en": 863, "de": 831, "es": 847, "fr": 860, "ja": 854, "ko": 840, "zh": 853},
    "test_2k": {"en": 907, "de": 895, "es": 907, "fr": 903, "ja": 883, "ko": 896, "zh": 894},
}
"""Pairs with label 1 of the 2,000 of each file."""

UNTRANSLATED = {
    "dev_2k": {"en": 0, "de": 68, "es": 38, "fr": 8, "ja": 20, "ko": 35, "zh": 16},
    "test_2k": {"en": 0, "de": 32, "es": 1, "fr": 14, "ja": 54, "ko": 28, "zh": 25},
}


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "ja", "ko", "zh"])
@pytest.mark.parametrize("name", ["dev_2k", "test_2k"])
def test_every_row_of_its_own_layout_is_read(shared: Path, name: str, language: str) -> None:
    pairs = pairs_of_file(shared / "data" / "pawsx" / "x-final" / language / f"{name}.tsv")
    ones = PARAPHRASES[name][language]
    assert Counter(pair.label for pair in pairs) == {"0": 2000 - ones, "1": ones}
    assert sum("NS" in pair.sentences for pair in pairs) == UNTRANSLATED[name][language]
    assert len({pair.id for pair in pairs}) == 2000


@pytest.mark.parametrize("language", ["en", "de", "zh"])
def test_both_layouts_of_the_development_data_have_the_same_rows(shared: Path, language: str) -> None:
    folder = shared / "data" / "pawsx"
    own = pairs_of_file(folder / "x-final" / language / "dev_2k.tsv")
    xtreme = pairs_of_file(folder / "xtreme" / f"dev-{language}.tsv")
    assert [(one.sentences, one.label) for one in own] == [(one.sentences, one.label) for one in xtreme]


def test_all_languages_are_parallel_and_cross(shared: Path) -> None:
    source = str(shared / "data" / "pawsx" / "x-final")
    loaded = PAWSX.load(source, PAWSX.layout.languages)
    assert {code: len(part) for code, part in loaded.items()} == dict.fromkeys(PAWSX.layout.languages, 2000)
    assert len({one.paragraph for one in loaded["ja"].examples}) == 1238
    crossed = PAWSX.cross(source, [("ja", "de")])["ja-de"]
    whole = [one.label for one in crossed.examples if "NS" not in (one.first, one.second)]
    english = [
        e.label for e, c in zip(loaded["en"].examples, crossed.examples, strict=True) if "NS" not in (c.first, c.second)
    ]
    assert whole == english and len(whole) == 2000 - crossed.counts["untranslated"]


def test_training_data_is_read_and_cleaned(shared: Path) -> None:
    file = shared / "data" / "pawsx" / "x-final" / "en" / "train.tsv"
    assert Counter(pair.label for pair in pairs_of_file(file)) == {"0": 4464, "1": 3536}
    examples = PAWSX.load_training(str(file))
    assert (len(examples), examples.counts["dropped_duplicate"], examples.counts["dropped_two_labels"]) == (
        7977,
        13,
        10,
    )
    assert len({one.paragraph for one in examples.examples}) == 1616
