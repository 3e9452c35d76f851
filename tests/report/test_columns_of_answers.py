"""The report's numbers match the JSON Lines, whichever file they are read from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pytest

from xlingual.errors import RecordError
from xlingual.records import journal
from xlingual.records.files import write_lines
from xlingual.records.layout import StudyDirectory
from xlingual.records.predictions import columns_path, write_predictions
from xlingual.records.state import read_state
from xlingual.report import prediction_arrays
from xlingual.report.notes import warnings
from xlingual.report.scores import TestScores, read_scores
from xlingual.report.summary import summarize
from xlingual.tasks.question_answering import mean_scores

Rows = list[dict[str, Any]]
SHARES = {"illegal": True, "normalised": False, "accidental_translation": False}


def random_rows(random: np.random.Generator, questions: int, more: dict[str, Any]) -> Rows:
    """Rows in arbitrary order, with ids in several scripts, some without an article."""
    scores = random.uniform(0, 100, questions)
    made = [
        {
            "id": f"{'aé日😀'[number % 4]}{number}",
            "paragraph": f"p{number // 3}ß",
            "article": [None, "", "Ж", "A"][number % 4],
            "prediction": "x",
            "exact_match": int(number % 2) * 100,
            "f1": scores[number],
            "n_best": [],
            **more,
        }
        for number in range(questions)
    ]
    return [made[place] for place in random.permutation(questions)]


def written(studies: ModuleType, storage: Path) -> Any:
    """A study with predictions written like the driver's."""
    builder = studies.StudyBuilder(storage, test={"languages": ["en", "zh"]})
    builder.search()
    random = np.random.default_rng(3)
    for arm, more in (("baseline", {}), ("webfaq", SHARES)):
        for seed in (1, 2, 3):
            rows = {"en": random_rows(random, 20, more), "zh": random_rows(random, 30, {"character_f1": 50.0} | more)}
            builder.replicate(arm, seed)
            builder.score(arm, seed, rows)
            for language, answered in rows.items():
                write_predictions(
                    builder.directory.trial(f"{arm}-1-seed-{seed}").predictions("xquad", language), answered
                )
    return builder.directory


def scores(directory: Any) -> TestScores:
    return read_scores(directory, read_state(directory).all_replicates, None, test_set="xquad")


def equal(mine: TestScores, other: TestScores) -> bool:
    same = all(
        np.array_equal(values, theirs[arm][language][name])
        for ours, theirs in ((mine.scores, other.scores), (mine.shares, other.shares))
        for arm, of_arm in ours.items()
        for language, cell in of_arm.items()
        for name, values in cell.items()
    )
    return same and mine.questions == other.questions and mine.units == other.units


def test_both_files_give_the_same_numbers(studies: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = written(studies, tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(prediction_arrays, "read_rows", lambda path, names: pytest.fail(f"{path}: the lines were read"))
        from_columns = scores(directory)
    monkeypatch.setattr(prediction_arrays, "read_columns", lambda path, names: None)
    from_lines = scores(directory)

    assert equal(from_columns, from_lines)
    assert from_lines.scores["webfaq"]["zh"].keys() == {"f1", "exact_match", "character_f1"}
    assert np.all(from_lines.shares["webfaq"]["en"]["illegal"] == 100.0)
    assert "baseline" not in from_lines.shares


def test_scores_are_in_the_order_of_the_ids(studies: ModuleType, tmp_path: Path) -> None:
    directory = written(studies, tmp_path)
    found = scores(directory)
    path = directory.trial("webfaq-1-seed-2").predictions("xquad", "zh")
    rows = {row["id"]: row for row in map(json.loads, path.read_text().splitlines())}

    assert found.questions["zh"].ids == tuple(sorted(rows))
    assert found.questions["zh"].paragraphs == tuple(rows[identifier]["paragraph"] for identifier in sorted(rows))
    assert found.questions["zh"].articles == ()
    assert found.scores["webfaq"]["zh"]["f1"][1].tolist() == [rows[identifier]["f1"] for identifier in sorted(rows)]


def test_a_corrected_line_is_what_the_report_shows(studies: ModuleType, tmp_path: Path) -> None:
    directory = written(studies, tmp_path)
    before = scores(directory).scores["webfaq"]["en"]["f1"]
    path = directory.trial("webfaq-1-seed-3").predictions("xquad", "en")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    write_lines(path, [row | {"f1": 1.0} for row in rows])

    for _ in range(2):  # from the lines, then from the recreated columns
        after = scores(directory).scores["webfaq"]["en"]["f1"]
        assert np.array_equal(after[:2], before[:2])
        assert np.all(after[2] == 1.0)


CHANGES: list[Callable[[Rows], Rows]] = [
    lambda rows: rows[:-1],
    lambda rows: [],
    lambda rows: [*rows, rows[0]],
    lambda rows: [rows[0] | {"id": "another"}, *rows[1:]],
    lambda rows: [rows[0] | {"id": 7}, *rows[1:]],
    lambda rows: [rows[0] | {"paragraph": "another"}, *rows[1:]],
    lambda rows: [rows[0] | {"paragraph": None}, *rows[1:]],
    lambda rows: [rows[0] | {"article": 5}, *rows[1:]],
    lambda rows: [row | {"f1": None} for row in rows],
    lambda rows: [row | {"f1": True} for row in rows],
    lambda rows: [*rows[:-1], rows[-1] | {"f1": 100.1}],
    lambda rows: [*rows[:-1], rows[-1] | {"exact_match": -1}],
    lambda rows: [{key: value for key, value in row.items() if key != "exact_match"} for row in rows],
    lambda rows: [*rows[:-1], rows[-1] | {"character_f1": 50}],
    lambda rows: [row | {"character_f1": None} for row in rows],
    lambda rows: [row | {"character_f1": [50]} for row in rows],
    lambda rows: [row | {"character_f1": 101} for row in rows],
    lambda rows: [row | {"illegal": True} for row in rows],
    lambda rows: [row | SHARES | {"normalised": 1} for row in rows],
    lambda rows: [*rows[:-1], rows[-1] | SHARES],
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_broken_row_is_refused_at_every_report_and_from_either_file(
    studies: ModuleType, tmp_path: Path, change: Callable[[Rows], Rows]
) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en"]})
    for seed in (1, 2):
        builder.replicate("baseline", seed)
        builder.score("baseline", seed, {"en": studies.rows([1.0, 2.0, 3.0])})
    path = builder.directory.trial("baseline-1-seed-2").predictions("xquad", "en")
    rows = change(studies.rows([4.0, 5.0, 6.0]))
    told = []
    for write in (write_lines, write_predictions):
        write(path, rows)
        for _ in range(2):
            with pytest.raises(RecordError, match=r"en\.jsonl") as refused:
                scores(builder.directory)
            told.append(str(refused.value))

    assert len(set(told)) == 1


def test_half_of_a_character_is_refused(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en"]})
    builder.replicate("baseline", 1)
    builder.score("baseline", 1, {"en": studies.rows([1.0])})
    path = builder.directory.trial("baseline-1-seed-1").predictions("xquad", "en")
    path.write_text(json.dumps(studies.rows([1.0])[0] | {"id": "\ud83d"}) + "\n")

    for _ in range(2):
        with pytest.raises(RecordError, match=r"en\.jsonl: a text holds half of a character"):
            scores(builder.directory)


def test_a_report_makes_columns_that_are_missing(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, questions=10)
    paths = list(builder.directory.path.glob("trials/*/predictions/*/*.jsonl"))
    assert not any(columns_path(path).exists() for path in paths)
    first = summarize(builder.directory).as_json()

    assert all(columns_path(path).exists() for path in paths)
    assert summarize(builder.directory).as_json() == first


def recorded(studies: ModuleType, storage: Path) -> StudyDirectory:
    """A study whose journal has the scores of its predictions, like the driver's."""
    builder = studies.finished_study(storage, test={"languages": ["de", "th"]}, questions=12)
    for arm in builder.arms:
        for seed in (1, 2):
            fingerprint = f"{arm}-1-seed-{seed}"
            files = {code: builder.directory.trial(fingerprint).predictions("xquad", code) for code in ("de", "th")}
            means = {code: mean_scores(journal.read(path)) for code, path in files.items()}
            builder.event("test_scored", arm=arm, seed=seed, fingerprint=fingerprint, set="xquad", scores=means)
    return cast(StudyDirectory, builder.directory)


def test_predictions_that_score_otherwise_than_at_their_reading_are_told(studies: ModuleType, tmp_path: Path) -> None:
    directory = recorded(studies, tmp_path)
    whole = summarize(directory)
    assert whole.changed == () and not any(line.startswith("CHANGED") for line in warnings(whole))
    trial = directory.trial("webfaq-1-seed-2")
    trial.predictions("xquad", "de").write_bytes(trial.predictions("xquad", "th").read_bytes())  # the same questions
    changed = summarize(directory)
    assert changed.changed == ("webfaq, seed 2, de",)
    line = "CHANGED: predictions no longer give the scores recorded at their reading: webfaq, seed 2, de."
    assert line in warnings(changed)
    assert changed.as_json()["changed_predictions"] == ["webfaq, seed 2, de"]
    rows = journal.read(trial.predictions("xquad", "th"))
    write_lines(trial.predictions("xquad", "th"), rows[::-1])  # order does not matter
    assert summarize(directory).changed == changed.changed


def test_another_article_of_a_question_is_refused_as_another_paragraph_is(studies: ModuleType, tmp_path: Path) -> None:
    directory = written(studies, tmp_path)
    path = directory.trial("webfaq-1-seed-2").predictions("xquad", "zh")
    rows = journal.read(path)
    place = next(number for number, row in enumerate(rows) if row["article"] == "A")
    write_lines(path, [row | {"article": "B"} if number == place else row for number, row in enumerate(rows)])
    with pytest.raises(RecordError, match=f"question '{rows[place]['id']}' belongs to article 'B', elsewhere to"):
        scores(directory)


def test_a_last_line_without_an_end_counts_and_a_half_one_is_refused(studies: ModuleType, tmp_path: Path) -> None:
    directory = written(studies, tmp_path)
    path = directory.trial("webfaq-1-seed-2").predictions("xquad", "zh")
    before, content = scores(directory), path.read_bytes()
    path.write_bytes(content.removesuffix(b"\n"))
    after = scores(directory)
    assert np.array_equal(after.scores["webfaq"]["zh"]["f1"], before.scores["webfaq"]["zh"]["f1"])
    path.write_bytes(content[:-20])
    with pytest.raises(RecordError, match=r"zh\.jsonl:30: a broken record"):
        scores(directory)


def test_a_copy_beside_the_predictions_of_the_tested_languages_is_none_of_them(
    studies: ModuleType, tmp_path: Path
) -> None:
    directory = recorded(studies, tmp_path)
    path = directory.trial("webfaq-1-seed-2").predictions("xquad", "de")
    path.with_name("de.old.jsonl").write_bytes(path.read_bytes())
    assert summarize(directory).languages == ("de", "th")
