"""The two files that the test stage writes for a replicate's answers have the same content."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from xlingual.data.examples import Example
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.report import prediction_arrays
from xlingual.search.stages.test import recorded_scores, scored_answers
from xlingual.task_metrics import SQUAD
from xlingual.tasks import QUESTION_ANSWERING, Candidate


def test_answers_are_written_as_lines_and_as_the_same_columns(tmp_path: Path, monkeypatch: Any) -> None:
    examples = [
        Example(f"q{number}", "?", "红 车", ("红",), (0,), "zh", "Cars" if number else "", f"p{number}")
        for number in range(3)
    ]
    parts: list[Any] = [{"zh": {0: [Candidate(1.0, "红"), Candidate(0.5, "车")]}}, {"zh": {1: [Candidate(1.0, "车")]}}]
    directory = TrialDirectory(tmp_path)
    asked: Any = {"zh": SimpleNamespace(examples=examples)}
    scores = scored_answers(QUESTION_ANSWERING, directory, "xquad", asked, parts)
    monkeypatch.setattr(prediction_arrays, "read_rows", None)  # the columns are read
    found = prediction_arrays.read_answers(directory.predictions("xquad", "zh"), SQUAD)

    rows = journal.read(directory.predictions("xquad", "zh"))
    assert rows[0]["n_best"][1] == {"text": "车", "score": 0.5}
    assert found.ids.to_pylist() == [row["id"] for row in rows] == ["q0", "q1", "q2"]
    assert found.paragraphs.to_pylist() == ["p0", "p1", "p2"]
    assert found.articles.to_pylist() == [None, "Cars", "Cars"]
    assert {name: values.tolist() for name, values in found.scores.items()} == {
        name: [row[name] for row in rows] for name in ("f1", "exact_match", "character_f1")
    }
    assert recorded_scores(QUESTION_ANSWERING, directory, "xquad", ["zh"]) == scores
