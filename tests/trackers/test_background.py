"""While a study runs its trackers follow; whatever they do, it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from list_tracker import KIND, STORES, Store
from studies_here import Hearer
from toy_study import toy_study
from tracked_study import tracked_study

from xlingual.activity import Activities
from xlingual.errors import RecordError
from xlingual.study import Study, load_study
from xlingual.study.trackers import TRACKERS
from xlingual.trackers import background
from xlingual.trackers.background import TrackerThread, threads_of, tracked


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    monkeypatch.setitem(TRACKERS, "list", KIND)  # type: ignore[attr-defined]
    monkeypatch.setattr(background, "PAUSE", 0.0)
    STORES["here"] = Store()
    yield STORES["here"]
    STORES.pop("here").gate.set()


@pytest.fixture
def records(studies: ModuleType, tmp_path: Path) -> Any:
    return tracked_study(studies, tmp_path)


@pytest.fixture
def study(store: Store, tmp_path: Path) -> Study:
    file = tmp_path / "study.yaml"
    file.write_text(yaml.safe_dump(toy_study(name="small", trackers={"list": {"at": "here"}})))
    return load_study(file)


def test_a_study_is_in_its_tracker_when_its_command_ends(study: Study, records: Any, store: Store) -> None:
    hearer = Hearer()
    with tracked(study, records.directory, hearer) as listener:
        for step in records.steps:
            step()
            listener.stage_started("any", 1, 0)
    assert {run for run, _, _ in store.added} >= {"small", "baseline/0", "webfaq/seed-1"}
    assert len(store.added) == len({(run, key) for run, key, _ in store.added}) == 24
    assert hearer.notes == [] and store.opened == 1


def test_a_study_that_was_done_before_is_sent_too(study: Study, records: Any, store: Store) -> None:
    for step in records.steps:
        step()
    with tracked(study, records.directory, Hearer()):
        pass
    assert len(store.added) == 24


def test_a_command_that_is_refused_before_its_first_stage_sends_nothing(
    study: Study, records: Any, store: Store
) -> None:
    """Another one may be running the study now."""
    records.searching()
    with pytest.raises(RecordError), tracked(study, records.directory, Hearer()):
        raise RecordError("another process writes here")
    assert store.opened == 0


def test_what_happened_before_an_interruption_is_sent(study: Study, records: Any, store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), tracked(study, records.directory, Hearer()) as listener:
        records.searching()
        listener.stage_started("search", 4, 0)
        raise KeyboardInterrupt
    assert {run for run, _, _ in store.added} == {"baseline/0", "webfaq/0", "webfaq/2"}


def test_a_tracker_that_fails_at_the_end_is_one_line(
    study: Study, records: Any, store: Store, by_letter: Any, tmp_path: Path
) -> None:
    store.left = 1
    hearer = Hearer()
    with tracked(study, records.directory, hearer) as listener:
        records.searching()
        listener.stage_started("search", 4, 0)
        records.searched()
    assert len(hearer.notes) in (1, 2)  # as soon as it fails, if that is before the end, and at the end
    by_letter(hearer.notes[-1].replace(str(tmp_path), "STORAGE"))
    assert len(store.added) == 1


def test_a_tracker_that_recovers_gets_everything(
    study: Study, records: Any, store: Store, by_letter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.left = 2
    hearer = Hearer()
    records.searching()
    (thread,) = threads_of(study.trackers, records.directory, "small", hearer.note)

    def recover(*_: object) -> None:
        store.left = None

    monkeypatch.setattr(thread._last, "wait", recover)
    thread.changed()
    activities = Activities()
    with activities.doing("sending") as activity:
        thread.finish(activity)
    assert len(store.added) == len({(run, key) for run, key, _ in store.added}) == 4
    assert all("up to date" not in note for note in hearer.notes)
    for note in hearer.notes[:1]:
        by_letter(note)


def test_a_tracker_that_hangs_is_left_behind(study: Study, records: Any, store: Store, by_letter: Any) -> None:
    store.hangs = True
    records.searching()
    told: list[str] = []
    settings = study.trackers["list"]
    thread = TrackerThread(KIND, settings, records.directory, "small", told.append, patience=0.01)
    with Activities().doing("sending") as activity:
        thread.finish(activity)
    assert len(told) == 1
    by_letter(told[0].replace(str(records.directory.path.parent), "STORAGE"))


def test_a_study_without_trackers_is_told_as_ever(records: Any, tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text(yaml.safe_dump(toy_study(name="small")))
    hearer = Hearer()
    with tracked(load_study(file), records.directory, hearer) as listener:
        assert listener is hearer


def test_every_event_is_passed_on(study: Study, records: Any) -> None:
    heard: list[tuple[Any, ...]] = []

    class Recorder:
        def __getattr__(self, name: str) -> Any:
            return lambda *arguments: heard.append((name, *arguments))

    with tracked(study, records.directory, Recorder()) as listener:
        listener.note("a")
        listener.recorded((), {})
        listener.cluster_used("use")  # type: ignore[arg-type]
        listener.stage_started("search", 2, 1)
        listener.trial_changed("trial")  # type: ignore[arg-type]
        listener.test_scored("arm", 1, "xquad", {})
        listener.stage_ended("search")
        listener.close()
    assert heard == [
        ("note", "a"), ("recorded", (), {}), ("cluster_used", "use"), ("stage_started", "search", 2, 1),
        ("trial_changed", "trial"),
        ("test_scored", "arm", 1, "xquad", {}), ("stage_ended", "search"), ("close",),
    ]  # fmt: skip
