"""Marks of arms that were chosen after a reading of the test set, in what analyses found and in tables."""

from __future__ import annotations

from xlingual.analyses.arm_ranks import ArmPair, RankedArm, Ranking
from xlingual.analyses.cost_curves import CostPoint
from xlingual.analyses.selection_signal import RankCorrelation, ScoredReplicate, Signal
from xlingual.report.late_arms import shown, with_marks
from xlingual.report.wide_table import Column, WideTable

UNKNOWN = RankCorrelation(None, None, None, None, 1)


def test_every_name_of_a_late_arm_is_marked_and_nothing_else() -> None:
    arms = (RankedArm("a", 50.0, 1, "a"), RankedArm("b", 40.0, 2, "b"))
    ranking = Ranking("f1", arms, (ArmPair("a", "b", 10.0, None, None, None, True),), ("b",))
    found = shown(ranking, ("b",))
    assert [arm.arm for arm in found.arms] == ["a", "b (late)"] and [arm.groups for arm in found.arms] == ["a", "b"]
    assert (found.pairs[0].better, found.pairs[0].other, found.pairs[0].estimate) == ("a", "b (late)", 10.0)
    assert ranking.arms[1].arm == "b"


def test_marks_are_found_in_lists_and_named_tuples() -> None:
    points = [CostPoint("a", 250, 250, (1,), (50.0,), (None,)), CostPoint("b", 250, 250, (1,), (40.0,), (None,))]
    assert [point.arm for point in shown(points, {"a"})] == ["a (late)", "b"]
    assert shown(points, ()) is points
    signal = Signal("a", "a", True, UNKNOWN, UNKNOWN, (ScoredReplicate("a", 1, 50.0, 40.0),))
    marked = shown((signal,), {"a"})[0]
    assert marked.points == (ScoredReplicate("a (late)", 1, 50.0, 40.0),)
    assert (marked.development, marked.test) == ("a", "a")  # a score and a language that are called like an arm


def test_a_table_has_marks_in_its_title_its_rows_and_its_headers() -> None:
    table = WideTable("small: a minus b", (), Column("arm", ["a", "b"]), [[Column("a", ["1", "2"])]])
    found = with_marks(table, ("a",))
    assert (found.title, found.first.cells) == ("small: a (late) minus b", ["a (late)", "b"])
    assert [column.header for column in found.columns] == ["a (late)"]
