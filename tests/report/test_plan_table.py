"""The plan's table shows the search space and the first trial of each search."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from xlingual.report.plan_tables import plan_tables
from xlingual.study import load_study, plan

STUDY = """\
name: shown
question: Does it help?
model: toy
data: {train: toy, test: toy, faq: {source: toy}}
training:
  updates: 100
  learning_rate: {log_normal: [3.0e-3, 2]}
  freeze_word_embeddings: {choice: [true, false]}
arms:
  baseline: {baseline: true, first: {training: {learning_rate: 2.0e-3}}}
  webfaq: {mixture: {faq_share: {uniform: [0.1, 0.5]}, weights: {simplex: [de, es]}, max_repeats: 90}}
  either:
    robust: {choice: {none: null, noisy: {embedding_noise: {magnitude: {log_uniform: [0.1, 1]}}}}}
    first: {robust: %s}
  fixed: {training: {learning_rate: 1.0e-3, freeze_word_embeddings: true}}
search: {trials_per_arm: 4%s}
"""


def shown(folder: Path, robust: str = "none", search: str = "") -> list[list[str]]:
    path = folder / "study.yaml"
    path.write_text(STUDY % (robust, search))
    console = Console(width=160, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(plan_tables(plan(load_study(path))))
    return [" ".join(line.split()).split(" ") for line in captured.get().splitlines()]


def row(lines: list[list[str]], name: str, arm: str = "") -> str:
    return next(" ".join(line) for line in lines if name in line and (not arm or line[0] == arm))


def test_the_first_trial_stands_beside_what_is_searched(tmp_path: Path) -> None:
    lines = shown(tmp_path)
    for arm in ("baseline", "webfaq", "either"):
        found = row(lines, "training.learning_rate", arm)
        assert found.endswith("log-normal around 0.003 by a factor of 2 (0.000375 to 0.024) 0.002")
    assert row(lines, "training.freeze_word_embeddings").endswith("one of true, false true")
    assert row(lines, "mixture.faq_share").endswith("0.1")
    assert row(lines, "mixture.weights").endswith("weights of de, es that sum to one equal")
    assert row(lines, "robust").endswith("one of none, noisy none")
    assert row(lines, "robust.noisy.embedding_noise.magnitude").endswith("- robust is noisy")
    assert row(lines, "nothing") == "fixed nothing"


@pytest.mark.parametrize("search", [", sampler: random", ", startup: random"])
def test_a_first_trial_that_is_drawn_at_random_is_not_shown(tmp_path: Path, search: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text((STUDY % ("noisy", search)).replace(", first: {training: {learning_rate: 2.0e-3}}", ""))
    arms = {arm.name: arm.first for arm in plan(load_study(path)).arms}
    assert arms["baseline"] == arms["webfaq"] == {}
    assert arms["either"]["robust"] == "noisy"


def test_only_a_scheduler_stops_trials_early(tmp_path: Path) -> None:
    assert row(shown(tmp_path), "all", "in") == "in all at most 2,900 updates and 2,900 passes"
    stopped = row(shown(tmp_path, search=", scheduler: asha"), "all", "in")
    assert stopped == "in all at most 2,900 updates and 2,900 passes, fewer where the scheduler asha stops trials"


def test_a_set_says_how_many_pairs_of_languages_are_read_and_the_defaults_are_of_its_task(tmp_path: Path) -> None:
    lines = shown(tmp_path)
    assert row(lines, "xquad").endswith("readings, in en ar de el es hi ru th tr vi zh ro")
    assert any("windows.max_length" in line for line in lines)
    assert not any("pairs.max_length" in line for line in lines)
    study = tmp_path / "study.yaml"
    pairs = """\
name: shown
question: Does it help?
model: toy
data: {train: toy, test: {set: pawsx, source: toy, languages: [en, de, es], generalised: true}}
training: {updates: 100, learning_rate: 1.0e-3}
arms: {baseline: {baseline: true}, other: {training: {updates: 100, learning_rate: 2.0e-3}}}
search: {trials_per_arm: 1}
replicates: {seeds: 1}
"""
    study.write_text(pairs)
    console = Console(width=160, record=True, force_terminal=False)
    planned = plan(load_study(study))
    with console.capture() as captured:
        console.print(plan_tables(planned))
    printed = " ".join(captured.get().split())
    assert "8 readings, in en de es, and in 6 pairs of two languages" in printed
    assert planned.as_json()["test_pairs"] == {"pawsx": 6}
    assert "pairs.max_length" in printed and "windows.max_length" not in printed
