"""XNLI as published: the count of every file, and all of its layouts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from xlingual.data.sentence_pairs.row_reader import pairs_of_file
from xlingual.data.sentence_pairs.xnli import XNLI
from xlingual.errors import DataError

Write = Callable[..., Path]
LABELS = ("entailment", "neutral", "contradiction")
AUTHORS = ("language", "gold_label", "sentence1_binary_parse", "sentence1", "sentence2", "promptID", "pairID", "label1")


@pytest.mark.parametrize("language", XNLI.layout.languages)
def test_every_row_of_the_development_data_is_read(shared: Path, language: str) -> None:
    pairs = pairs_of_file(shared / "data" / "xnli" / f"dev-{language}.tsv")
    assert Counter(pair.label for pair in pairs) == dict.fromkeys(LABELS, 830)
    assert all(pair.first and pair.second for pair in pairs)


def test_all_languages_are_parallel_and_a_premise_is_a_group(shared: Path) -> None:
    loaded = XNLI.load(str(shared / "data" / "xnli"), XNLI.layout.languages)
    assert {code: len(part) for code, part in loaded.items()} == dict.fromkeys(XNLI.layout.languages, 2490)
    assert len({one.paragraph for one in loaded["sw"].examples}) == 830
    (note,) = loaded["sw"].notes
    assert note.endswith("there are no test files of XNLI, so its development files are the test set")
    crossed = XNLI.cross(str(shared / "data" / "xnli"), [("sw", "ur")])["sw-ur"]
    assert [one.label for one in crossed.examples] == [one.label for one in loaded["en"].examples]


def test_training_data_is_read_and_cleaned(shared: Path) -> None:
    file = shared / "data" / "xnli" / "train-en.tsv"
    assert Counter(pair.label for pair in pairs_of_file(file)) == dict(zip(LABELS, (3239, 3367, 3394), strict=True))
    examples = XNLI.load_training(str(shared / "data" / "xnli"))
    assert examples.counts == {
        "read": 10000,
        "kept": 9888,
        "dropped_no_label": 0,
        "dropped_empty_sentence": 0,
        "dropped_duplicate": 112,
        "dropped_two_labels": 0,
    }
    assert max(Counter(one.paragraph for one in examples.examples).values()) < 20


def test_the_authors_files_hold_all_languages_in_one(write_lines: Write, tmp_path: Path) -> None:
    rows = [(code, "neutral", "", f"p {code}", f"h {code}", "1", "1", "neutral") for code in ("de", "en")]
    write_lines("xnli.test.tsv", AUTHORS, *rows)
    assert XNLI.languages_of(str(tmp_path)) == ["en", "de"]
    for source in (tmp_path, tmp_path / "xnli.test.tsv"):
        loaded = XNLI.load(str(source), ["de", "en"])
        assert [(code, part.examples[0].first, part.examples[0].id) for code, part in loaded.items()] == [
            ("de", "p de", "1"),
            ("en", "p en", "1"),
        ]


def test_machine_translated_training_files_say_contradictory(write_lines: Write, tmp_path: Path) -> None:
    write_lines("multinli.train.de.tsv", ("premise", "hypo", "label"), ("Ja", "Nein", "contradictory"))
    (example,) = XNLI.load_training(str(tmp_path), language="de").examples
    assert (example.first, example.second, example.label) == ("Ja", "Nein", "contradiction")


def test_class_ids_of_the_hub_are_labels_and_multinli_leaves_some_open(
    write_snapshot: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [{"premise": f"p{n}", "hypothesis": "h", "label": n} for n in (0, 1, 2, -1)]
    hub = write_snapshot(tmp_path / "xnli", {("en", "test"): rows[:3]})
    assert [one.label for one in XNLI.load(str(hub), ["en"])["en"].examples] == list(LABELS)
    splits: dict[str, Literal["train", "dev"]] = {"train": "train", "validation_matched": "dev"}
    for name, split in splits.items():
        multinli = write_snapshot(tmp_path / split, {("data", name): rows})
        examples = XNLI.load_training(str(multinli), split=split)
        assert [one.label for one in examples.examples] == list(LABELS)
        assert examples.counts["dropped_no_label"] == 1
    xtreme = [{"language": code, "sentence1": code, "sentence2": "h", "gold_label": "neutral"} for code in ("en", "de")]
    copy = write_snapshot(tmp_path / "xtreme", {("XNLI", "test"): xtreme})
    assert {code: part.examples[0].first for code, part in XNLI.load(str(copy), ["de", "en"]).items()} == {
        "de": "de",
        "en": "en",
    }


def test_class_ids_in_a_file_are_no_labels_of_it(write_lines: Write) -> None:
    path = write_lines("pawsx.tsv", ("a", "b", "1"))
    with pytest.raises(
        DataError, match=r"pawsx.tsv:1: the label '1' is none of XNLI's \(entailment, neutral, contradiction\)"
    ):
        XNLI.load_training(str(path))
