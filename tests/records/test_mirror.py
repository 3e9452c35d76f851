"""A study at a URL: written is what the store has, whole or not at all; each machine's folder follows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from obstore.store import MemoryStore

from xlingual.errors import RecordError, RecordLocked, StorageError
from xlingual.records import attached, journal, mirror
from xlingual.records.attached import attach, detach, exists, fetch, fetch_folder, refresh, url_of
from xlingual.records.files import put_folder_in_place, read_json, remove, write_json, write_text
from xlingual.records.layout import StudyDirectory, is_large, is_local
from xlingual.records.remote import Remote, Tag

URL = "s3://bucket/storage/study"


class Store(Remote):
    """Objects in memory, shared by several machines; fails when it is told to."""

    def __init__(self, memory: MemoryStore) -> None:
        super().__init__(URL, memory)
        self.fails_at: Callable[[str, str], bool] = lambda action, key: False
        self.asked: list[tuple[str, str]] = []

    def _ask(self, action: str, key: str) -> None:
        self.asked.append((action, key))
        if self.fails_at(action, key):
            raise StorageError(f"{action} {key}")

    def get(self, key: str) -> tuple[bytes, Tag] | None:
        self._ask("get", key)
        return super().get(key)

    def put(self, key: str, content: bytes | Path) -> Tag:
        self._ask("put", key)
        return super().put(key, content)

    def create(self, key: str, content: bytes) -> Tag | None:
        self._ask("create", key)
        return super().create(key, content)

    def delete(self, keys: Any) -> None:
        self._ask("delete", " ".join(keys))
        super().delete(keys)


class Machine:
    """One machine: its folder, and the store as it sees it."""

    def __init__(self, root: Path, memory: MemoryStore) -> None:
        self.store = Store(memory)
        self.study = StudyDirectory(attach(URL, root, self.store))
        self.trial = self.study.trial("f1")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """Two machines with one store."""
    memory = MemoryStore()
    found = Machine(tmp_path / "one" / "study", memory), Machine(tmp_path / "two" / "study", memory)
    yield found
    for machine in found:
        detach(machine.study.path)


def test_what_one_machine_writes_another_one_reads(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    write_json(one.study.study_json, {"name": "study"})
    for number in range(3):
        journal.append(one.study.journal, {"event": number})
    journal.append(one.trial.reports, {"updates": 1})
    refresh(two.study.path)
    assert read_json(two.study.study_json) == {"name": "study"}
    assert journal.read(two.study.journal) == [{"event": 0}, {"event": 1}, {"event": 2}]
    assert journal.read(two.trial.reports) == [{"updates": 1}]
    assert two.study.journal.read_bytes() == one.study.journal.read_bytes()


def test_a_machine_reads_only_what_is_new(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    write_text(one.study.study_yaml, "a")
    for number in range(3):
        journal.append(one.study.journal, {"event": number})
    refresh(two.study.path)
    two.store.asked.clear()
    refresh(two.study.path)
    assert two.store.asked == []
    journal.append(one.study.journal, {"event": 3})
    refresh(two.study.path)
    assert two.store.asked == [("get", "journal.jsonl/00000004")]
    refresh(one.study.path)
    assert ("get", "journal.jsonl/00000004") not in one.store.asked
    assert journal.read(two.study.journal)[-1] == {"event": 3}


def test_what_is_removed_on_one_machine_goes_on_the_other(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    write_text(one.study.sources, "{}")
    refresh(two.study.path)
    assert two.study.sources.exists()
    remove(one.study.sources, one.trial.checkpoint)
    refresh(two.study.path)
    assert not two.study.sources.exists()
    assert not one.study.sources.exists()


def test_a_write_that_fails_leaves_the_old_file_here_and_there(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    write_text(one.study.study_yaml, "old")
    journal.append(one.study.journal, {"event": 0})
    one.store.fails_at = lambda action, key: action in ("put", "create")
    with pytest.raises(StorageError):
        write_text(one.study.study_yaml, "new")
    with pytest.raises(StorageError):
        journal.append(one.study.journal, {"event": 1})
    assert one.study.study_yaml.read_text() == "old"
    assert journal.read(one.study.journal) == [{"event": 0}]
    refresh(two.study.path)
    assert two.study.study_yaml.read_text() == "old"
    assert journal.read(two.study.journal) == [{"event": 0}]
    one.store.fails_at = lambda action, key: False
    journal.append(one.study.journal, {"event": 1})
    assert journal.read(one.study.journal) == [{"event": 0}, {"event": 1}]


def test_a_record_that_is_in_the_store_alone_is_read_from_there(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = machines
    journal.append(one.study.journal, {"event": 0})
    write_text(one.study.study_yaml, "old")

    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(journal, "_append", killed)  # the process dies after the store has the record
        journal.append(one.study.journal, {"event": 1})
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("os.replace", killed)
        write_text(one.study.study_yaml, "new")
    one.study.journal.write_bytes(one.study.journal.read_bytes() + b'{"eve')  # torn
    refresh(one.study.path)
    assert journal.read(one.study.journal) == [{"event": 0}, {"event": 1}]
    assert one.study.study_yaml.read_text() == "new"


def test_two_writers_cannot_append_the_same_part(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    journal.append(one.study.journal, {"event": 0})
    refresh(two.study.path)
    journal.append(two.study.journal, {"event": 1})
    with pytest.raises(RecordLocked, match=r"journal\.jsonl: another process writes there"):
        journal.append(one.study.journal, {"event": "late"})
    refresh(one.study.path)
    assert journal.read(one.study.journal) == [{"event": 0}, {"event": 1}]


def test_a_journal_that_was_never_read_here_is_appended_to(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    journal.append(one.study.journal, {"event": 0})
    journal.append(two.study.journal, {"event": 1})
    assert journal.read(two.study.journal) == [{"event": 0}, {"event": 1}]


def test_a_journal_is_replaced_whole(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    for number in range(3):
        journal.append(one.trial.reports, {"updates": number})
    refresh(two.study.path)
    journal.rewrite(two.trial.reports, [{"updates": 0}])
    refresh(one.study.path)
    assert journal.read(one.trial.reports) == [{"updates": 0}]
    journal.append(one.trial.reports, {"updates": 9})
    refresh(two.study.path)
    assert journal.read(two.trial.reports) == [{"updates": 0}, {"updates": 9}]
    journal.rewrite(two.trial.reports, [])
    refresh(one.study.path)
    assert journal.read(one.trial.reports) == []


@pytest.mark.parametrize("killed", [False, True])
def test_parts_of_a_journal_are_joined(
    machines: tuple[Machine, Machine], monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    monkeypatch.setattr(mirror, "PARTS", 4)
    one, two = machines
    events = [{"event": number} for number in range(11)]
    if killed:  # old parts stay
        one.store.fails_at = lambda action, key: action == "delete"
    for number, event in enumerate(events):
        try:
            journal.append(one.study.journal, event)
        except StorageError:
            refresh(one.study.path)
        if number == 6:
            refresh(two.study.path)
    refresh(two.study.path)
    assert journal.read(one.study.journal) == journal.read(two.study.journal) == events
    assert (len(one.store.list("journal.jsonl")) > 4) is killed


def test_a_part_that_is_missing_is_told(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    for number in range(3):
        journal.append(one.study.journal, {"event": number})
    one.store.delete(["journal.jsonl/00000002"])
    with pytest.raises(RecordError, match=r"journal\.jsonl: part 00000002 is missing; restore it"):
        refresh(two.study.path)


def test_a_study_that_was_made_anew_in_the_store_replaces_the_folder(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    for number in range(3):
        journal.append(one.study.journal, {"event": number})
    refresh(two.study.path)
    one.store.delete([each.key for each in one.store.list()])
    refresh(one.study.path)
    assert not one.study.journal.exists()
    journal.append(one.study.journal, {"event": "new"})
    refresh(two.study.path)
    assert journal.read(two.study.journal) == [{"event": "new"}]


def test_large_files_are_read_when_they_are_needed(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    write_text(one.trial.checkpoint, "weights")
    refresh(two.study.path)
    assert exists(two.trial.checkpoint)
    assert not two.trial.checkpoint.exists()
    fetch(two.trial.checkpoint)
    assert two.trial.checkpoint.read_text() == "weights"
    write_text(one.trial.checkpoint, "others")
    fetch(two.trial.checkpoint)
    assert two.trial.checkpoint.read_text() == "others"
    remove(one.trial.checkpoint)
    fetch(two.trial.checkpoint)
    assert not two.trial.checkpoint.exists()
    assert not exists(one.trial.checkpoint)


def _model(folder: Path, weights: str) -> Path:
    folder.mkdir(parents=True)
    for name, content in {"xlingual.json": "{}", "model.safetensors": weights, "README.md": "card"}.items():
        (folder / name).write_text(content)
    return folder


def test_a_models_folder_is_there_as_a_whole_or_not_at_all(machines: tuple[Machine, Machine]) -> None:
    one, two = machines
    one.store.fails_at = lambda action, key: key.endswith("xlingual.json") and action == "put"
    with pytest.raises(StorageError):
        put_folder_in_place(_model(one.trial.path / ".partial-1", "1"), one.trial.model)
    assert not one.trial.model.exists()
    refresh(two.study.path)
    fetch_folder(two.trial.model)
    assert not two.trial.model.exists()
    one.store.fails_at = lambda action, key: False
    put_folder_in_place(_model(one.trial.path / ".partial-2", "2"), one.trial.model)
    refresh(two.study.path)
    assert sorted(path.name for path in two.trial.model.iterdir()) == ["README.md", "xlingual.json"]
    fetch_folder(two.trial.model)
    assert (two.trial.model / "model.safetensors").read_text() == "2"
    one.store.delete(["trials/f1/model/xlingual.json"])
    refresh(two.study.path)
    assert not two.trial.model.exists()


def test_what_is_local_alone_is_not_put(machines: tuple[Machine, Machine]) -> None:
    one, _ = machines
    for path in (one.study.ray_output, one.trial.path / ".model.partial-1" / "x.json", one.trial.path / "x.parquet"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, "local")
    assert one.store.list() == []
    refresh(one.study.path)
    assert one.study.ray_output.read_text() == "local"


def test_which_files_are_large_or_local() -> None:
    assert is_large("trials/f/checkpoint.pt")
    assert is_large("trials/f/model/model.safetensors")
    assert not any(map(is_large, ["trials/f/model/xlingual.json", "trials/f/reports.jsonl", "study.json"]))
    assert all(map(is_local, ["ray/x", ".probe-1/a", "trials/f/training.lock", "trials/f/predictions/x/de.parquet"]))
    assert not any(map(is_local, [".", "study.json", "trials/f/predictions/x/de.jsonl"]))


def test_a_folder_is_named_by_the_storage_and_the_study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, second = attach("s3://bucket/a/study/"), attach("s3://bucket/a/other")
    try:
        assert first == attach("s3://bucket//a/study")
        assert (first.name, first.parent) == ("study", second.parent)
        assert first.parent.parent == tmp_path / "xlingual" / "storage" == attached.cache_folder()
        assert url_of(first / "trials") == "s3://bucket/a/study/trials"
        assert url_of(tmp_path) is None
    finally:
        detach(first)
        detach(second)
    with pytest.raises(RecordError, match="names no study; write STORAGE/NAME"):
        attach("s3://bucket")
