"""Notes of a report: a check, detectable differences, and what would decide the others."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from xlingual.report.interval_notes import signature
from xlingual.report.notes import notes
from xlingual.report.power_notes import power_notes
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import difference_table, report_tables
from xlingual.statistics.pooling import pool
from xlingual.statistics.power import comparison_of, detectable, power

LANGUAGES = ("en", "de", "es", "ru", "th")
QUESTIONS = 48


def study(
    studies: ModuleType,
    storage: Path,
    gains: Mapping[str, float],
    *,
    seeds: Mapping[str, int] | int = 5,
    searched: bool = False,
    articles: int = 12,
    noise: float = 0.5,
    languages: Sequence[str] = LANGUAGES,
    answer_noise: float = 6.0,
) -> Summary:
    """Arms with a fixed configuration (or one search) that gain these points over the baseline in every language."""
    arms = ("baseline", *gains)
    counts = {arm: seeds if isinstance(seeds, int) else seeds[arm] for arm in arms}
    builder = studies.StudyBuilder(
        storage,
        arms,
        test={"languages": list(languages)},
        replicates={"searches": 1, "seeds": max(counts.values())},
        searched=searched,
    )
    builder.search()
    generator = np.random.default_rng(3)
    difficulty = generator.normal(50, 10, QUESTIONS)
    scores: dict[str, dict[int, dict[str, list[dict[str, object]]]]] = {}
    for arm in arms:
        for seed in range(1, counts[arm] + 1):
            luck = generator.normal(0, noise)
            for language in languages:
                f1 = difficulty + gains.get(arm, 0.0) + luck + generator.normal(0, answer_noise, QUESTIONS)
                rows = studies.rows(np.clip(f1, 0, 100), per_paragraph=2)
                rows = [row | {"article": f"article {number % articles}"} for number, row in enumerate(rows)]
                scores.setdefault(arm, {}).setdefault(seed, {})[language] = rows
    builder.replicated(scores)
    return summarize(builder.directory)


def starting(summary: Summary, begin: str) -> list[str]:
    return [line for line in power_notes(summary) if line.startswith(begin)]


@pytest.fixture(scope="module")
def compared(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Summary:
    return study(studies, tmp_path_factory.mktemp("compared"), {"good": 10.0, "some": 3.0}, seeds=4, noise=0.9)


def test_the_smallest_detectable_difference_is_that_of_the_measured_variation(compared: Summary) -> None:
    gap = compared.differences["good"]["mean"]["f1"]
    comparison = comparison_of(gap.found)
    assert comparison is not None and comparison.error == pytest.approx(gap.found.error)
    assert gap.detectable == pytest.approx(detectable(comparison, level=0.05 / 2))
    (line,) = starting(compared, "Smallest difference of the means that would be found with 80% power")
    assert f"good {gap.detectable:.1f}" in line and "(Holm's first step over 2 arms)" in line
    assert "good" in marked(compared) and not starting(compared, "good undecided")


def marked(summary: Summary) -> set[str]:
    return {arm for arm, cells in summary.differences.items() if cells["mean"]["f1"].different}


def test_what_is_undecided_names_the_units_that_would_decide_it(compared: Summary) -> None:
    gap = compared.differences["some"]["mean"]["f1"]
    assert not gap.different and gap.more_units is not None and gap.more_units > 0
    (line,) = starting(compared, "some undecided")
    assert f"{gap.more_units} more seeds of each arm would decide a difference of this size" in line
    comparison = comparison_of(gap.found)
    assert comparison is not None
    more = comparison.with_more(gap.more_units)
    assert power(gap.estimate, more, level=0.05 / 2) >= 0.8
    assert starting(compared, "To add units because a comparison is undecided, and to test again, is a second look")


def test_where_no_number_would_the_articles_are_named(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"little": 0.3}, articles=4, answer_noise=25.0)
    assert summary.differences["little"]["mean"]["f1"].more_units is None
    (line,) = starting(summary, "little undecided")
    assert "no number of seeds would decide a difference of this size" in line
    assert line.endswith("the 4 articles vary too much.")


def test_one_search_is_decided_by_no_number_of_seeds(studies: ModuleType, tmp_path: Path, by_letter: Any) -> None:
    summary = study(studies, tmp_path, {"good": 20.0}, searched=True)
    (note,) = starting(summary, "good undecided")
    assert "single search" in note and "write replicates: {searches: 4}" in note
    by_letter(note)


def test_one_seed_says_that_nothing_is_known_and_two_that_one_more_is_needed(
    studies: ModuleType, tmp_path: Path, by_letter: Any
) -> None:
    one = study(studies, tmp_path / "one", {"good": 20.0}, seeds=1)
    (note,) = starting(one, "good undecided")
    assert "at least 3 seeds" in note
    by_letter(note)
    gap = one.differences["good"]["mean"]["f1"]
    assert (gap.detectable, gap.more_units) == (None, None)
    two = study(studies, tmp_path / "two", {"good": 20.0}, seeds=2)
    gap = two.differences["good"]["mean"]["f1"]
    assert gap.detectable is None and gap.more_units == 1
    assert starting(two, "good undecided")[0].startswith("good undecided: 1 more seed of each arm would decide")
    assert not starting(two, "Smallest difference")


def test_a_single_article_shows_nothing_of_others_whatever_the_number_of_seeds(
    studies: ModuleType, tmp_path: Path, by_letter: Any
) -> None:
    summary = study(studies, tmp_path, {"good": 20.0}, articles=1)
    (note,) = starting(summary, "good")
    assert note.startswith("good undecided: a single article") and "at least two" in note
    by_letter(note)
    assert not starting(summary, "*: ") and any(line.startswith("No intervals: ") for line in notes(summary))


def test_identical_scores_have_nothing_to_decide(studies: ModuleType, tmp_path: Path, by_letter: Any) -> None:
    summary = study(studies, tmp_path, {"same": 0.0}, noise=0.0, answer_noise=0.0)
    (note,) = starting(summary, "same undecided")
    assert "every article" in note and "equals that of baseline" in note
    by_letter(note)
    assert summary.as_json()["differences"]["same"]["mean"]["detectable"] is None
    assert not starting(summary, "Smallest difference")


def test_every_headlines_test_is_printed_with_its_degrees_of_freedom(compared: Summary) -> None:
    (line,) = starting(compared, "Test of the means: ")
    gap = compared.differences["some"]["mean"]["f1"]
    assert gap.found.p is not None and gap.adjusted_p is not None
    found = f"some p {gap.found.p:.3f}, adjusted {gap.adjusted_p:.3f}, {gap.found.freedom:.1f} degrees of freedom"
    assert found in line and "good p below 0.001, adjusted below 0.001, " in line


def test_randomisation_stands_beside_and_says_what_it_leaves_out(compared: Summary) -> None:
    (line,) = starting(compared, "A check, not a verdict")
    assert "approximate randomisation over articles has p below 0.001 for good, " in line
    assert line.endswith("and by itself calls 15 to 40% of identical arms different.")
    assert compared.differences["good"]["de"]["f1"].randomization_p is None


def test_the_pooled_column_is_drawn_to_the_mean_and_has_no_test(compared: Summary) -> None:
    cells = compared.differences["some"]
    others = [language for language in LANGUAGES if language != "en"]
    errors = {language: cells[language]["f1"].found.error or 0.0 for language in others}
    estimates = {language: cells[language]["f1"].estimate for language in others}
    expected = pool(estimates, errors, cells["mean"]["f1"].found.error or 0.0)
    assert expected is not None
    assert {language: cells[language]["f1"].pooled for language in others} == expected.estimates
    assert cells["en"]["f1"].pooled is None and cells["mean"]["f1"].pooled is None
    table = difference_table(compared, "f1")
    assert [column.header for column in table.groups[1]] == ["some", "pooled"]
    assert next(iter(table.groups[1][1].cells)) == "-"
    assert any("no interval or test is of it" in line for line in power_notes(compared))


def test_three_languages_are_not_pooled(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"good": 5.0}, languages=("en", "de", "es", "th"))
    assert [column.header for column in difference_table(summary, "f1").groups[0]] == ["good"]
    assert not starting(summary, "pooled")


def test_json_has_all_of_it_for_the_headline_alone(compared: Summary) -> None:
    content = json.loads(json.dumps(compared.as_json(), allow_nan=False))
    mean, german = (content["differences"]["some"][name] for name in ("mean", "de"))
    assert mean["detectable"] > 0 and mean["more_units"] > 0 and 0 < mean["randomization_p"] < 1
    assert german["pooled"] is not None and "detectable" not in german
    assert content["signature"] == signature(compared)


def test_english_alone_is_its_own_headline(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, {"good": 10.0}, languages=("en",))
    (line,) = starting(summary, "Smallest difference of English that would be found")
    gap = summary.differences["good"]["en"]["f1"].found
    assert f"|t df {gap.freedom:.1f}|holm:1|" in signature(summary)
    assert "*: a difference, adjusted for the number of compared arms (Holm, 5%)." in notes(summary)
    assert summary.differences["good"]["en"]["f1"].randomization_p is not None and "good" in line


def test_the_signature_is_under_every_table_and_breaks_between_its_parts(compared: Summary) -> None:
    stream = io.StringIO()
    Console(width=80, file=stream).print(report_tables(compared))
    text = stream.getvalue()
    titles = [line for line in text.splitlines() if line.startswith("small: ")]
    lines = [line.rstrip() for line in text.splitlines()]
    starts = [place for place, line in enumerate(lines) if line.startswith("squad1.1|")]
    assert len(starts) == len(titles) >= 4
    found = ["".join(lines[place : place + 2]) for place in starts]
    assert found[0] == signature(compared) and found[1] == signature(compared, "exact_match") != found[0]
    assert set(found) == {signature(compared), signature(compared, "exact_match")}


def test_the_same_records_give_the_same_report(compared: Summary) -> None:
    assert notes(compared) == notes(compared)
    assert compared.as_json() == compared.as_json()


def test_where_arms_have_several_searches_it_is_searches_that_decide(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(studies.study_of_searches(tmp_path, {"good": 12.0, "some": 1.5}).directory)
    assert {arm.unit for arm in summary.arms.values()} == {"search"}
    assert marked(summary) == {"good"}
    gap = summary.differences["some"]["mean"]["f1"]
    assert gap.found.units == (4, 4) and not gap.found.paired
    (line,) = starting(summary, "some undecided")
    assert f"{gap.more_units} more searches of each arm would decide a difference of this size" in line
    assert "|searches:4x1|" in signature(summary)
    assert any("they cover other searches with other seeds and other" in line for line in notes(summary))
