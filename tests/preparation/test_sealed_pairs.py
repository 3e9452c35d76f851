"""A sealed set of sentence pairs before it is read: fingerprints of every pair of languages, and notes on its files."""

from __future__ import annotations

from pathlib import Path

from xlingual.preparation.inputs import Locations
from xlingual.preparation.sealed_test_set import look_at_test_set
from xlingual.study.test_sets import TestSet


def test_files_are_spoken_of_before_anything_is_trained(tmp_path: Path) -> None:
    for code, second in (("en", "b"), ("de", "NS")):
        (tmp_path / f"dev-{code}.tsv").write_text(f"a\t{second}\t{int(second == 'b')}\nc\td\t0\n", encoding="utf-8")
    test = TestSet("pawsx", str(tmp_path), ("en", "de"), generalised=True)
    found, notes = look_at_test_set(test, Locations("", "", {"pawsx": str(tmp_path)}, None, {}))
    assert sorted(found["languages"]) == ["de", "de-en", "en", "en-de"]
    assert len(set(found["languages"].values())) == 4
    assert [note.startswith("test set pawsx, ") for note in notes] == [True, True]
    assert "its development files are the test set" in notes[0] and "NS is a sentence of 1 of 2 pairs" in notes[1]
