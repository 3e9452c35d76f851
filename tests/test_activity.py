"""Activities are reported to listeners, the innermost first, and to nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from xlingual.activity import Activities, counted, doing, entering, heard_by


def innermost(activities: Activities) -> str | None:
    return None if activities.innermost is None else activities.innermost.text


def test_the_innermost_activity_is_heard_and_ends_with_its_context() -> None:
    activities = Activities()

    @doing("hashing")
    def hashed() -> str | None:
        return innermost(activities)

    with heard_by(activities):
        assert innermost(activities) is None
        with doing("loading"):
            assert hashed() == "hashing"
            assert innermost(activities) == "loading"
        assert innermost(activities) is None
    with doing("alone"):
        assert innermost(activities) is None


def test_an_activity_that_fails_ends_too() -> None:
    activities = Activities()
    with heard_by(activities), pytest.raises(ValueError, match="wrong"), doing("loading"):
        raise ValueError("wrong")
    assert innermost(activities) is None


def test_items_are_counted_once_they_are_finished() -> None:
    activities = Activities()
    with heard_by(activities), doing("reading", 3) as reading:
        seen = [(item, reading.done) for item in counted("abc", reading)]
        assert (seen, reading.done, reading.total) == ([("a", 0), ("b", 1), ("c", 2)], 3, 3)
        reading.reach(7, 9)
        assert (reading.done, reading.total) == (7, 9)


def test_what_is_done_within_an_entered_context_is_told_apart() -> None:
    activities, steps = Activities(), []

    @contextmanager
    def slow() -> Iterator[str]:
        steps.append(innermost(activities))
        yield "entered"
        steps.append("left")

    with heard_by(activities), entering("starting", slow()) as entered:
        steps += [entered, innermost(activities)]
    assert steps == ["starting", "entered", None, "left"]


def test_an_activity_may_be_ended_twice_and_in_any_order() -> None:
    activities = Activities()
    outer, inner = activities.begin("outer"), activities.begin("inner")
    activities.end(outer)
    activities.end(outer)
    assert innermost(activities) == "inner"
    activities.end(inner)
    assert innermost(activities) is None
