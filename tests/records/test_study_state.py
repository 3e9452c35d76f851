from __future__ import annotations

from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.events import space_fingerprint
from xlingual.records.files import write_json
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import read_state

STUDY = {
    "name": "s",
    "arms": {"a": {"baseline": True}, "b": {"baseline": False}},
    "search": {"trials_per_arm": 2},
    "replicates": {"searches": 1, "seeds": 1},
}


@pytest.fixture
def directory(tmp_path: Any) -> StudyDirectory:
    made = StudyDirectory(tmp_path / "s")
    write_json(made.study_json, STUDY)
    return made


def trial(
    directory: StudyDirectory, arm: str, number: int, state: str = "finished", retry: bool = False, score: float = 1.0
) -> None:
    name = {"arm": arm, "number": number, "fingerprint": f"{arm}{number}"}
    journal.append(directory.journal, {"event": "trial_started", "values": {}, **name})
    ended = {"event": "trial_ended", "state": state, "objective": score, "updates": 1, "reason": None, "retry": retry}
    journal.append(directory.journal, ended | name)


def chosen(directory: StudyDirectory) -> None:
    for arm in "ab":
        journal.append(directory.journal, {"event": "chosen", "arm": arm, "fingerprint": f"{arm}0"})


def test_one_arms_surplus_does_not_make_up_for_anothers_lack(directory: StudyDirectory) -> None:
    for number in range(3):
        trial(directory, "a", number)
    trial(directory, "b", 0)
    chosen(directory)
    assert not read_state(directory).searched
    trial(directory, "b", 1)
    assert read_state(directory).searched


def test_more_trials_are_planned_for_who_has_fewer_than_asked_for_whatever_others_have(
    directory: StudyDirectory,
) -> None:
    for number in range(4):
        trial(directory, "a", number)
    assert read_state(directory).trials_planned == 4 + 2
    trial(directory, "b", 0)
    state = read_state(directory)
    journal.append(
        directory.journal, {"event": "space_exhausted", "arm": "b", "trials": 1, "space": space_fingerprint({})}
    )
    assert (state.trials_planned, read_state(directory).trials_planned) == (4 + 2, 4 + 1)


def test_a_trial_lost_to_an_accident_is_still_to_be_done(directory: StudyDirectory) -> None:
    for arm in "ab":
        for number in range(2):
            trial(directory, arm, number, "failed" if number else "finished", retry=bool(number) and arm == "b")
    chosen(directory)
    state = read_state(directory)
    assert [(t.arm, t.number) for t in state.trials if t.unfinished] == [("b", 1)]
    assert not state.searched


def test_a_choice_of_before_the_last_trials_ends_no_search(directory: StudyDirectory) -> None:
    """Killed between the last of the trials added later and the choice among all."""
    for arm in "ab":
        trial(directory, arm, 0)
    chosen(directory)
    for arm, score in (("a", 1.0), ("b", 2.0)):
        trial(directory, arm, 1, score=score)
    assert not read_state(directory).searched
    journal.append(directory.journal, {"event": "chosen", "arm": "b", "fingerprint": "b1"})
    assert read_state(directory).searched


def test_replicates_count_for_the_configuration_that_is_chosen_now(directory: StudyDirectory) -> None:
    for arm in "ab":
        for number in range(2):
            trial(directory, arm, number)
    chosen(directory)
    for arm in "ab":
        name = {"arm": arm, "seed": 1001, "fingerprint": f"r{arm}"}
        journal.append(directory.journal, {"event": "replicate_started", "chosen": f"{arm}0", **name})
        journal.append(directory.journal, {"event": "replicate_ended", "state": "finished", **name})
        journal.append(directory.journal, {"event": "test_scored", "set": "xquad", "scores": {}, **name})
    assert read_state(directory).complete
    journal.append(directory.journal, {"event": "chosen", "arm": "b", "fingerprint": "b1"})
    state = read_state(directory)
    assert not state.replicated
    assert not state.complete
    assert [replicate.arm for replicate in state.replicates] == ["a"]
