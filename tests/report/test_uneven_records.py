"""Irregular records: each irregularity is reported or refused, and none silently changes an interval."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from xlingual.errors import RecordError
from xlingual.records.files import write_lines
from xlingual.report.differences import differences
from xlingual.report.notes import notes
from xlingual.report.scores import Questions, TestScores
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import score_table


def of_seeds(studies: ModuleType, storage: Path, seeds: dict[str, int]) -> Summary:
    builder = studies.StudyBuilder(storage, tuple(seeds), test={"languages": ["en", "de"]})
    builder.search()
    generator = np.random.default_rng(0)
    builder.replicated(
        {
            arm: {
                seed: {
                    language: studies.rows(generator.uniform(20, 80, 20), per_paragraph=2) for language in ("en", "de")
                }
                for seed in range(1, count + 1)
            }
            for arm, count in seeds.items()
        }
    )
    return summarize(builder.directory)


def test_a_missing_language_is_one_clear_error() -> None:
    questions = {language: Questions(("a", "b"), ("p", "q"), ()) for language in ("en", "th")}
    cell = {"f1": np.ones((2, 2)), "exact_match": np.ones((2, 2))}
    scores = TestScores(questions, {"baseline": {"en": cell, "th": cell}, "webfaq": {"en": cell}})
    with pytest.raises(RecordError, match="webfaq has no scores in th, in which another arm has; score it by"):
        differences(scores, "baseline")


def test_unequal_numbers_of_seeds_are_compared_and_said(studies: ModuleType, tmp_path: Path) -> None:
    summary = of_seeds(studies, tmp_path, {"baseline": 5, "webfaq": 3})
    found = summary.differences["webfaq"]["mean"]["f1"].found
    assert found.units == (3, 5) and not found.paired and found.unit_error is not None
    assert "Arms have 3 to 5 seeds; each arm counts with its own number." in notes(summary)


def test_one_seed_against_five_keeps_their_variation_and_says_what_is_taken(
    studies: ModuleType, tmp_path: Path
) -> None:
    summary = of_seeds(studies, tmp_path, {"baseline": 5, "webfaq": 1})
    gap = summary.differences["webfaq"]["mean"]["f1"]
    assert gap.seed_variation and not gap.found.decides and gap.found.error > gap.found.article_error
    assert "webfaq: compared by a single seed or search in one arm, taken to vary as in the other arm." in notes(
        summary
    )
    assert not any("only: another seed may differ by more" in line for line in notes(summary))


def test_a_question_that_one_language_lacks_hardly_changes_the_means_interval_and_is_said(
    studies: ModuleType, tmp_path: Path
) -> None:
    builder = studies.finished_study(tmp_path, seeds=3, questions=60, test={"languages": ["de", "es"]})
    whole = summarize(builder.directory)
    for path in builder.directory.path.glob("trials/*/predictions/xquad/es.jsonl"):
        write_lines(path, [json.loads(line) for line in path.read_text().splitlines()][:-1])
    lacking = summarize(builder.directory)
    first, second = (one.differences["webfaq"]["mean"]["f1"].found for one in (whole, lacking))
    assert second.clusters == first.clusters
    assert second.article_error == pytest.approx(first.article_error, rel=0.05)
    assert not lacking.parallel
    assert any(line.startswith("Languages hold different questions") for line in notes(lacking))


def taught(studies: ModuleType, storage: Path, weights: dict[str, float], **study: object) -> str:
    builder = studies.finished_study(storage, test={"languages": ["en", "de", "th"]}, **study)
    builder.choose("webfaq", "webfaq-1", weights)
    return score_table(summarize(builder.directory), "f1").title


def test_an_arm_that_saw_pairs_of_a_tested_language_is_not_called_zero_shot(
    studies: ModuleType, tmp_path: Path
) -> None:
    assert "F1 (zero-shot but for webfaq) on XQuAD" in taught(studies, tmp_path / "de", {"de": 0.5, "es": 0.5})
    assert "small: zero-shot F1 on XQuAD" in taught(studies, tmp_path / "es", {"es": 1.0, "de": 0.0})
    assert "zero-shot" not in taught(studies, tmp_path / "oracle", {"es": 1.0}, oracle=True)
