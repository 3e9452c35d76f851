"""Score against updates and passes: its table, its tidy CSV, its figure, its errors."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "analysis" / "score_by_compute.py"
FREELB = {"adversarial": {"attack": "freelb", "steps": 3, "step_size": 0.1}}


@pytest.fixture(scope="module")
def compute() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score_by_compute", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["score_by_compute"] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def study(studies: ModuleType, tmp_path: Path) -> Path:
    builder = studies.finished_study(tmp_path, ("plain", "freelb"), test={"source": "toy", "languages": ["en", "de"]})
    builder.robust("freelb", 500, FREELB)
    for seed in (1, 2):
        builder.reports("plain", seed, {250: 50.0 + seed, 500: 70.0 + seed})
        builder.reports("freelb", seed, {250: 60.0 + seed, 500: 80.0 + seed})
    return Path(builder.directory.path)


def test_the_script_prints_a_table_and_writes_both_files(
    compute: ModuleType, study: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = ["--csv", str(tmp_path / "out" / "reports.csv"), "--figure", str(tmp_path / "out" / "scores.png")]
    assert compute.main([str(study), *outputs]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = [" ".join(line.split()) for line in printed.out.splitlines()]
    assert "plain 250 250 51.5 ± 0.7 2" in lines
    assert "500 1,500 81.5 ± 0.7 2" in lines
    assert any(line.startswith("TOY WORLD") for line in lines)
    assert "per update: plain 1, freelb 3" in printed.out.replace("\n", " ").replace("  ", " ")
    assert (tmp_path / "out" / "scores.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "out" / "reports.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 2 * 2
    assert rows[-1] == {
        "study": "small", "arm": "freelb", "passes_per_update": "3", "seed": "2", "updates": "500", "passes": "1500",
        "objective": "82.0",
    }  # fmt: skip


def test_both_panels_hold_every_arm_and_the_warnings(
    compute: ModuleType, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import matplotlib.figure

    drawn = []
    monkeypatch.setattr(matplotlib.figure.Figure, "savefig", lambda figure, path, **_: drawn.append(figure))
    summary = compute.summarize(study)
    compute.draw_curves(compute.arm_points(summary), compute.caption(summary), summary.objective, tmp_path / "x.png")
    (figure,) = drawn
    updates, passes = ([list(line.get_xdata()) for line in panel.get_lines()] for panel in figure.axes)
    assert updates == [[250, 500], [250, 500]]
    assert passes == [[250, 500], [750, 1500]]
    assert figure.get_suptitle().splitlines() == ["small: whole trials are equal in updates", "TOY WORLD"]


def test_a_replicate_that_is_behind_is_counted_where_it_reported(
    compute: ModuleType, studies: ModuleType, study: Path
) -> None:
    from xlingual.records.files import write_lines
    from xlingual.records.layout import StudyDirectory

    write_lines(StudyDirectory(study).trial("plain-1-seed-2").reports, [{"updates": 250, "objective": 52.0}])
    points = compute.arm_points(compute.summarize(study))
    assert [(point.arm, point.updates, point.scores) for point in points[:2]] == [
        ("plain", 250, (51.0, 52.0)), ("plain", 500, (71.0,)),
    ]  # fmt: skip


def test_a_study_without_replicates_is_told(
    compute: ModuleType, studies: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    builder = studies.StudyBuilder(tmp_path)
    assert compute.main([str(builder.directory.path)]) == 1
    assert "no replicate has reported yet; let `xlingual run` end first" in capsys.readouterr().err


def test_an_arm_without_a_finished_trial_is_missing_by_name(
    compute: ModuleType, studies: ModuleType, tmp_path: Path
) -> None:
    builder = studies.finished_study(tmp_path, ("plain", "freelb"), failed=["freelb"], test={"languages": ["en", "de"]})
    builder.reports("plain", 1, {500: 70.0})
    summary = compute.summarize(builder.directory)
    points = compute.arm_points(summary)
    table = compute.curve_table(summary, points)
    assert list(table.first.cells) == ["plain", "freelb"]
    assert [column.cells[1] for column in table.groups[0]] == ["-", "-", "-", "0"]
    last = list(compute.tidy_rows(summary))[-1]
    assert last["arm"] == "freelb" and last["objective"] is None and last["seed"] is None
    assert "not drawn, without any report: freelb" in compute.caption(summary)
