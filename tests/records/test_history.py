"""A journal, read with the current names and spaces of a study's arms."""

from __future__ import annotations

from typing import Any

from xlingual.records.history import SetAside, as_of_now, defined, late_choices, names, renamed_rows, with_positions
from xlingual.study.searches import ArmSearch


def space(low: float, high: float) -> dict[str, Any]:
    return {"training": {"rate": {"uniform": [low, high]}}, "mixture": None, "robust": None}


def started(arm: str, number: int, rate: float) -> dict[str, Any]:
    return {"event": "trial_started", "arm": arm, "number": number, "fingerprint": f"f{number}",
            "values": {"training.rate": rate}}  # fmt: skip


def ended(arm: str, number: int) -> dict[str, Any]:
    return {"event": "trial_ended", "arm": arm, "number": number, "fingerprint": f"f{number}", "state": "finished"}


def chosen(arm: str, number: int) -> dict[str, Any]:
    return {"event": "chosen", "arm": arm, "number": number, "fingerprint": f"f{number}"}


def changed(spaces: Any = None, renamed: Any = None, time: float = 0.0, **study: Any) -> dict[str, Any]:
    return {"event": "study_changed", "time": time, "study": study, "spaces": spaces or {}, "renamed": renamed or {}}


TRIALS = [started("a", 0, 0.2), ended("a", 0), started("a", 1, 0.8), ended("a", 1), chosen("a", 1)]


def kinds(events: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(event["event"], event["number"]) for event in events]


def test_a_journal_without_a_change_is_as_it_is() -> None:
    assert as_of_now(TRIALS, {"a": space(0, 0.1)}) == (TRIALS, ())
    assert defined(TRIALS) is None


def test_a_trial_outside_of_the_narrowed_space_is_set_aside_with_its_end_and_its_choice() -> None:
    events = [*TRIALS, changed({"a": space(0, 1)})]
    kept, aside = as_of_now(events, {"a": space(0, 0.5)})
    assert kinds(kept) == [("trial_started", 0), ("trial_ended", 0)]
    assert aside == (SetAside("a", 1, "f1", "training.rate 0.8 is above 0.5"),)


def test_a_space_that_comes_back_brings_its_trials_back_and_the_choice_is_made_again() -> None:
    events = [*TRIALS, changed({"a": space(0, 1)}), started("a", 2, 0.4), ended("a", 2), chosen("a", 0),
              changed({"a": space(0, 0.5)})]  # fmt: skip
    kept, aside = as_of_now(events, {"a": space(0, 1)})
    assert aside == ()
    assert kinds(kept) == [(kind, number) for number in range(3) for kind in ("trial_started", "trial_ended")]


def test_a_choice_that_read_the_test_set_stays_while_it_is_legal() -> None:
    replicate = {"event": "replicate_started", "arm": "a", "seed": 1, "fingerprint": "r", "chosen": "f1"}
    events = [*TRIALS, replicate, changed({"a": space(0, 1)})]
    for low, read, choices in ((0.5, {"r"}, 1), (0.5, set(), 0), (0.9, {"r"}, 0)):
        kept, _ = as_of_now(events, {"a": space(low, 1)}, read)
        assert sum(event["event"] == "chosen" for event in kept) == choices


def test_a_reading_for_one_arm_keeps_no_choice_of_another_that_chose_the_same_configuration() -> None:
    """The other arm chooses again: more of its trials may be legal now."""
    replicate = {"event": "replicate_started", "arm": "b", "seed": 1, "fingerprint": "r", "chosen": "f1"}
    events = [*TRIALS, replicate, changed({"a": space(0, 1)})]
    kept, _ = as_of_now(events, {"a": space(0, 2)}, read={"r"})
    assert "chosen" not in {event["event"] for event in kept}


def test_values_are_those_under_which_the_present_space_draws_the_trial() -> None:
    fixed = {"training": {"rate": 0.2}, "mixture": None, "robust": None}
    events = [{**started("a", 0, 0.2), "values": {}}, ended("a", 0), changed({"a": fixed})]
    kept, aside = as_of_now(events, {"a": space(0, 1)})
    assert aside == () and kept[0]["values"] == {"training.rate": 0.2}
    events += [changed({"a": space(0, 1)})]
    kept, aside = as_of_now(events, {"a": fixed})
    assert aside == () and kept[0]["values"] == {}


def test_a_trial_that_was_begun_again_belongs_to_the_space_of_its_last_start() -> None:
    events = [started("a", 0, 0.2), changed({"a": space(0, 0.5)}), started("a", 0, 0.2), changed({"a": space(0, 1)})]
    kept, aside = as_of_now(events, {"a": space(0.1, 0.3)})
    assert aside == () and [event["values"] for event in kept] == 2 * [{"training.rate": 0.2}]


def test_renamed_arms_have_their_trials_and_readings_under_the_last_name() -> None:
    events = [*TRIALS, changed(renamed={"a": "b"}, time=5.0), started("b", 2, 0.4), started("a", 0, 0.5),
              changed(renamed={"b": "c"}, time=7.0, name="s")]  # fmt: skip
    kept, _ = as_of_now(events, {"a": space(0, 1), "c": space(0, 1)})
    assert [event["arm"] for event in kept] == [*"cccccc", "a"]
    assert names(events) == {"a", "c"}
    assert defined(events) == {"name": "s"}
    first, second = (position for position, event in enumerate(events) if event["event"] == "study_changed")
    read = ((0, "a"), (first + 1, "b"), (second, "a"), (second + 1, "c"))
    rows = [{"events": events, "arm": arm} for events, arm in read]
    assert [row["arm"] for row in renamed_rows(rows, events)] == ["c", "c", "a", "c"]


def test_an_arm_that_was_taken_out_and_comes_back_with_another_space_keeps_what_is_legal() -> None:
    events = [*TRIALS, changed({"a": space(0, 1)}), changed()]
    kept, aside = as_of_now(events, {"a": space(0, 0.5)})
    assert kinds(kept) == [("trial_started", 0), ("trial_ended", 0)]
    assert [one.number for one in aside] == [1]


def test_a_choice_is_late_by_its_place_in_the_journal_whatever_the_clocks_say() -> None:
    """The driver went on on a machine whose clock was behind."""
    events = with_positions(
        [{"event": "chosen", "arm": "a", "time": 9.0}, {"event": "chosen", "arm": "b", "time": 1.0},
         {"event": "chosen", "arm": "c", "time": 2.0}]
    )  # fmt: skip
    assert late_choices(events, [{"purpose": "test", "events": 2, "time": 1.5}]) == {ArmSearch("c", 1)}
    assert late_choices(events, [{"purpose": "search objective (oracle)", "events": 0, "time": 0.0}]) == frozenset()
