"""Differences in a report, and statements about their intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xlingual.report.differences import Difference
from xlingual.report.interval_notes import signature
from xlingual.report.notes import notes
from xlingual.report.number_format import difference_cell, mean_cell, number_cell
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import score_table

LANGUAGES = ("en", "de", "th")
QUESTIONS = 40


def study(
    studies: ModuleType,
    storage: Path,
    gains: Mapping[str, Mapping[str, float]],
    *,
    seeds: Sequence[int] = (1, 2, 3),
    searched: bool = False,
    articles: bool = True,
    name: str = "verdicts",
) -> Summary:
    """A study whose arms gain these points over the baseline in these languages, plus a little noise."""
    builder = studies.StudyBuilder(
        storage,
        ("baseline", *gains),
        name=name,
        test={"languages": list(LANGUAGES)},
        replicates={"searches": 1, "seeds": len(seeds)},
        searched=searched,
    )
    if searched:
        builder.search()
    else:
        for arm in builder.arms:
            builder.choose(arm, builder.trial(arm, 1, "finished", 60.0))
    generator = np.random.default_rng(3)
    difficulty = generator.normal(50, 15, QUESTIONS)
    scores: dict[str, dict[int, dict[str, list[dict[str, object]]]]] = {}
    for arm in builder.arms:
        for seed in seeds:
            for language in LANGUAGES:
                gain = gains.get(arm, {}).get(language, 0.0) + generator.normal(0, 0.3)
                f1 = np.clip(difficulty + gain + generator.normal(0, 2, QUESTIONS), 0, 100)
                rows = studies.rows(f1, per_paragraph=2)
                if articles:
                    rows = [row | {"article": f"article {number // 8}"} for number, row in enumerate(rows)]
                scores.setdefault(arm, {}).setdefault(seed, {})[language] = rows
    builder.replicated(scores)
    return summarize(builder.directory)


def marked(summary: Summary) -> set[tuple[str, str]]:
    return {
        (arm, name)
        for arm, cells in summary.differences.items()
        for name, metrics in cells.items()
        if metrics["f1"].different
    }


def test_a_clear_gain_is_a_difference_and_languages_are_marked_behind_their_mean(
    studies: ModuleType, tmp_path: Path
) -> None:
    summary = study(studies, tmp_path, {"good": {"de": 10, "th": 10}, "same": {}})
    assert marked(summary) == {("good", "mean"), ("good", "de"), ("good", "th")}
    assert difference_cell(summary.differences["good"]["mean"]["f1"]).endswith("]*")
    assert any(line.startswith("*: a difference.") for line in notes(summary))


def test_a_language_is_never_marked_without_its_mean(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"mixed": {"de": 8, "th": -8}})
    german = summary.differences["mixed"]["de"]["f1"]
    assert german.low is not None and german.low > 0 and german.adjusted_p is not None and german.adjusted_p < 0.01
    assert marked(summary) == set()


def test_what_rests_on_one_search_is_not_called_a_difference_and_it_is_said(
    studies: ModuleType, tmp_path: Path
) -> None:
    summary = study(studies, tmp_path, {"good": {"de": 30, "th": 30}}, searched=True)
    assert summary.arms["good"].searched == ("training.learning_rate",)
    assert marked(summary) == set()
    assert any(line.startswith("Not marked as different, whatever the interval: good.") for line in notes(summary))
    assert not any(line.startswith("*: a difference") for line in notes(summary))


def test_two_seeds_call_nothing_a_difference(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"good": {"de": 30, "th": 30}}, seeds=(1, 2))
    assert marked(summary) == set()
    gap = summary.differences["good"]["mean"]["f1"]
    assert gap.low is not None and gap.low > 0 and gap.adjusted_p is None
    assert "good: fewer than 3 seeds are too few to call anything a difference." in notes(summary)


def test_means_are_adjusted_for_the_number_of_arms(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"a": {"de": 1, "th": 1}, "b": {}, "c": {}})
    means = {arm: cells["mean"]["f1"] for arm, cells in summary.differences.items()}
    smallest = min(means.values(), key=lambda gap: gap.found.p or 0.0)
    assert smallest.adjusted_p == pytest.approx(min(1.0, 3 * (smallest.found.p or 0.0)))


def test_articles_are_the_clusters_where_all_are_named_else_paragraphs_and_it_is_said(
    studies: ModuleType, tmp_path: Path
) -> None:
    named = study(studies, tmp_path, {"good": {"de": 5}})
    assert (named.by_article, named.clusters) == (True, 5)
    assert named.differences["good"]["mean"]["f1"].found.clusters == 5
    assert any("other articles (5 articles)" in line for line in notes(named))
    unnamed = study(studies, tmp_path, {"good": {"de": 5}}, articles=False, name="unnamed")
    assert (unnamed.by_article, unnamed.clusters) == (False, 20)
    assert any("do not name all articles" in line for line in notes(unnamed))
    assert json.loads(json.dumps(unnamed.as_json()))["test_set"]["clusters"] == {"paragraphs": 20}


def test_three_common_seeds_are_paired_and_their_correlation_is_printed(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"good": {"de": 5}})
    correlation = summary.differences["good"]["mean"]["f1"].found.correlation
    assert correlation is not None
    assert f"Arms are paired by seed; correlation of their means over seeds: good {correlation:.2f}." in notes(summary)


def test_identical_scores_have_an_interval_of_no_width_and_it_is_said(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "de"]})
    builder.search()
    same = {seed: {language: studies.rows([50, 60, 70]) for language in ("en", "de")} for seed in (1, 2)}
    builder.replicated({"baseline": same, "webfaq": same})
    summary = summarize(builder.directory)
    gap = summary.differences["webfaq"]["mean"]["f1"]
    assert (gap.low, gap.high, gap.found.p, gap.different) == (0.0, 0.0, 1.0, False)
    assert any(line.startswith("An interval of no width") for line in notes(summary))


def test_a_bound_near_zero_shows_its_sign(studies: ModuleType, tmp_path: Path) -> None:
    gap = study(studies, tmp_path, {"good": {"de": 5}}).differences["good"]["mean"]["f1"]

    class Near(Difference):
        low, high = 0.03, 2.5  # type: ignore[assignment]

    assert difference_cell(Near(gap.found)).endswith("[+0.03, +2.5]")


def test_the_signature_says_what_the_tables_were_made_of(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"good": {"de": 5}, "same": {}})
    freedoms = sorted(cells["mean"]["f1"].found.freedom or 0.0 for cells in summary.differences.values())
    parts = signature(summary).split("|")
    assert parts[:6] == ["squad1.1", "langs:2", "q:40", "art:5", "searches:1x3", "sel:dev.f1"]
    assert parts[6] == f"t df {freedoms[0]:.1f}-{freedoms[-1]:.1f}"
    assert parts[7] == "holm:2" and parts[8].startswith("xlingual ")


def test_only_what_is_called_a_difference_is_coloured(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"good": {"de": 10, "th": 10}, "bad": {"de": -10, "th": -10}, "same": {}})
    column = score_table(summary, "f1").groups[-1][-1]
    assert list(column.styles) == ["", "green", "red", ""]


def test_a_mean_that_rounds_to_zero_has_no_sign() -> None:
    assert mean_cell((-0.02, -0.03)) == "0.0 ± 0.0" and number_cell(-0.04) == "0.0"
    assert mean_cell((-0.06,)) == "-0.1" and mean_cell(()) == "-"
