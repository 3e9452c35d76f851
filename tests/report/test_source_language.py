"""Training data in another language than English: means, titles and notes are about all other languages."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console

from xlingual.languages import non
from xlingual.progress import ScoreNames
from xlingual.report.distances import obstacle
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import report_tables


def drawn(summary: Summary, width: int = 200) -> str:
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    console.print(report_tables(summary))
    return console.file.getvalue()  # type: ignore[attr-defined]


def german(studies: ModuleType, storage: Path, languages: list[str]) -> Summary:
    data = {"source_language": "de"}
    return summarize(
        studies.finished_study(
            storage, seeds=3, test={"languages": languages}, data=data, gains={"webfaq": 5}
        ).directory
    )


def test_the_mean_is_over_all_languages_but_the_source(studies: ModuleType, tmp_path: Path) -> None:
    summary = german(studies, tmp_path, ["en", "de", "es"])
    arm = summary.arms["webfaq"]
    english, spanish = (arm.scores[language].of("f1") for language in ("en", "es"))
    assert summary.targets == ("en", "es")
    assert arm.mean("f1") == pytest.approx([(a + b) / 2 for a, b in zip(english, spanish, strict=True)])
    means = (sum(one.mean("f1")) / 3 for one in (arm, summary.arms["baseline"]))
    assert summary.differences["webfaq"]["mean"]["f1"].estimate == pytest.approx(next(means) - next(means))
    text = drawn(summary)
    assert "non-German" in text and "English" not in text
    assert "The mean is over the 2 non-German languages" in text and "dev: German development questions" in text
    assert "|langs:2|" in text
    assert summary.as_json()["source_language"] == "de"


def test_a_test_set_without_the_source_language_has_a_mean_over_all_it_has(studies: ModuleType, tmp_path: Path) -> None:
    summary = german(studies, tmp_path, ["en", "es"])
    assert summary.targets == summary.languages == ("en", "es")
    assert set(summary.differences["webfaq"]) == {"en", "es", "mean"}
    assert "|langs:2|" in drawn(summary)


def test_the_source_language_alone_is_the_headline(studies: ModuleType, tmp_path: Path) -> None:
    summary = german(studies, tmp_path, ["de"])
    assert summary.targets == () and set(summary.differences["webfaq"]) == {"de"}
    assert summary.differences["webfaq"]["de"]["f1"].compared == 1
    assert "Test of German: webfaq p" in drawn(summary)


def test_published_scores_are_of_models_trained_on_english(studies: ModuleType, tmp_path: Path) -> None:
    summary = german(studies, tmp_path, ["en", "de"])
    assert obstacle(summary.arms["baseline"], None) == (
        "trained on German, and published scores are of models trained on English"
    )


def test_progress_shows_the_mean_beyond_the_source_and_without_pairs_of_languages() -> None:
    names = ScoreNames(source="de")
    scores = {"de": {"f1": 90.0}, "en": {"f1": 60.0}, "es": {"f1": 40.0}, "en-es": {"f1": 1.0}}
    assert names.beyond == "beyond German" and names.zero_shot(scores) == 50.0


def test_a_language_that_nobody_knows_is_called_by_its_code() -> None:
    assert (non("sw"), non("xx")) == ("non-Swahili", "non-xx")
