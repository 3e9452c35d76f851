"""Transfer gaps and worst languages: by hand from the scores, and the gap's interval by the crossed closed form."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from scipy import stats

from xlingual.analyses.study_records import read_records
from xlingual.analyses.transfer import transfer_gaps, worst_languages

LANGUAGES = ["en", "de", "th"]
SCORES = {
    "baseline": {
        1: ([80, 60], [50, 30], [20, 40]), 2: ([90, 70], [50, 50], [40, 20]), 3: ([70, 90], [40, 40], [30, 50]),
    },
    "webfaq": {
        1: ([80, 60], [60, 50], [30, 50]), 2: ([90, 90], [60, 60], [50, 30]), 3: ([70, 70], [50, 70], [40, 60]),
    },
}  # fmt: skip


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Path:
    builder = studies.StudyBuilder(tmp_path, test={"languages": LANGUAGES}, replicates={"searches": 1, "seeds": 3})
    builder.search()
    builder.replicated(
        {
            arm: {
                seed: {language: studies.rows(f1) for language, f1 in zip(LANGUAGES, scores, strict=True)}
                for seed, scores in seeds.items()
            }
            for arm, seeds in SCORES.items()
        }
    )
    return Path(builder.directory.path)


def test_gaps_are_source_minus_the_mean_of_the_others_one_a_seed(study: Path) -> None:
    baseline, webfaq = transfer_gaps(read_records(study))
    assert baseline.gaps == pytest.approx((70 - (40 + 30) / 2, 80 - (50 + 30) / 2, 80 - (40 + 40) / 2))
    assert webfaq.gaps == pytest.approx((70 - (55 + 40) / 2, 90 - (60 + 40) / 2, 70 - (60 + 50) / 2))
    assert (baseline.against, baseline.difference, webfaq.against) == (None, None, "baseline")
    assert webfaq.mean == pytest.approx(np.mean(webfaq.gaps))


def test_the_difference_of_gaps_has_the_interval_of_paired_seeds_crossed_with_paragraphs(study: Path) -> None:
    baseline, webfaq = transfer_gaps(read_records(study))
    gap = webfaq.difference
    assert gap is not None and gap.low is not None and gap.high is not None
    seeds = np.subtract(webfaq.gaps, baseline.gaps)
    assert gap.estimate == pytest.approx(seeds.mean())
    weights = (1.0, -0.5, -0.5)
    changes = np.array(
        [[np.subtract(SCORES["webfaq"][s][i], SCORES["baseline"][s][i]) for i in range(3)] for s in (1, 2, 3)]
    )
    of_questions = changes.mean(axis=0)  # languages by questions
    influence = sum(w * (row - row.mean()) / 2 for w, row in zip(weights, of_questions, strict=True))
    parts = [(seeds.var(ddof=1) / 3, 2), (2 / 1 * float((influence**2).sum()), 1)]
    total = sum(variance for variance, _ in parts)
    freedom = total**2 / sum(variance**2 / degrees for variance, degrees in parts)
    reach = stats.t.ppf(0.975, freedom) * math.sqrt(total)
    assert (gap.low, gap.high) == pytest.approx((gap.estimate - reach, gap.estimate + reach))
    written = webfaq.as_json()
    assert written["difference"]["low"] == gap.low and written["gaps"] == list(webfaq.gaps)


def test_the_worst_language_is_the_lowest_on_average_and_lowest_is_by_seed(study: Path) -> None:
    baseline, webfaq = worst_languages(read_records(study))
    assert (baseline.language, baseline.scores) == ("th", (30, 30, 40))
    assert baseline.lowest == (30, 30, 40)
    assert (webfaq.language, webfaq.scores) == ("th", (40, 40, 50))
    assert webfaq.difference is not None and webfaq.difference.estimate == pytest.approx(10)
    assert baseline.as_json()["difference"] is None and webfaq.as_json()["difference"]["difference"] == pytest.approx(
        10
    )


def test_without_the_source_language_there_is_no_gap(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.finished_study(tmp_path, test={"languages": ["de", "th"]}, questions=10)
    records = read_records(builder.directory.path)
    assert transfer_gaps(records) == ()
    assert [one.arm for one in worst_languages(records)] == ["baseline", "webfaq"]
