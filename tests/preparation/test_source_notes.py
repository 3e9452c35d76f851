"""Notes on problems of a study's data, before training: the same in a plan and a run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from xlingual.data.examples import Example, ExampleSet
from xlingual.preparation.inputs import StudyData
from xlingual.preparation.source_notes import source_notes
from xlingual.study import Study, load_study


def write(path: Path, shift: int) -> Path:
    """Ten questions whose offsets are shifted by a number of characters."""
    context = "\U0001f600" * abs(shift) + " A red house"
    answers = [{"text": "red", "answer_start": 3 + abs(shift) + shift}]
    qas = [{"id": f"{path.stem}{n}", "question": "Which?", "answers": answers} for n in range(10)]
    path.write_text(json.dumps({"data": [{"title": "T", "paragraphs": [{"context": context, "qas": qas}]}]}))
    return path


def study(folder: Path, **data: Any) -> Study:
    definition = {
        "name": "s",
        "question": "Which?",
        "model": "some/model",
        "data": {"dev": "held-out-articles", "test": {"source": "google/xquad", "languages": "all"}, **data},
        "training": {"updates": 100, "learning_rate": 3e-5},
        "arms": {"plain": {"baseline": True}},
        "search": {"trials_per_arm": 4, "objective": "dev.f1"},
        "replicates": {"searches": 1, "seeds": 1},
    }
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump(definition))
    return load_study(path)


def test_a_plan_tells_of_local_files_whose_offsets_are_in_another_unit(tmp_path: Path) -> None:
    train, dev = write(tmp_path / "train.json", 2), write(tmp_path / "dev.json", 0)
    (note,) = source_notes(study(tmp_path, train=str(train), dev=str(dev)))
    assert note.startswith(f"{train}: the answers of 10 of 10 questions are not where their offsets say: 10 repaired")
    assert "look like UTF-16 units" in note
    notes = source_notes(study(tmp_path, train=str(train), dev=str(write(tmp_path / "dev.json", 3))))
    assert [line.split(": ")[0] for line in notes] == [str(train), str(dev)]


def test_a_plan_tells_of_a_local_file_that_cannot_be_read(tmp_path: Path, by_letter: Any) -> None:
    page = tmp_path / "page.json"
    page.write_text("<html>")
    (note,) = source_notes(study(tmp_path, train=str(page)))
    assert note.startswith(f"data.train: {page}: ") and "not JSON; download the file" in note
    by_letter(note.replace(str(page), "FILE"))


@pytest.mark.parametrize("source", ["rajpurkar/squad", "absent.json"])
def test_nothing_is_said_of_data_that_is_not_here(tmp_path: Path, source: str) -> None:
    assert source_notes(study(tmp_path, train=source)) == []


def test_a_study_says_each_note_on_its_data_once() -> None:
    def part(*notes: str) -> ExampleSet:
        return ExampleSet((Example("q", "?", "red", ("red",), (0,), "en"),), {}, notes)

    data = StudyData(part("a"), {"dev": {"en": part("a"), "de": part("b")}, "webfaq_dev": {"de": part()}})
    assert data.notes() == ["a", "b"]
