"""Progress of a study with several test sets: each line and row has the metric of its set, and no grid of pairs."""

from __future__ import annotations

import io

from rich.console import Console

from xlingual.progress import ScoreNames
from xlingual.progress.arm_table import test_table as drawn_table
from xlingual.progress.glyphs import UNICODE
from xlingual.progress.plain import PlainView
from xlingual.progress.study_view import StudyState
from xlingual.task_metrics import MLQA, SQUAD

NAMES = ScoreNames(metrics=SQUAD, source="de", sets={"xquad": SQUAD, "mlqa": MLQA})
XQUAD = {"de": {"f1": 90.0}, "en": {"f1": 60.0}, "es": {"f1": 40.0}}
CROSSED = {
    "de": {"f1": 80.0, "mlqa_f1": 81.0},
    "en": {"f1": 50.0, "mlqa_f1": 51.0},
    "en-de": {"f1": 20.0, "mlqa_f1": 22.0},
    "de-en": {"f1": 20.0, "mlqa_f1": 24.0},
}


def test_a_line_has_the_metric_of_its_set_and_one_figure_for_all_pairs() -> None:
    stream = io.StringIO()
    view = PlainView(stream, NAMES)
    view.test_scored("baseline", 1, "xquad", XQUAD)
    view.test_scored("baseline", 1, "mlqa", CROSSED)
    first, second = (line.split("  ", 1)[1] for line in stream.getvalue().splitlines())
    assert first == "baseline seed 1: xquad F1 beyond German 50.00 (de 90.00 en 60.00 es 40.00)"
    assert second == (
        "baseline seed 1: mlqa MLQA F1 beyond German 51.00 (de 81.00 en 51.00); 2 pairs of two languages 23.00"
    )


def test_a_row_of_the_live_table_has_the_metric_of_its_set() -> None:
    state = StudyState(lambda: 0.0)
    state.test_scored("baseline", 1, "xquad", XQUAD)
    state.test_scored("baseline", 1, "mlqa", CROSSED)
    console = Console(width=100, file=io.StringIO())
    console.print(drawn_table(state, 100, 5, NAMES, UNICODE))
    header, *rows = console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert header.split()[-3:] == ["mean", "beyond", "German"]
    assert rows[0].split()[2:] == ["xquad", "3", "F1", "50.00"]
    assert rows[1].split()[2:] == ["mlqa", "2", "and", "2", "pairs", "MLQA", "F1", "51.00"]


def test_a_set_that_is_not_named_has_the_metrics_of_the_task() -> None:
    assert NAMES.on("another").headline == "F1" and NAMES.of_pairs(XQUAD) is None
