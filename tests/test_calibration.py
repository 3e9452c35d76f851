"""The simulated studies of the calibration benchmark match its description: structure, errors, searches, verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from benchmark_modules import benchmark_modules


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    with benchmark_modules(
        main="calibration", cells="calibration_cells", scores="calibration_scores", searches="calibration_searches"
    ) as modules:
        yield modules


def test_scores_have_the_structure_of_xquad(bench: Any) -> None:
    questions = bench.scores.QUESTIONS
    assert len(questions.ids) == 1190
    assert (len(set(questions.paragraphs)), len(set(questions.articles))) == (240, 48)
    scores = bench.scores.study_scores([np.full(4, 70.0)] * 3, 2, bench.scores.Nature(), np.random.default_rng(0))
    assert scores.scores["arm 2"]["th"]["f1"].shape == (4, 1190)
    assert len(scores.languages) == 12
    assert scores.searches == dict.fromkeys(scores.scores, (0, 1, 2, 3))
    former = bench.scores.study_scores([np.full(1, 70.0)] * 2, 5, bench.scores.Nature(), np.random.default_rng(0))
    assert former.scores["baseline"]["en"]["f1"].shape == (5, 1190)
    assert former.seeds == {"baseline": (0, 1, 2, 3, 4), "arm 1": (0, 1, 2, 3, 4)}


def test_seeds_and_questions_vary_by_as_much_as_is_said(bench: Any) -> None:
    nature = bench.scores.Nature(article=0.1)
    scores = bench.scores.study_scores([np.full(2, 70.0), np.full(120, 70.0)], 1, nature, np.random.default_rng(1))
    units = {language: cell["f1"].mean(axis=1) for language, cell in scores.scores["arm 1"].items()}
    mean = np.mean([values for language, values in units.items() if language != "en"], axis=0)
    of_questions = nature.question * bench.scores.question_error(nature)
    assert mean.std() == pytest.approx(np.hypot(bench.scores.SEED, of_questions), rel=0.2)
    assert 0.6 < units["en"].std() < 1.1 < 2.6 < units["th"].std() < 3.3


def test_arms_share_no_search_and_the_same_study_is_simulated_alike(bench: Any) -> None:
    cell = bench.cells.cell("four", "crossing", arms=4)
    pool = np.arange(48.0).reshape(2, 24)
    drawn = np.concatenate(cell.truths([pool[1]], np.random.default_rng(0)))
    assert len(set(drawn)) == 16 and set(drawn) <= set(pool[1])
    assert bench.main.simulate(cell, [pool], 3) == bench.main.simulate(cell, [pool], 3)


def test_a_gain_is_found_and_luck_of_one_search_is_taken_for_one(bench: Any) -> None:
    pool = np.random.default_rng(0).normal(70.0, 3.0, (2, 24))
    gaining = bench.cells.cell("gain", "crossing", bench.scores.Nature(gain=30.0))
    headline, language, *_ = bench.main.simulate(gaining, [pool], 0)
    assert headline and language
    former = bench.cells.cell("former", "crossing", searches=1, seeds=5)
    found = np.array([bench.main.simulate(former, [pool], number) for number in range(12)])
    assert found[:, 0].mean() > 0.3
    asked = bench.cells.cell("power", "crossing", power=0.8)
    assert 3.0 < asked.gain(pool[0]) < 12.0


def test_winners_are_found_by_searches_of_their_own(bench: Any) -> None:
    kind = bench.searches.Kind(bench.cells.WORLDS["rough"], 3)
    found = bench.searches.winners(kind, 2, 3)
    assert found.shape == (2, 3)
    assert len(np.unique(found)) > 3
    assert (found == bench.searches.winners(kind, 2, 3)).all()
    small = bench.searches.winners(bench.searches.Kind(bench.cells.WORLDS["crossing"], 3, small=True), 1, 3)
    assert (small > 50.0).all() and (small <= 75.0).all()


def test_the_command_prints_its_numbers_on_one_line(bench: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main.main(["--studies", "1", "--processes", "1", "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"headline_false_positives", "any_language_false_positives", "coverage"} <= set(numbers)
    protocol = bench.cells.PROTOCOL
    assert numbers["protocol"] == f"{protocol.searches}x{protocol.seeds}"
    assert {cell["setting"] for cell in numbers["cells"]} == {"crossing", "noisy", "rough"}
