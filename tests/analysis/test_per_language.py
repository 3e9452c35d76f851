"""The per-language analysis: its table, its tidy CSV, its figure, its errors."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from xlingual.analyses.per_language import language_points, tidy_rows
from xlingual.figures.languages import caption
from xlingual.report.summary import Summary
from xlingual.scripts.command import read_studies, write_csv
from xlingual.scripts.language_table import language_table

LANGUAGES = ["en", "de", "es"]


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Path:
    test = {"languages": LANGUAGES}
    builder = studies.finished_study(tmp_path, ("plain", "webfaq", "noise"), gains={"webfaq": 8}, test=test)
    return builder.directory.path


@pytest.fixture(scope="module")
def script(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("per_language")


def summaries_of(directories: list[Path]) -> dict[str, Summary]:
    return {label: one.summary for label, one in read_studies(directories).items()}


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rows_are_tidy_and_agree_with_the_report(script: ModuleType, study: Path, tmp_path: Path) -> None:
    summaries = summaries_of([study])
    write_csv(list(tidy_rows(summaries)), tmp_path / "scores.csv")
    rows = table(tmp_path / "scores.csv")
    summary = summaries["small"]
    keys = {(row["study"], row["arm"], row["language"], row["seed"]) for row in rows}
    assert len(keys) == len(rows) == 3 * (3 + 1) * 2
    row = next(r for r in rows if (r["arm"], r["language"], r["seed"]) == ("webfaq", "de", "2"))
    assert float(row["f1"]) == summary.arms["webfaq"].scores["de"].of("f1")[1]
    assert float(row["exact_match"]) == summary.arms["webfaq"].scores["de"].of("exact_match")[1]
    assert (row["questions"], row["updates"], row["passes"]) == ("60", "500", "500")
    assert float(row["f1_low"]) == summary.differences["webfaq"]["de"]["f1"].low
    mean = next(r for r in rows if (r["arm"], r["language"], r["seed"]) == ("webfaq", "mean", "1"))
    german, spanish = (summary.arms["webfaq"].scores[language].of("f1")[0] for language in ("de", "es"))
    assert float(mean["f1"]) == pytest.approx((german + spanish) / 2)
    assert mean["questions"] == ""
    baseline = [r for r in rows if r["arm"] == "plain"]
    assert all(r["f1_difference"] == "" and r["baseline"] == "True" for r in baseline)


def test_studies_are_compared_each_with_its_own_baseline(
    script: ModuleType, studies: ModuleType, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    toy = {"languages": ["en", "de", "th"], "source": "toy"}
    other = studies.finished_study(tmp_path / "elsewhere", ("old", "new"), seeds=1, name="other", test=toy)
    assert script.main([str(study), str(other.directory.path)]) == 0
    printed = capsys.readouterr().out
    assert "to plain" in printed and "to old" in printed
    assert "other: TOY WORLD" in printed and "small: TOY WORLD" not in printed
    summaries = summaries_of([study, other.directory.path])
    drawn = language_table(summaries, "f1")
    assert list(drawn.first.cells) == ["en", "de", "es", "th", "mean"]
    spanish, thai = drawn.first.cells.index("es"), drawn.first.cells.index("th")
    small, new = drawn.groups[1], drawn.groups[-1]
    assert small[0].cells[thai] == small[1].cells[thai] == "-"
    assert new[0].cells[spanish] == new[1].cells[spanish] == "-"
    assert re.fullmatch(r"[+-]?\d+\.\d \[.*\]", new[1].cells[thai])


def test_studies_of_one_name_are_told_apart_by_their_path(
    script: ModuleType, studies: ModuleType, study: Path, tmp_path: Path
) -> None:
    twin = studies.finished_study(tmp_path / "elsewhere", test={"languages": LANGUAGES}).directory.path
    assert list(summaries_of([study, twin])) == [str(study), str(twin)]


def test_points_are_the_differences_of_the_report(script: ModuleType, study: Path) -> None:
    summaries = summaries_of([study])
    points = language_points(summaries, "exact_match")
    assert {(point.arm, point.language) for point in points} == {
        (arm, language) for arm in ("webfaq", "noise") for language in [*LANGUAGES, "mean"]
    }
    cell = summaries["small"].differences["noise"]["es"]["exact_match"]
    point = next(point for point in points if (point.arm, point.language) == ("noise", "es"))
    assert (point.estimate, point.low, point.high) == (cell.estimate, cell.low, cell.high)


def test_english_alone_has_no_row_for_a_mean(script: ModuleType, studies: ModuleType, tmp_path: Path) -> None:
    study = studies.finished_study(tmp_path, test={"languages": ["en"]}).directory.path
    summaries = summaries_of([study])
    assert list(language_table(summaries, "f1").first.cells) == ["en"]
    assert {row["language"] for row in tidy_rows(summaries)} == {"en"}


def test_published_scores_stand_in_columns_of_their_own(
    script: ModuleType, studies: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arms = ("mbert", "mine", "other")
    builder = studies.finished_study(
        tmp_path, arms, test={"languages": LANGUAGES}, model="bert-base-multilingual-cased"
    )
    path = builder.directory.study_json
    path.write_text(path.read_text().replace('"other": {', '"other": {"against": "mine", "model": "someone/else", '))
    assert script.main([str(builder.directory.path), "--csv", str(tmp_path / "scores.csv")]) == 0
    summaries = summaries_of([builder.directory.path])
    drawn = language_table(summaries, "f1")
    published = [column for group in drawn.groups for column in group if "published: mBERT" in column.header]
    assert [column.header[-3:] for column in published] == ["[1]", "[2]", "[3]"]
    assert list(published[0].cells) == ["83.5", "70.6", "75.5", f"{(70.6 + 75.5) / 2:.1f}", "64.5", "65.2"]
    assert drawn.first.cells[-2] == "mean of 11 with en, no ro" and drawn.groups[0][0].cells[-2] == "-"
    assert drawn.groups[2][1].header.startswith("to mine")
    assert {point.arm for point in language_points(summaries, "f1")} == {"mine", "other (to mine)"}
    assert "[1] mBERT: XQuAD repository README" in " ".join(capsys.readouterr().out.split())
    assert {row["arm"] for row in table(tmp_path / "scores.csv")} == set(arms)


@pytest.mark.parametrize("failed", ["webfaq", "plain"])
def test_an_arm_without_a_finished_trial_is_missing_by_name(
    script: ModuleType, studies: ModuleType, tmp_path: Path, failed: str
) -> None:
    test = {"languages": LANGUAGES}
    builder = studies.finished_study(tmp_path, ("plain", "webfaq", "noise"), failed=[failed], test=test)
    summaries = summaries_of([builder.directory.path])
    table = language_table(summaries, "f1")
    column = next(group[0] for group in table.groups if group[0].header.endswith(failed))
    assert set(column.cells) == {"-"}
    rows = [row for row in tidy_rows(summaries) if row["arm"] == failed]
    assert [row["language"] for row in rows] == [*LANGUAGES, "mean"]
    assert {row[key] for row in rows for key in ("seed", "f1", "exact_match", "questions", "updates")} == {None}
    assert f"not scored: {failed}" in caption("small", summaries["small"])
    assert {point.arm for point in language_points(summaries, "f1")} == ({"noise"} if failed == "webfaq" else set())


def test_rows_of_an_arm_with_several_searches_are_searches_with_the_mean_over_their_seeds(
    script: ModuleType, studies: ModuleType, tmp_path: Path
) -> None:
    builder = studies.study_of_searches(tmp_path, {"good": 3.0}, searches=3, seeds=2)
    (summary,) = summaries_of([builder.directory.path]).values()
    rows = [row for row in tidy_rows({"small": summary}) if (row["arm"], row["language"]) == ("good", "de")]
    assert [(row["search"], row["seed"]) for row in rows] == [(1, None), (2, None), (3, None)]
    assert tuple(row["f1"] for row in rows) == summary.arms["good"].scores["de"].of("f1")


def test_a_test_set_that_is_not_the_headline_is_shown_by_its_name(
    script: ModuleType, studies: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = {"set": "mine", "source": "x/{language}.json", "languages": ["en", "sw"]}
    also = {"xquad": {"source": "google/xquad", "languages": ["en", "de"]}}
    builder = studies.StudyBuilder(tmp_path, test={**own, "also": also})
    builder.search()
    for arm, seed in (("baseline", 1), ("webfaq", 1)):
        builder.replicate(arm, seed)
        builder.score(arm, seed, {code: studies.rows([50, 70]) for code in ("en", "sw")}, "mine")
        builder.score(arm, seed, {code: studies.rows([60, 80, 90]) for code in ("en", "de")})
    path = builder.directory.path
    assert script.main([str(path), "--set", "xquad", "--csv", str(tmp_path / "scores.csv")]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Zero-shot F1 on XQuAD by language" in printed and "XQuAD is a secondary test set" in printed
    rows = table(tmp_path / "scores.csv")
    assert {(row["test_set"], row["language"]) for row in rows} == {("xquad", code) for code in ("en", "de", "mean")}
    assert set(summaries_of([path])["small"].languages) == {"en", "sw"}


def test_a_test_set_that_was_added_and_not_read_is_named(
    script: ModuleType, studies: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = {"languages": ["en", "de"], "also": {"mlqa": {"source": "facebook/mlqa", "languages": ["en", "de"]}}}
    builder = studies.finished_study(tmp_path, questions=10, test=test)
    assert script.main([str(builder.directory.path), "--set", "mlqa"]) == 1
    assert "no replicate was scored on MLQA yet" in capsys.readouterr().err
    assert script.main([str(builder.directory.path)]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "INCOMPLETE on MLQA: " in printed and "has 0 of " in printed


def test_studies_whose_headlines_have_other_metrics_need_one_set_named(
    script: ModuleType, studies: ModuleType, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    test = {"set": "pawsx", "source": "x", "languages": ["en", "de"]}
    builder = studies.StudyBuilder(tmp_path, name="pairs", test=test)
    builder.search()
    builder.replicate("baseline", 1)
    row = {"id": "p", "paragraph": "p", "prediction": "1", "label": "1", "accuracy": 100.0}
    builder.score("baseline", 1, {"en": [row], "de": [row]}, "pawsx")
    assert script.main([str(study), str(builder.directory.path)]) == 1
    errors = capsys.readouterr().err
    assert "different metrics (small xquad, pairs pawsx)" in errors and "by --set" in errors
