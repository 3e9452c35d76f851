"""Figures of searches, read back from their lines, bars and labels."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex

from xlingual.analyses.best_score import BestScores
from xlingual.analyses.importance import ArmImportance, ParameterImportance
from xlingual.analyses.trial_table import Axis, TrialRow, TrialTable
from xlingual.errors import DataError
from xlingual.figures.searches import best_curves, importance_bars, parallel_coordinates
from xlingual.figures.style import GREY

AXES = (
    Axis("training.learning_rate", 1e-5, 1e-3, log=True),
    Axis("mixture.weights.de", 0.0, 1.0),
    Axis("noise", options=("off", "on")),
)
ROWS = (
    TrialRow(1, 0, "finished", 40.0, {"training.learning_rate": 1e-4, "mixture.weights.de": 0.25, "noise": "on"}),
    TrialRow(1, 1, "finished", 60.0, {"training.learning_rate": 1e-3, "mixture.weights.de": 1.0, "noise": "off"}),
    TrialRow(1, 2, "pruned", 50.0, {"training.learning_rate": 1e-5, "noise": "off"}),
)  # fmt: skip


def test_parallel_coordinates_have_a_line_a_trial_at_its_places() -> None:
    panel = parallel_coordinates(TrialTable("webfaq", AXES, ROWS), "dev.f1", chosen={(1, 1)}).axes[0]
    lines = [line for line in panel.lines if len(line.get_xdata()) == 3]
    stopped, first, chosen = (list(line.get_ydata()) for line in lines)
    assert first == pytest.approx([0.5, 0.25, 1.0])
    assert chosen == pytest.approx([1.0, 1.0, 0.0])
    assert stopped == pytest.approx([0.0, np.nan, 0.0], nan_ok=True)
    assert [line.get_linewidth() for line in lines] == [1.0, 1.0, 2.5]
    assert to_hex(lines[0].get_color()) == GREY and to_hex(lines[1].get_color()) != to_hex(lines[2].get_color())
    assert [label.get_text() for label in panel.get_xticklabels()] == ["training.learning_rate", "weights.de", "noise"]
    assert panel.get_title() == "webfaq: 3 trials; grey: 1 not trained to the end; thick: chosen"
    assert {"1e-05", "0.001", "off", "on"} <= {text.get_text() for text in panel.texts}


def test_nothing_searched_cannot_be_drawn() -> None:
    with pytest.raises(DataError, match="no searched parameter"):
        parallel_coordinates(TrialTable("fixed", (), ROWS), "dev.f1")


def test_incumbents_are_steps_and_their_mean_begins_where_all_have_a_score() -> None:
    curve = BestScores("webfaq", False, (), {1: (None, 50.0, 60.0), 2: (40.0, 44.0, 44.0)})
    panel = best_curves([curve], "dev.f1").axes[0]
    first, second, mean = panel.lines
    assert list(first.get_xdata()) == [2, 3] and list(first.get_ydata()) == [50.0, 60.0]
    assert list(second.get_ydata()) == [40.0, 44.0, 44.0]
    assert list(mean.get_ydata()) == pytest.approx([np.nan, 47.0, 52.0], nan_ok=True)
    assert panel.get_xlabel() == "trials of a search"


def test_expected_bests_are_drawn_alone() -> None:
    panel = best_curves([BestScores("webfaq", True, (30.0, 50.0), {1: (30.0, 50.0)})], "dev.f1").axes[0]
    (line,) = panel.lines
    assert list(line.get_ydata()) == [30.0, 50.0]
    assert "Expected best" in panel.get_title()
    with pytest.raises(DataError, match="no trial has ended"):
        best_curves([], "dev.f1")


def test_importance_has_a_bar_a_parameter_and_a_mark_at_chance() -> None:
    parameters = (
        ParameterImportance("training.learning_rate", 0.6, 0.75, 0.2),
        ParameterImportance("mixture.weights.de", 0.2, 0.25, 0.4),
    )
    panel = importance_bars([ArmImportance("webfaq", 20, 5, parameters)]).axes[0]
    assert [bar.get_width() for bar in panel.patches] == [0.6, 0.2]
    assert list(panel.lines[0].get_xdata()) == pytest.approx([0.2, 0.4])
    assert len({to_hex(bar.get_facecolor()) for bar in panel.patches}) == 2
    assert (
        importance_bars([ArmImportance("webfaq", 20, 5, parameters)], most=1)
        .axes[0]
        .get_title()
        .endswith("1 of 2 shown")
    )
    with pytest.raises(DataError, match="no arm has enough trials"):
        importance_bars([])
