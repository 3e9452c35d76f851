from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from scipy import stats

from xlingual.data.examples import Example, ExampleSet
from xlingual.evaluation.intervals import intervals
from xlingual.evaluation.result import Evaluation, means
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.report.evaluation_table import evaluation_table, published_beside
from xlingual.report.published import published_rows
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.tasks.question_answering import mean_scores

XQUAD = BENCHMARKS["xquad"]
ALL = {code: {"exact_match": 10.0 + n, "f1": 30.0 + n, "questions": 1190} for n, code in enumerate(XQUAD_LANGUAGES)}


def evaluation(scores: dict[str, dict[str, float]], part: str = "", notes: tuple[str, ...] = ()) -> Evaluation:
    fingerprints = dict.fromkeys(scores, "f")
    return Evaluation(
        "a/b",
        XQUAD,
        "google/xquad",
        part,
        scores,
        {"fingerprint": "x"},
        fingerprints,
        notes,
        Path("kept"),
    )


def drawn(shown: Evaluation, published: tuple[object, ...] = (), width: int = 200) -> str:
    console = Console(width=width, no_color=True)
    with console.capture() as captured:
        console.print(evaluation_table(shown, published))  # type: ignore[arg-type]
    return captured.get()


def row_of(text: str, name: str) -> list[str]:
    return next(line.strip().removeprefix(name).split() for line in text.splitlines() if line.strip().startswith(name))


def test_means_say_their_languages_and_are_those_of_published_averages() -> None:
    found = {mean.over: mean for mean in means(XQUAD, ALL)}
    assert {over: mean.scores["f1"] for over, mean in found.items()} == {
        "11 non-English languages, with Romanian": 36.0,
        "11 languages with English, without Romanian": 35.0,
        "12 languages with English and Romanian": 35.5,
    }
    eleven = found["11 languages with English, without Romanian"]
    assert len(eleven.languages) == 11 and "en" in eleven.languages and "ro" not in eleven.languages
    assert "questions" not in eleven.scores


def test_no_mean_is_said_over_languages_that_were_not_measured() -> None:
    without = {code: scores for code, scores in ALL.items() if code != "th"}
    assert [mean.over for mean in means(XQUAD, without)] == ["10 non-English languages, with Romanian"]
    no_romanian = {code: scores for code, scores in ALL.items() if code != "ro"}
    assert [mean.over for mean in means(XQUAD, no_romanian)] == [
        "10 non-English languages, without Romanian",
        "11 languages with English, without Romanian",
    ]
    assert means(XQUAD, {code: ALL[code] for code in ("en", "de")}) == ()


def test_published_scores_stand_beside_and_in_no_mean_of_measured_ones() -> None:
    rows = tuple(row for row in published_rows(XQUAD, "mBERT") if "de" in row.scores)
    assert len(rows) > 1
    alone, beside = drawn(evaluation(ALL)), drawn(evaluation(ALL), rows)
    for name in ("de", "mean of 11, no ro"):
        measured = row_of(alone, name)
        assert row_of(beside, name)[: len(measured)] == measured
        assert len(row_of(beside, name)) == len(measured) + 2 * len(rows)
    assert "published" not in alone
    assert f"[{len(rows)}] published, not measured here: mBERT" in beside
    assert f"{rows[0].scores['de']['f1']:.1f}" in row_of(beside, "de")
    german = drawn(evaluation({"de": ALL["de"]}), published_rows(XQUAD, "mBERT"))
    assert f"[{len(rows)}]" in german and f"[{len(rows) + 1}]" not in german  # an average tells nothing about German


def test_a_limit_and_questions_without_an_answer_are_said() -> None:
    scores = {"de": {**ALL["de"], "questions": 7, "missing": 2, "unknown": 0}}
    text = drawn(
        evaluation(scores, "the first 7 questions of each language only", ("de: 2 of 7 questions have no answer",))
    )
    assert "XQuAD, the first 7 questions of each language only: a/b" in text
    assert row_of(text, "de") == ["7", "2", "12.0", "32.0"]
    assert "note: de: 2 of 7 questions have no answer" in text
    assert "kept in kept" in text
    assert "illegal" not in text


def test_shares_of_texts_that_a_model_wrote_are_shown_with_what_they_miss() -> None:
    scores = {
        code: {**ALL[code], "illegal": 12.5, "normalised": 3.1, "accidental_translation": 6.25} for code in ("de", "ru")
    }
    shown = evaluation(scores)
    text = drawn(shown)
    assert row_of(text, "ru")[-3:] == ["12.5", "3.1", "6.2"]
    assert "does not show where the context is in Latin script" in text
    assert "illegal: the answer is empty or missing, or is not in the context" in text
    assert shown.means[0].scores["accidental_translation"] == 6.25


def test_character_f1_has_a_column_and_is_in_no_mean_with_languages_that_have_none() -> None:
    scores = {**ALL, "zh": {**ALL["zh"], "character_f1": 77.7}}
    shown = evaluation(scores)
    text = drawn(shown)
    assert row_of(text, "zh") == ["1190", "20.0", "40.0", "77.7"]
    assert row_of(text, "de") == ["1190", "12.0", "32.0"]
    assert all("character_f1" not in mean.scores for mean in shown.means)
    assert "Character F1: F1 over the characters" in text
    assert shown.as_json()["languages"]["zh"]["character_f1"] == 77.7
    assert "haracter F1" not in drawn(evaluation(ALL))


def test_the_json_holds_all_that_the_table_shows() -> None:
    content = evaluation(ALL, "", ("said",)).as_json()
    assert content["languages"]["de"] == {**ALL["de"], "data_fingerprint": "f"}
    assert content["means"][1]["f1"] == pytest.approx(35.0)
    assert content["means"][1]["languages"] == [code for code in XQUAD_LANGUAGES if code != "ro"]
    assert (content["fingerprint"], content["part"], content["notes"], content["kept"]) == (
        "x",
        None,
        ["said"],
        "kept",
    )


def test_rows_that_lack_a_share_leave_it_out_of_the_mean() -> None:
    scores = {"de": {**ALL["de"], "illegal": 1.0, "normalised": 0.5}, "ru": {**ALL["ru"], "illegal": 3.0}}
    (mean,) = means(XQUAD, scores)
    assert mean.scores["illegal"] == 2.0 and "normalised" not in mean.scores


def test_published_rows_stand_beside_all_questions_alone() -> None:
    whole = evaluation(ALL)
    part = evaluation({**ALL, "de": {**ALL["de"], "questions": 50}})
    assert published_beside(whole, "google-bert/bert-base-multilingual-cased", None) == (
        published_rows(XQUAD, "mBERT"),
        [],
    )
    assert published_beside(whole, "mine", "mBERT") == (published_rows(XQUAD, "mBERT"), [])
    assert published_beside(part, "google-bert/bert-base-multilingual-cased", None) == ((), [])
    rows, (note,) = published_beside(part, "mine", "mBERT")
    assert rows == () and "are of all of XQuAD and are not shown beside a part" in note
    assert published_beside(whole, "mine", None) == ((), [])
    none = evaluation({"sw": ALL["de"]})
    assert published_beside(none, "mine", "mBERT")[1] == ["no zero-shot scores of mBERT are published in sw"]
    assert "predictions are not kept" in drawn(replace(whole, is_kept=False))


def with_intervals(by_article: bool = True, articles: int = 4, thai: int | None = None) -> Evaluation:
    """German and Thai on 12 questions of some articles (Thai of another number), in paragraphs of two."""
    sets, rows = {}, {}
    for shift, code in enumerate(("de", "th")):
        count = thai or articles if code == "th" else articles
        examples = tuple(
            Example(
                id=str(n),
                question="q",
                context="a",
                answers=("a",),
                answer_starts=(0,),
                language=code,
                title=f"article {n % count}" if by_article else "",
                paragraph=str(n // 2),
            )
            for n in range(12)
        )
        sets[code] = ExampleSet(examples, {"read": 12})
        rows[code] = [
            {"id": e.id, "exact_match": 100.0 * (n % 3 == 0), "f1": float((n * 37 + shift * 11) % 101)}
            for n, e in enumerate(examples)
        ]
    scores = {code: mean_scores(part) for code, part in rows.items()}
    found = intervals(("exact_match", "f1"), sets, rows, [mean.languages for mean in means(XQUAD, scores)])
    return replace(evaluation(scores), intervals=found)


def test_every_score_has_a_standard_error_over_articles_and_an_interval() -> None:
    shown = with_intervals()
    german = shown.intervals.of(("de",))["f1"]
    by_article = np.array([(n * 37) % 101 for n in range(12)], dtype=float).reshape(3, 4).mean(axis=0)
    expected = stats.ttest_1samp(by_article, 0.0).confidence_interval()
    assert german.interval() == pytest.approx(tuple(expected), rel=1e-9)
    text = drawn(shown)
    assert f"{german.error:.2f}" in row_of(text, "de")
    assert f"[{expected.low:.1f}, {expected.high:.1f}]" in text
    assert "95% intervals by Student's t over 4 articles: they cover other articles, not another training" in text
    assert all(len(line) <= 80 for line in drawn(shown, width=80).splitlines() if line.lstrip().startswith("de "))
    assert "an interval of no width: all articles have the same mean score" in text  # exact match: 1 of 3 in each
    content = shown.as_json()
    assert content["clusters"] == {"articles": 4}
    assert content["languages"]["de"]["intervals"]["f1"] == {
        "standard_error": german.error,
        "low": pytest.approx(expected.low),
        "high": pytest.approx(expected.high),
        "clusters": 4,
    }
    assert content["means"][0]["intervals"]["f1"]["clusters"] == 4


def test_without_titles_questions_are_grouped_by_paragraph_and_it_is_said() -> None:
    shown = with_intervals(by_article=False)
    assert shown.as_json()["clusters"] == {"paragraphs": 6}
    assert "the data does not name all articles, so questions are grouped by paragraph" in drawn(shown)


def test_a_single_article_has_scores_and_no_interval() -> None:
    shown = with_intervals(articles=1)
    text = drawn(shown)
    assert "no interval of a language with a single article" in text and "standard" not in text
    assert shown.as_json()["languages"]["de"]["intervals"]["f1"]["low"] is None


def test_a_mean_over_a_language_with_a_single_article_has_no_interval_either() -> None:
    shown = with_intervals(articles=1, thai=4)
    content = shown.as_json()
    assert content["means"][0]["intervals"]["f1"]["standard_error"] is None
    assert content["languages"]["th"]["intervals"]["f1"]["low"] is not None
    text = drawn(shown)
    assert "no interval of a language with a single article, or of a mean over it" in text
    assert "95% intervals by Student's t over 4 articles" in text
    assert "[" not in " ".join(row_of(text, "mean"))
