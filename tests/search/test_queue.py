from __future__ import annotations

from pathlib import Path
from typing import Any

from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.search.journalist import Journalist
from xlingual.search.queue import SearchQueue
from xlingual.search.sampler import ArmSampler
from xlingual.study import TrialConfiguration


def configuration(rate: float) -> TrialConfiguration:
    return TrialConfiguration.model_validate(
        {
            "sources": {"model": "m", "train": "t", "dev": "d"},
            "windows": {},
            "training": {"updates": 10, "learning_rate": rate},
            "seed": 0,
        }
    )


class Silent:
    """A listener that does not care."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


def queue(path: Path, trials: int = 2, unfinished: Any = None, started: Any = None) -> tuple[SearchQueue, Journalist]:
    from xlingual.study import Choice

    trees = {arm: {"training": {"learning_rate": Choice((0.25, 0.5))}} for arm in ("a", "b")}
    samplers = {
        arm: ArmSampler(arm, tree, kind="random", startup_trials=1, seed=0, metric="f1", full_budget=10)
        for arm, tree in trees.items()
    }
    journalist = Journalist(StudyDirectory(path), Silent(), metric="f1", kind="trial")
    made = SearchQueue(
        samplers,
        unfinished or {"a": [], "b": []},
        started or {"a": 0, "b": 0},
        trials,
        lambda arm, tree: configuration(tree["training"]["learning_rate"]),
        journalist,
    )
    return made, journalist


def end(made: SearchQueue, journalist: Journalist, trial_id: str, item: dict[str, Any]) -> None:
    result = {"updates": 10, "f1": 50.0}
    made.on_trial_complete(trial_id, result)
    journalist.on_trial_complete(0, [], type("T", (), {"config": item, "last_result": result}))


def drain(made: SearchQueue, journalist: Journalist) -> list[tuple[str, int]]:
    handed, waits = [], 0
    running: dict[str, dict[str, Any]] = {}
    while made.remaining or waits:
        trial_id = f"t{len(handed)}-{waits}"
        item = made.suggest(trial_id)
        if item is None:
            waits += 1
            first = next(iter(running))
            end(made, journalist, first, running.pop(first))
            continue
        waits = 0
        running[trial_id] = item
        handed.append((item["arm"], item["number"]))
    for trial_id, item in running.items():
        end(made, journalist, trial_id, item)
    return handed


def test_arms_take_turns_until_each_has_its_trials(tmp_path: Path) -> None:
    made, journalist = queue(tmp_path)
    assert made.remaining == 4
    assert drain(made, journalist) == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]
    assert made.suggest("more") == "FINISHED"


def test_an_equal_configuration_waits_until_the_one_in_training_has_ended(tmp_path: Path) -> None:
    made, journalist = queue(tmp_path, trials=4)  # two learning rates for eight trials
    assert len(drain(made, journalist)) == 8
    running: set[str] = set()
    for event in journal.read(StudyDirectory(tmp_path).journal):
        if event["event"] == "trial_started":
            assert event["fingerprint"] not in running
            running.add(event["fingerprint"])
        else:
            running.remove(event["fingerprint"])


def test_a_trial_is_in_the_journal_before_it_is_handed_out(tmp_path: Path) -> None:
    made, _ = queue(tmp_path)
    item = made.suggest("t")
    (event,) = journal.read(StudyDirectory(tmp_path).journal)
    assert (event["event"], event["fingerprint"]) == ("trial_started", item["fingerprint"])
    assert event["values"] == item["values"]


def test_unfinished_trials_come_first_with_their_numbers_and_values(tmp_path: Path) -> None:
    values = {"training.learning_rate": 0.5}
    made, _ = queue(tmp_path, unfinished={"a": [], "b": [(1, values)]}, started={"a": 1, "b": 2})
    assert made.remaining == 2
    item = made.suggest("t")
    assert (item["arm"], item["number"], item["values"]) == ("b", 1, values)
    assert made.suggest("u")["arm"] == "a"
