"""Counts of a study in progress, and the tables of status and search."""

from __future__ import annotations

import io
from pathlib import Path
from types import ModuleType

import pytest
from rich.console import Console, RenderableType

from xlingual.records.files import write_json
from xlingual.records.state import ArmSearch, best_of, read_state
from xlingual.report.chosen import chosen_configurations, chosen_text
from xlingual.report.status import search_table, status, status_table


def drawn(renderable: RenderableType, width: int = 100) -> str:
    stream = io.StringIO()
    Console(width=width, file=stream, force_terminal=False).print(renderable)
    return stream.getvalue()


@pytest.fixture
def midway(studies: ModuleType, tmp_path: Path):
    """Baseline: a finished, a pruned and a failed trial, one replicate scored; webfaq: one trial running."""
    builder = studies.StudyBuilder(tmp_path, search={"trials_per_arm": 4, "objective": "dev.f1"})
    builder.event("stage_started", stage="search")
    chosen = builder.trial(
        "baseline", 0, "finished", 61.25, **{"training.learning_rate": 2.34567e-5, "mixture.weights.0": 0.1}
    )
    builder.trial("baseline", 1, "pruned", 70.0)
    builder.trial("baseline", 2, "failed", None)
    builder.trial("webfaq", 0, "running", None)
    builder.choose("baseline", chosen)
    builder.event("replicate_started", arm="baseline", seed=1, fingerprint="r1", chosen=chosen)
    builder.event("replicate_ended", arm="baseline", seed=1, fingerprint="r1", state="finished", reason=None)
    builder.event("test_scored", arm="baseline", seed=1, fingerprint="r1", set="xquad", scores={})
    builder.event("replicate_started", arm="baseline", seed=2, fingerprint="r2", chosen=chosen)
    return builder


def test_counts_of_a_study_midway(midway) -> None:
    found = status(read_state(midway.directory))
    assert found["study"] == "small" and found["stage"] == "search" and found["complete"] is False
    assert found["trials"] == {"total": 8, "finished": 1, "pruned": 1, "failed": 1, "running": 1}
    assert found["replicates"] == {"total": 4, "finished": 1, "running": 1, "failed": 0, "scored": 1}
    assert found["arms"]["baseline"]["best"] == 61.25
    assert found["arms"]["webfaq"]["best"] is None


def test_a_pruned_trial_is_never_the_best(midway) -> None:
    trial = best_of(read_state(midway.directory).trials_of(ArmSearch("baseline")))
    assert trial is not None and trial.number == 0


@pytest.mark.parametrize("width", [50, 80, 100])
def test_the_status_table_shows_every_count_whole(midway, width: int) -> None:
    lines = drawn(status_table(read_state(midway.directory)), width).splitlines()
    baseline = " ".join(line.removeprefix("baseline") for line in lines if line.startswith("baseline "))
    webfaq = " ".join(line.removeprefix("webfaq") for line in lines if line.startswith("webfaq "))
    assert baseline.split() == ["4", "1", "1", "1", "0", "61.2", "1/2", "1/2"]
    assert webfaq.split() == ["4", "0", "0", "0", "1", "-", "0/2", "0/2"]
    assert "small: stage search, no driver is at work, test set opened 0 times" in " ".join(" ".join(lines).split())


def test_the_status_table_fits_eighty_columns_in_one_block(midway) -> None:
    assert drawn(status_table(read_state(midway.directory)), 80).count("\narm ") == 1


def test_the_search_table_shows_what_was_chosen(midway) -> None:
    text = drawn(search_table(read_state(midway.directory)))
    assert "trial 0" in text
    assert "training.learning_rate 2.35e-05" in text
    assert "mixture.weights.0 0.1" in text
    assert next(line for line in text.splitlines() if line.startswith("webfaq")).split()[-2:] == ["-", "-"]


def test_mixture_weights_are_shown_by_name_when_the_configuration_is_known(midway) -> None:
    weights = {"de": 0.5, "es": 0.2, "ru": 0.1, "th": 0.1, "zh": 0.1}
    state = read_state(midway.directory)
    text = drawn(search_table(state, {"baseline-0": {"mixture": {"weights": weights}}}))
    assert "mixture.weights de:0.50 es:0.20 ru:0.10 th:0.10" in text
    assert "zh:0.10" in text and "mixture.weights.0" not in text


def test_an_oracle_study_says_so_in_both_tables(studies: ModuleType, tmp_path: Path) -> None:
    state = read_state(studies.finished_study(tmp_path, oracle=True).directory)
    assert "ORACLE" in drawn(status_table(state)) and "ORACLE" in drawn(search_table(state))
    assert status(state)["complete"] is True and status(state)["oracle"] is True


def test_weights_of_several_searches_have_a_line_each(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.study_of_searches(tmp_path, {"mixed": 0.0}, searches=3)
    unequal = {"de": 0.7, "es": 0.2, "ru": 0.05, "th": 0.03, "tr": 0.02}
    for search, weights in enumerate((unequal, {"de": 0.5, "es": 0.5}, {"de": 1.0}), start=1):
        of = {"arm": "mixed", "search": search, "fingerprint": f"mixed-{search}", "number": 0}
        builder.event("trial_started", values={"mixture.weights.0": 0.1, "mixture.weights.1": 0.2}, **of)
        builder.event("trial_ended", state="finished", objective=60.0, updates=500, reason=None, **of)
        write_json(builder.directory.trial(f"mixed-{search}").configuration, {"mixture": {"weights": weights}})
    state = read_state(builder.directory)
    text = chosen_text(state, "mixed", chosen_configurations(builder.directory, state))
    assert [line.strip() for line in text.splitlines()] == [
        "search/trial 1/0, 2/0, 3/0",
        "mixture.weights",
        "1/ de:0.70 es:0.20 ru:0.05 th:0.03 ...",
        "2/ equal",
        "3/ de:1.00",
    ]
