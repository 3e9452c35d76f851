"""Figures that compare arms and costs, read back from their lines and labels."""

from __future__ import annotations

from itertools import starmap

import pytest

from xlingual.analyses.arm_ranks import ArmPair, RankedArm, Ranking
from xlingual.analyses.claims import Claim, Line
from xlingual.analyses.cost_curves import CostPoint
from xlingual.analyses.language_distance import DistanceCorrelation
from xlingual.analyses.responses import Response, Third
from xlingual.analyses.selection_signal import RankCorrelation, ScoredReplicate, Signal
from xlingual.errors import DataError
from xlingual.figures.arms import arm_pairs, claim_lines, distance_scatters, signal_scatters
from xlingual.figures.costs import cost_panels
from xlingual.figures.responses import magnitude_lines, response_panels
from xlingual.report.differences import Difference
from xlingual.statistics.crossed import Inference

UNKNOWN = RankCorrelation(None, None, None, None, 2)


def test_a_pair_is_a_dot_with_its_interval_filled_where_it_is_called_a_difference() -> None:
    pairs = (ArmPair("a", "b", 5.0, 3.0, 7.0, 0.01, True), ArmPair("a", "c", 6.0, None, None, None, False))
    ranking = Ranking("f1", (RankedArm("a", 50.0, 1, "a"),), pairs, ())
    panel = arm_pairs({"small": ranking}).axes[0]
    first, second = panel.containers
    assert tuple(first.lines[2][0].get_segments()[0][:, 0]) == (3.0, 7.0)
    assert tuple(second.lines[2][0].get_segments()[0][:, 0]) == (6.0, 6.0)
    assert [dot.lines[0].get_markerfacecolor() for dot in panel.containers] == ["#0072B2", "white"]
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a - b", "a - c"]
    with pytest.raises(DataError, match="no two arms were scored"):
        arm_pairs({"small": Ranking("f1", (), (), ())})


def test_replicates_are_dots_of_development_and_test_score() -> None:
    points = tuple(starmap(ScoredReplicate, (("a", 1, 50.0, 40.0), ("b", 1, 60.0, 45.0), ("b", 2, 61.0, 44.0))))
    rho = RankCorrelation(0.5, 0.1, 0.9, 0.3, 3)
    panel = signal_scatters({"small": [Signal("f1", "mean", True, rho, UNKNOWN, points)]}, "F1").axes[0]
    first, second = panel.lines
    assert (list(first.get_xdata()), list(first.get_ydata())) == ([50.0], [40.0])
    assert (list(second.get_xdata()), list(second.get_ydata())) == ([60.0, 61.0], [45.0, 44.0])
    assert panel.get_title() == "small: rank correlation 0.50"
    with pytest.raises(DataError, match="no replicate has both"):
        signal_scatters({"small": []}, "F1")


def test_languages_are_dots_over_their_likeness() -> None:
    points = (("de", 0.9, 70.0), ("th", 0.6, 40.0))
    one = DistanceCorrelation("a", "score", "syntax", 2, None, None, None, None, points)
    panel = distance_scatters([one], "F1").axes[0]
    assert list(panel.lines[0].get_xdata()) == [0.9, 0.6] and list(panel.lines[0].get_ydata()) == [70.0, 40.0]
    assert [text.get_text() for text in panel.texts] == ["de", "th"]
    with pytest.raises(DataError, match="no arm was scored"):
        distance_scatters([], "F1")


def test_curves_lie_over_updates_passes_and_hours() -> None:
    points = [
        CostPoint("a", 250, 750, (1, 2), (50.0, 52.0), (1.0, 3.0)),
        CostPoint("a", 500, 1500, (1, 2), (60.0, 64.0), (2.0, 6.0)),
        CostPoint("b", 250, 250, (1,), (40.0,), (None,)),
    ]
    updates, passes, hours = cost_panels({"small": points}, {"small": "dev.f1"}).axes
    assert [list(line.get_xdata()) for line in updates.lines] == [[250, 500], [250]]
    assert [list(line.get_xdata()) for line in passes.lines] == [[750, 1500], [250]]
    assert [list(line.get_xdata()) for line in hours.lines] == [[2.0, 4.0]]
    assert list(updates.lines[0].get_ydata()) == [51.0, 62.0]
    with pytest.raises(DataError, match="no replicate has reported"):
        cost_panels({"small": []}, {"small": "dev.f1"})


def test_a_response_has_its_trainings_and_the_mean_of_each_third() -> None:
    thirds = (Third(0.1, 0.2, 2, 50.0, 45.0, 55.0), Third(0.4, 0.4, 1, 60.0, None, None))
    one = Response("a", "mixture.weights.de", False, ((0.1, 49.0), (0.2, 51.0), (0.4, 60.0)), thirds, None, None, None)
    panel = response_panels({"small": [one]}, "dev.f1").axes[0]
    dots, mean, interval, last = panel.lines
    assert list(dots.get_ydata()) == [49.0, 51.0, 60.0]
    assert (list(mean.get_xdata()), list(mean.get_ydata())) == ([0.1, 0.2], [50.0, 50.0])
    assert list(interval.get_ydata()) == [45.0, 55.0] and interval.get_xdata()[0] == pytest.approx(0.15)
    assert list(last.get_ydata()) == [60.0, 60.0]
    assert panel.get_title() == "a\nweights.de"
    with pytest.raises(DataError, match="nothing to draw"):
        response_panels({"small": []}, "dev.f1")
    with pytest.raises(DataError, match="no arm with a fixed magnitude"):
        magnitude_lines([])


def test_a_claim_has_the_measured_and_the_claimed_gain() -> None:
    found = Inference(2.0, 0.5, 10.0, 0.3, 0.4, (4, 4), 12)
    claim = Claim("robust", "It helps.", "a paper", gain=1.5)
    gap = Difference(found)
    lines = [Line(claim, "s", "a", "b", "f1", gap, "seeds"), Line(claim, "s", "c", "b", "f1", None, "seeds")]
    panel = claim_lines(lines).axes[0]
    (dot,) = panel.containers
    assert tuple(dot.lines[2][0].get_segments()[0][:, 0]) == pytest.approx((gap.low, gap.high))
    assert [list(line.get_xdata()) for line in panel.lines if line.get_marker() == "|"] == [[1.5]]
    with pytest.raises(DataError, match="no comparison of a claim"):
        claim_lines(lines[1:])
