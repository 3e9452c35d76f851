"""Questions whose gold answers are normalised to nothing: marked when they are scored, counted by language."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from xlingual.analyses.empty_golds import empty_golds
from xlingual.analyses.study_records import read_records
from xlingual.data.examples import Example
from xlingual.metrics.squad import f1, vanish
from xlingual.tasks.question_answering import answer_rows


def test_answers_vanish_if_only_articles_and_punctuation_are_in_them() -> None:
    assert vanish(["The"]) and vanish(["a", "?"]) and vanish(["«»", "!"]) is False
    assert not vanish(["a", "two"])
    assert f1("a", ["a"]) == 0.0


def test_a_row_says_so_only_where_nothing_is_left() -> None:
    examples = [
        Example(str(place), "q", "a two", (answer,), ("a two".index(answer),), "es")
        for place, answer in enumerate(("a", "two"))
    ]
    assert [row.get("empty_gold") for row in answer_rows(examples, {})] == [True, None]


def test_they_are_counted_by_language_from_the_records(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "es"]}, replicates={"searches": 1, "seeds": 1})
    assert empty_golds(read_records(builder.directory.path)) is None
    builder.search()
    for arm in builder.arms:
        builder.replicate(arm, 1)
        spanish = [
            row | ({"empty_gold": True} if place != 1 else {}) for place, row in enumerate(studies.rows([0] * 3))
        ]
        builder.score(arm, 1, {"en": studies.rows([50] * 3), "es": spanish})
    for _ in range(2):  # from the lines, then from their columns
        assert empty_golds(read_records(builder.directory.path)) == {"en": 0, "es": 2}
