"""The rendered report: complete numbers at every width, and every warning in its place."""

from __future__ import annotations

import io
import re
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console, RenderableType

from xlingual.report.summary import summarize
from xlingual.report.table import difference_table, report_tables, score_table


def drawn(renderable: RenderableType, width: int, encoding: str = "utf-8") -> str:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    Console(width=width, file=stream, force_terminal=False).print(renderable)
    return stream.buffer.getvalue().decode(encoding)  # type: ignore[attr-defined]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def summary(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory):
    arms = ("baseline", "webfaq", "noise", "webfaq_and_noise")
    builder = studies.finished_study(tmp_path_factory.mktemp("storage"), arms, seeds=3, gains={"webfaq": 6})
    return summarize(builder.directory)


@pytest.mark.parametrize("width", [50, 80, 100, 140])
@pytest.mark.parametrize("metric", ["f1", "exact_match"])
def test_no_number_is_wrapped_or_cut_at_any_width(summary, metric: str, width: int) -> None:
    text = drawn(score_table(summary, metric), width)
    assert "…" not in text
    assert all(len(line) <= width for line in text.splitlines())
    lines = text.splitlines()
    for name, arm in summary.arms.items():
        row = " ".join(line.removeprefix(name) for line in lines if line.startswith(name + " "))
        numbers = [f"{sum(arm.scores[language].of(metric)) / 3:.1f}" for language in summary.languages]
        assert row.split()[: len(numbers)] == numbers
        rest = row.split()[len(numbers) :]
        assert rest[1] == "±" and len(rest) == (4 if arm.baseline else 6)


@pytest.mark.parametrize(("width", "blocks"), [(80, 2), (100, 2), (140, 1)])
def test_languages_break_into_blocks_that_fit(summary, width: int, blocks: int) -> None:
    text = drawn(score_table(summary, "f1"), width)
    assert len(re.findall(r"^arm ", text, flags=re.MULTILINE)) == blocks
    headers = " ".join(line.removeprefix("arm") for line in text.splitlines() if line.startswith("arm "))
    assert headers.split()[:12] == ["en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh", "ro"]


@pytest.mark.parametrize("width", [50, 80, 140])
def test_every_difference_per_language_is_whole(summary, width: int) -> None:
    text = drawn(difference_table(summary, "f1"), width)
    cells = re.findall(r"[+-]?\d+\.\d \[[+-]?\d+\.\d+, [+-]?\d+\.\d+\]", text)
    assert len(cells) == 3 * 13
    assert all(len(line) <= width for line in text.splitlines())


def test_character_f1_has_a_table_of_its_own_where_a_language_has_it(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "th", "zh"]}, name="tiny")
    builder.search()
    rows = studies.rows([100, 0])
    characters = [row | {"character_f1": score} for row, score in zip(rows, (100, 71), strict=True)]
    scores = {language: characters if language == "zh" else rows for language in ("en", "th", "zh")}
    builder.replicated({"baseline": {1: scores, 2: scores}})
    text = drawn(report_tables(summarize(builder.directory)), 140)
    lines = text[text.index("character F1 in percent") :].splitlines()
    assert next(line.split() for line in lines if line.startswith("arm")) == ["arm", "zh"]
    assert next(line.split() for line in lines if line.startswith("baseline")) == ["baseline", "85.5"]
    assert next(line.split() for line in lines if line.startswith("webfaq")) == ["webfaq", "-"]
    assert "Character F1: F1 over the characters" in flat(text)


def test_no_table_of_character_f1_where_all_languages_have_spaces(summary) -> None:
    assert "haracter F1" not in drawn(report_tables(summary), 140)


def test_a_small_table_looks_like_this(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "de", "es"]}, name="tiny")
    builder.search()
    same = {seed: {language: studies.rows([80, 90, 60]) for language in ("en", "de", "es")} for seed in (1, 2)}
    more = {seed: {language: studies.rows([100, 90, 80 + seed]) for language in ("en", "de", "es")} for seed in (1, 2)}
    builder.replicated({"baseline": same, "webfaq": more})
    found = [line.rstrip() for line in drawn(score_table(summarize(builder.directory), "f1"), 80).splitlines()]
    assert found == [
        "tiny: zero-shot F1 on XQuAD in percent; 2 seeds per arm; test set opened 4 times",
        "                                mean of   difference of means",
        "arm         en    de    es  non-English        [95% interval]",
        "─────────────────────────────────────────────────────────────",
        "baseline  76.7  76.7  76.7   76.7 ± 0.0              baseline",
        "webfaq    90.5  90.5  90.5   90.5 ± 0.2  +13.8 [-16.0, +43.6]",
    ]


def test_an_unscored_arm_shows_a_dash_never_a_zero(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path, test={"languages": ["en", "de"]})
    builder.search()
    builder.replicated({"baseline": {1: {"en": studies.rows([50, 50]), "de": studies.rows([50, 50])}}})
    builder.replicate("webfaq", 1, state="failed", reason="the loss is not finite\nTraceback")
    text = drawn(score_table(summarize(builder.directory), "f1"), 140)
    row = next(line for line in text.splitlines() if line.startswith("webfaq"))
    assert row.split() == ["webfaq", "-", "-", "-", "-"]
    assert "INCOMPLETE: baseline has 1 of 2 replicates scored, webfaq has 0 of 2 replicates scored; " in flat(text)
    assert "seed 1 failed: the loss is not finite." in flat(text)
    assert "1 seed per arm" in text and "±" not in text


@pytest.mark.parametrize("metric", ["f1", "exact_match"])
def test_every_table_carries_every_warning(studies: ModuleType, tmp_path: Path, metric: str) -> None:
    test = {"source": "toy", "paragraphs": 4, "languages": ["en", "de"]}
    builder = studies.finished_study(tmp_path, questions=20, test=test, oracle=True)
    summary = summarize(builder.directory)
    for table in (score_table(summary, metric), difference_table(summary, metric)):
        text = flat(drawn(table, 100))
        assert "TOY WORLD: made-up languages; these numbers tell you nothing about real languages." in text
        assert "ORACLE: the search saw the test set" in text
        assert "PART OF THE TEST SET: 4 paragraphs and 20 questions per language only." in text
        assert "2 seeds per arm; test set opened 4 times" in text
        assert "INCOMPLETE" not in text


def test_an_ordinary_complete_study_carries_no_warning(summary) -> None:
    text = drawn(report_tables(summary), 100)
    assert not re.search("TOY|ORACLE|PART OF|INCOMPLETE", text)
    assert "on XQuAD in percent" in text


def test_the_notes_say_what_the_intervals_cover(studies: ModuleType, tmp_path: Path, summary) -> None:
    text = flat(drawn(report_tables(summary), 100))
    assert "they cover other seeds and other paragraphs" in text
    assert "Intervals are not adjusted." in text
    assert "standard deviation over seeds" in text
    single = summarize(studies.finished_study(tmp_path, seeds=1, name="single").directory)
    text = flat(drawn(report_tables(single), 100))
    assert "they cover other paragraphs (12 paragraphs) only: another seed may differ by more" in text
    assert "±" not in drawn(score_table(single, "f1"), 140)
    tiny = summarize(studies.finished_study(tmp_path, questions=5, name="tiny").directory)
    assert "No intervals: they need at least two paragraphs" in flat(drawn(report_tables(tiny), 100))


def test_training_on_other_languages_is_declared(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, test={"languages": ["en", "de"]})
    builder.choose("webfaq", "webfaq-1", {"es": 0.25, "de": 0.75, "ru": 0.0})
    text = flat(drawn(report_tables(summarize(builder.directory)), 100))
    assert "pairs of other languages than English, too: webfaq (passage, mixed in: de, es)." in text


def test_a_study_without_scores_says_so(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path)
    builder.search()
    text = flat(drawn(report_tables(summarize(builder.directory)), 100))
    assert "small: no replicate was scored on the test set yet." in text
    assert "INCOMPLETE: baseline has 0 of 2 replicates scored" in text


def test_english_alone_is_drawn_without_a_mean(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, test={"languages": ["en"]})
    text = drawn(report_tables(summarize(builder.directory)), 80)
    assert "mean of" not in text and "non-English" not in text
    assert re.search(r"^en +[+-]\d", text, flags=re.MULTILINE)


def test_an_output_without_unicode_gets_plain_ascii(summary) -> None:
    text = drawn(report_tables(summary), 100, encoding="ascii")
    assert text.isascii() and "+/-" in text and "?" not in text
