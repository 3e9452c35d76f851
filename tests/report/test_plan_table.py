"""The plan's table shows the search space and the first trial of each search."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rich.console import Console

from xlingual.report.plan_tables import plan_tables
from xlingual.study import load_study, plan

STUDIES = Path(__file__).parents[2] / "studies"
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
        console.print(plan_tables(plan(load_study(path)), defaults=True))
    return [" ".join(line.split()).split(" ") for line in captured.get().splitlines()]


def row(lines: list[list[str]], name: str, arm: str = "") -> str:
    """The first line with a word, of those below an arm's heading if one is given."""
    after = next(at for at, line in enumerate(lines) if line[0] == f"{arm}:") if arm else 0
    return next(" ".join(line) for line in lines[after:] if name in line)


def test_the_first_trial_stands_beside_what_is_searched(tmp_path: Path) -> None:
    lines = shown(tmp_path)
    for arm in ("baseline", "webfaq", "either"):
        found = row(lines, "training.learning_rate", arm)
        assert found.endswith("log-normal around 0.003 by a factor of 2 (0.000375 to 0.024) 0.002")
    assert row(lines, "training.freeze_word_embeddings").endswith("one of true, false true")
    assert row(lines, "mixture.faq_share").endswith("0.1")
    assert row(lines, "mixture.weights").endswith("weights of de, es that sum to one equal")
    assert row(lines, "robust").endswith("one of none, noisy none")
    assert row(lines, "robust.noisy.embedding_noise.magnitude").endswith(", where robust is noisy -")
    assert row(lines, "fixed:", "fixed") == "fixed: nothing"


@pytest.mark.parametrize("search", [", sampler: random", ", startup: random"])
def test_a_first_trial_that_is_drawn_at_random_is_not_shown(tmp_path: Path, search: str) -> None:
    path = tmp_path / "study.yaml"
    path.write_text((STUDY % ("noisy", search)).replace(", first: {training: {learning_rate: 2.0e-3}}", ""))
    arms = {arm.name: arm.first for arm in plan(load_study(path)).arms}
    assert arms["baseline"] == arms["webfaq"] == {}
    assert arms["either"]["robust"] == "noisy"


def test_only_a_scheduler_stops_trials_early(tmp_path: Path) -> None:
    assert row(shown(tmp_path), "all") == "in all at most 2,900 updates and 2,900 passes"
    stopped = row(shown(tmp_path, search=", scheduler: asha"), "all")
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
        console.print(plan_tables(planned, defaults=True))
    printed = " ".join(captured.get().split())
    assert "8 readings, in en de es, and in 6 pairs of two languages" in printed
    assert planned.as_json()["test_pairs"] == {"pawsx": 6}
    assert "pairs.max_length" in printed and "windows.max_length" not in printed


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_key_is_cut_in_its_middle_and_nothing_is_wider_than_80_columns(path: Path) -> None:
    planned = plan(load_study(path))
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        console.print(plan_tables(planned, defaults=True))
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert max(map(len, lines)) <= 80
    printed = re.sub(r"\.( .*)?\n +(?=[a-z])", ".", "\n".join(lines))  # keys that go on in the next line
    for key in [*(key for key, _ in planned.defaults), *(each.name for arm in planned.arms for each in arm.parameters)]:
        assert re.search(rf"^ +{re.escape(key)}( |$)", printed, re.MULTILINE), key


def test_what_is_decided_on_comes_first_and_defaults_only_when_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(STUDY % ("none", ""))
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        console.print(plan_tables(plan(load_study(path))))
    printed = captured.get()
    order = [
        "shown: Does it help?",
        "in all",
        "records",
        "note: ",
        "passes per",
        " first trial",
        "defaults are filled in",
    ]
    assert sorted(order, key=printed.index) == order
    assert printed.count("\n") < 60
    assert "data.source_language" not in printed and "--defaults lists them" in printed
