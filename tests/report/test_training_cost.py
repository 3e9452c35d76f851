"""Cost and benefit of training, in tables, notes and JSON, from the records."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rich.console import Console, RenderableType

from xlingual.records import journal
from xlingual.report.cost_table import cost_notes, cost_table, perturbation_table
from xlingual.report.notes import notes
from xlingual.report.summary import Summary, summarize
from xlingual.report.table import report_tables

FREELB = {"adversarial": {"attack": "freelb", "steps": 3, "step_size": 0.1, "radius": 0.3}}
RECORD = {
    "root_mean_square": 0.05,
    "step_size": {"relative": 0.1, "absolute": 0.005, "of": "root mean square of an example"},
    "radius": {"relative": 0.3, "absolute": 0.015, "of": "root mean square of an example"},
}


def drawn(renderable: RenderableType, width: int = 120) -> list[str]:
    stream = io.StringIO()
    Console(width=width, file=stream, force_terminal=False).print(renderable)
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def study(studies: ModuleType, storage: Path, equal: str, updates: int) -> Summary:
    """A baseline and FreeLB with 500 updates each, the latter with three passes per update."""
    search = {"trials_per_arm": 2, "objective": "dev.f1", "equal": equal}
    test = {"languages": ["en", "de"]}
    builder = studies.finished_study(storage, ("baseline", "freelb"), search=search, test=test, name=equal)
    builder.robust("freelb", updates, FREELB)
    for seed, gain in ((1, 0.0), (2, 2.0)):
        builder.reports("baseline", seed, {100: 50.0 + gain, 300: 60.0 + gain, 500: 70.0 + gain})
        told = {round(updates * share): score + gain for share, score in ((0.2, 55.0), (0.6, 65.0), (1, 75.0))}
        builder.reports("freelb", seed, told, perturbation=0.1 + gain / 100)
        journal.append(builder.directory.trial(f"freelb-1-seed-{seed}").environment, {"perturbation": RECORD})
    return summarize(builder.directory)


@pytest.fixture
def equal_updates(studies: ModuleType, tmp_path: Path) -> Summary:
    return study(studies, tmp_path, "updates", 500)


@pytest.fixture
def equal_passes(studies: ModuleType, tmp_path: Path) -> Summary:
    return study(studies, tmp_path, "passes", 166)


def rows(summary: Summary) -> list[str]:
    table = cost_table(summary.study, summary.objective, summary.equal, summary.costs)
    return [" ".join(line.split()) for line in drawn(table)]


def test_arms_of_equal_updates_are_scored_at_equal_passes_too(equal_updates: Summary) -> None:
    title, *_, baseline, freelb = rows(equal_updates)
    assert title.endswith("whole trials of all arms are equal in updates")
    assert any("after at most 500 passes" in line for line in rows(equal_updates))
    assert baseline == "baseline 1 500 500 71.0 71.0 at 500"
    assert freelb == "freelb 3 500 1,500 76.0 56.0 at 300"


def test_arms_of_equal_passes_are_scored_at_equal_updates_too(equal_passes: Summary) -> None:
    *_, baseline, freelb = rows(equal_passes)
    assert any("after at most 166 updates" in line for line in rows(equal_passes))
    assert baseline == "baseline 1 500 500 71.0 51.0 at 100"
    assert freelb == "freelb 3 166 498 76.0 76.0 at 166"


def test_arms_of_equal_passes_and_updates_have_no_such_column(studies: ModuleType, tmp_path: Path) -> None:
    summary = summarize(studies.finished_study(tmp_path, test={"languages": ["en", "de"]}).directory)
    table = rows(summary)
    assert table[-1] == "webfaq 1 500 500"
    assert not any("at most" in line for line in table)
    assert "Whole trials of all arms are equal in updates, and an update is one pass of each of its examples." in notes(
        summary
    )


def test_notes_say_what_was_equal(equal_updates: Summary, studies: ModuleType, tmp_path: Path) -> None:
    told = " ".join(notes(equal_updates))
    assert "equal in updates, not in passes of an example" in told
    assert "per update: baseline 1, freelb 3." in told
    assert "After at most 500 passes an arm that continues has not finished its learning rate decay:" in told
    told = " ".join(notes(study(studies, tmp_path, "passes", 166)))
    assert "equal in passes of an example through the model" in told
    assert "updates: baseline 500, freelb 166." in told


def test_arms_with_updates_of_their_own_are_told_to_differ(studies: ModuleType, tmp_path: Path) -> None:
    summary = study(studies, tmp_path, "nothing", 1000)
    title, *_ = rows(summary)
    assert "arms have their own numbers of updates" in title
    assert "(baseline 500, freelb 1,000): a difference between arms may be that of training longer." in " ".join(
        notes(summary)
    )
    assert any("after at most 500 passes" in line for line in rows(summary))


def test_magnitudes_are_shown_relative_and_absolute_with_what_was_measured(equal_updates: Summary) -> None:
    table = perturbation_table(equal_updates.study, equal_updates.costs)
    assert table is not None
    lines = [" ".join(line.split()) for line in drawn(table)]
    assert lines[-2:] == [
        "freelb step size 0.1 0.005 0.11 root mean square of an example",
        "radius 0.3 0.015 root mean square of an example",
    ]
    assert "measured is the root mean square of the perturbation" in " ".join(notes(equal_updates))


def test_a_magnitude_that_depends_on_the_example_is_left_out(equal_updates: Summary) -> None:
    step = {"relative": None, "absolute": 0.1, "of": "L2 norm of an example"}
    freelb = replace(equal_updates.costs["freelb"], perturbation={"root_mean_square": 0.05, "step_size": step})
    table = perturbation_table(equal_updates.study, {"freelb": freelb})
    assert table is not None
    assert " ".join(drawn(table)[-1].split()) == "freelb step size - 0.1 0.11 L2 norm of an example"
    assert cost_notes("updates", {"freelb": freelb})[-1] == ("-: the magnitude depends on the example's length.")
    assert not any(note.startswith("-") for note in notes(equal_updates))


def test_the_report_draws_both_tables_and_its_json_holds_every_report(equal_updates: Summary) -> None:
    text = "\n".join(drawn(report_tables(equal_updates)))
    assert "training of the chosen configurations" in text
    assert "perturbation of the chosen configurations" in text
    plain: dict[str, Any] = json.loads(json.dumps(equal_updates.as_json()))
    assert plain["equal"] == "updates"
    cost = plain["arms"]["freelb"]["cost"]
    assert (cost["passes_per_update"], cost["updates"], cost["passes"]) == (3, 500, 1500)
    assert cost["development"]["2"][0] == {"updates": 100, "passes": 300, "objective": 57.0}
    assert cost["perturbation"] == RECORD
    assert cost["measured_perturbation"] == pytest.approx(0.11)
    assert plain["arms"]["baseline"]["cost"]["measured_perturbation"] is None


def test_an_arm_without_a_chosen_configuration_has_no_cost(studies: ModuleType, tmp_path: Path) -> None:
    builder = studies.StudyBuilder(tmp_path)
    summary = summarize(builder.directory)
    assert summary.costs == {}
    assert summary.as_json()["arms"]["baseline"]["cost"] is None
    assert not any("Whole trials" in note for note in notes(summary))
