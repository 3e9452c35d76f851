"""Training pairs: what is dropped is counted, and pairs that share a sentence are one group."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlingual.data.sentence_pairs.pawsx import PAWSX
from xlingual.errors import DataError

Write = Callable[..., Path]


def test_what_cannot_be_used_is_dropped_and_counted(write_lines: Write) -> None:
    path = write_lines(
        "t.tsv",
        ("a", "b", "1"),
        ("a", "b", "1"),
        ("c", "d", "-"),
        ("c", "", "0"),
        ("e", "f", "1"),
        ("e", "f", "0"),
        ("b", "g", "0"),
    )
    examples = PAWSX.load_training(str(path))
    assert examples.counts == {
        "read": 7,
        "kept": 2,
        "dropped_no_label": 1,
        "dropped_empty_sentence": 1,
        "dropped_duplicate": 1,
        "dropped_two_labels": 2,
    }
    assert [(one.id, one.first, one.second, one.label, one.paragraph) for one in examples.examples] == [
        ("1", "a", "b", "1", "1"),
        ("7", "b", "g", "0", "1"),
    ]


def test_directories_and_copies_of_the_hub_are_read_by_split(
    write_lines: Write, write_snapshot: Callable[..., Path], tmp_path: Path
) -> None:
    write_lines("own/en/train.tsv", "id\tsentence1\tsentence2\tlabel", ("3", "a", "b", "1"))
    write_lines("own/de/dev_2k.tsv", "id\tsentence1\tsentence2\tlabel", ("4", "c", "d", "0"))
    row = {"id": 3, "sentence1": "a", "sentence2": "b", "label": 1}
    write_snapshot(tmp_path / "hub", {("en", "train"): [row], ("de", "validation"): [row | {"sentence1": "c"}]})
    for source in ("own", "hub"):
        (train,) = PAWSX.load_training(str(tmp_path / source)).examples
        (dev,) = PAWSX.load_training(str(tmp_path / source), language="de", split="dev").examples
        assert (train.first, train.language, dev.first, dev.language) == ("a", "en", "c", "de")


@pytest.mark.parametrize(
    ("case", "rows"), [("a label of another task", [("a", "b", "neutral")]), ("nothing left", [("a", "b", "-")])]
)
def test_unusable_data_is_one_line(
    write_lines: Write, by_letter: Callable[..., None], tmp_path: Path, case: str, rows: list[tuple[str, ...]]
) -> None:
    path = write_lines("t.tsv", *rows)
    with pytest.raises(DataError) as caught:
        PAWSX.load_training(str(path))
    by_letter(str(caught.value).replace(str(tmp_path), "FOLDER"), case)
