"""`xlingual track`, and the trackers of a study file."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import json_page
import pytest
from list_tracker import KIND, STORES, Store
from toy_study import write_toy_study
from tracked_study import finished, tracked_study

from xlingual.errors import StudyFileError
from xlingual.study import json_schema, load_study, resolved
from xlingual.study.changes import changes
from xlingual.study.trackers import TRACKERS


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A tracker that is installed, and two stores of it; no other is."""
    find = importlib.util.find_spec
    libraries = {kind.package for kind in TRACKERS.values()}
    monkeypatch.setattr("xlingual.study.trackers.find_spec", lambda name: None if name in libraries else find(name))
    monkeypatch.setitem(TRACKERS, "list", KIND)  # type: ignore[attr-defined]
    STORES.update(here=Store(), there=Store())
    yield STORES["here"]
    STORES.clear()


@pytest.fixture
def directory(studies: ModuleType, tmp_path: Path) -> Path:
    study = finished(tracked_study(studies, tmp_path, trackers={"list": {"at": "here", "project": None}}))
    return Path(study.directory.path)


def test_the_trackers_of_a_study_are_brought_up_to_date(directory: Path, store: Store, call: Any) -> None:
    assert call("track", directory).output == "list: 8 of 8 runs sent, 0 were there (list here)\n"
    assert call("track", directory).output == "list: 0 of 8 runs sent, 8 were there (list here)\n"
    assert len(store.added) == 24


def test_a_study_is_sent_to_a_tracker_that_it_does_not_name(directory: Path, store: Store, call: Any) -> None:
    ended = call("track", directory, "--to", "list", "--at", "there", "--json")
    json_page.check("xlingual track", ended.output)
    counts = {"sent": 8, "known": 0, "waiting": 0}
    assert json.loads(ended.output) == [{"tracker": "list", **counts, "place": "list there"}]
    assert store.added == [] and len(STORES["there"].added) == 24


@pytest.mark.parametrize(
    "options",
    [
        ("--to", "lists"),
        ("--to", "mlflow"),
        ("--at", "there"),
        ("--to", "list", "--to", "mlflow", "--project", "there"),
        ("--to", "list", "--project", " "),
    ],
    ids=" ".join,
)
def test_what_cannot_be_sent_is_said_in_a_line(
    directory: Path, options: tuple[str, ...], call: Any, by_letter: Any
) -> None:
    ended = call("track", directory, *options)
    assert (ended.status, ended.output) == (1, "")
    by_letter(ended.errors.strip(), " ".join(options))


def test_a_study_without_trackers_and_a_tracker_that_fails_are_said_in_a_line(
    studies: ModuleType, directory: Path, tmp_path: Path, store: Store, call: Any, by_letter: Any
) -> None:
    plain = finished(tracked_study(studies, tmp_path / "plain")).directory.path
    store.left = 3
    for case, path in {"none": plain, "fails": directory, "no study": tmp_path / "nothing"}.items():
        ended = call("track", path)
        assert (ended.status, ended.output) == (1, "")
        by_letter(ended.errors.strip().replace(str(tmp_path), "HERE"), case)
    store.left = None
    assert call("track", directory).status == 0 and len(store.added) == 24


TRACKERS_WRITTEN: dict[str, Any] = {
    "unknown": ["mlfow"],
    "twice": ["list", "list"],
    "number": 3,
    "mappings in a list": [{"list": {"at": "here"}}],
    "unknown key": {"list": {"path": "here"}},
    "no text": {"list": {"at": 3}},
    "not installed": ["list", "mlflow"],
    "not installed either": {"wandb": None},
}


@pytest.mark.parametrize("case", TRACKERS_WRITTEN)
def test_trackers_that_are_none_are_refused_with_their_line(case: str, tmp_path: Path, by_letter: Any) -> None:
    file = write_toy_study(tmp_path / "study.yaml", trackers=TRACKERS_WRITTEN[case])
    with pytest.raises(StudyFileError) as refused:
        load_study(file)
    by_letter(str(refused.value).replace(str(tmp_path), "HERE"), case)


def test_a_list_of_trackers_is_a_mapping_without_settings(tmp_path: Path) -> None:
    """And whatever it is, it changes no number and may change between two commands."""
    names = load_study(write_toy_study(tmp_path / "a.yaml", trackers=["list"]))
    none = load_study(write_toy_study(tmp_path / "b.yaml"))
    settings = load_study(write_toy_study(tmp_path / "c.yaml", trackers={"list": {"at": "here", "project": "mine"}}))
    assert resolved(names)["trackers"] == {"list": {"at": None, "project": None}} and not none.trackers
    assert (settings.trackers["list"].at, settings.trackers["list"].project) == ("here", "mine")
    assert changes(resolved(none), resolved(settings)).refused == ()
    assert {**resolved(names), "trackers": {}} == resolved(none)


def test_the_schema_takes_a_list_and_a_mapping_of_known_names() -> None:
    options = json_schema()["properties"]["trackers"]["anyOf"]
    known = ["trackio", "tensorboard", "mlflow", "wandb"]
    assert options[0]["items"]["enum"][:4] == options[1]["propertyNames"]["enum"][:4] == known
