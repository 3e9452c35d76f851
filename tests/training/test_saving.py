"""Checkpoints are written beside the training, and one worker's is every worker's."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from full_folder import FullFolder
from gloo_worker import TwoWorkers

from xlingual.errors import StorageError
from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.training import loop
from xlingual.training.background_writer import BackgroundWriter
from xlingual.training.hand_on import handed_on
from xlingual.training.loop import train_trial
from xlingual.training.saved_state import on_host, save_checkpoint
from xlingual.training.worker import Report, SoloWorker


class Killed(Exception):
    pass


def numbers(reports: list[Report]) -> list[Report]:
    return [{name: value for name, value in report.items() if name != "seconds"} for report in reports]


def train(configuration: Any, inputs: TrialInputs, checkpoint: Path, path: Path, **worker: Any) -> list[Report]:
    solo = SoloWorker(**worker)
    train_trial(configuration, inputs, Checkpoint.at(checkpoint), TrialDirectory(path), solo, keep_model=False)
    return numbers(solo.reports)


def test_the_next_update_does_not_wait_for_a_checkpoint(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first write is held back until the next updates are done; it still holds what was at its report."""
    updated, began = threading.Event(), threading.Event()
    contents: list[dict[str, Any]] = []

    def slow(path: Path, content: dict[str, Any], check: Any) -> None:
        began.set()
        assert updated.wait(60)
        contents.append(content)
        save_checkpoint(path, content, check)

    monkeypatch.setattr(loop, "save_checkpoint", slow)
    before: dict[str, torch.Tensor] = {}

    class Watched(loop.Training):
        def _save(self, held: Any) -> None:
            if not before:
                before.update(on_host(self.model.plain.state_dict()))
            super()._save(held)

        def _score_development(self, updates: int) -> Any:
            if updates == 4:
                assert began.is_set() and not contents
                updated.set()
            return super()._score_development(updates)

    monkeypatch.setattr(loop, "Training", Watched)
    train(configure(), tiny_inputs, tiny_checkpoint, tmp_path)
    assert [content["updates"] for content in contents] == [2, 4]  # none for the last one: nobody would read it
    first, second = (content["model"] for content in contents)
    assert all(torch.equal(first[name], before[name]) for name in before)
    assert not all(torch.equal(second[name], before[name]) for name in before)


def test_a_kill_while_a_checkpoint_is_written_costs_one_report(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report is in the record and at the driver; what it covers is trained again, with equal numbers."""
    whole = train(configure(), tiny_inputs, tiny_checkpoint, tmp_path / "whole")

    def lost(path: Path, content: dict[str, Any], check: Any) -> None:
        if content["updates"] < 4:
            save_checkpoint(path, content, check)

    def on_report(report: Report) -> None:
        if report["updates"] == 4:
            raise Killed

    monkeypatch.setattr(loop, "save_checkpoint", lost)
    with pytest.raises(Killed):
        train(configure(), tiny_inputs, tiny_checkpoint, tmp_path / "cut", on_report=on_report)
    monkeypatch.undo()
    directory = TrialDirectory(tmp_path / "cut")
    half = directory.path / ".checkpoint.pt.partial-7-abcd"
    half.write_bytes(b"half a checkpoint")
    assert [report["updates"] for report in journal.read(directory.reports)] == [2, 4]
    assert train(configure(), tiny_inputs, tiny_checkpoint, tmp_path / "cut") == whole
    assert numbers(journal.read(directory.reports)) == whole
    assert [start["from_update"] for start in journal.read(directory.environment)] == [0, 2]
    assert not half.exists()


def test_a_disk_that_is_full_ends_the_training(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any
) -> None:
    """A checkpoint does not fit, reports do; it is told before the next report is kept."""
    told: list[int] = []
    with pytest.raises(StorageError), FullFolder(tmp_path, most=40_000):
        train(
            configure(), tiny_inputs, tiny_checkpoint, tmp_path, on_report=lambda report: told.append(report["updates"])
        )
    assert told == [2]
    assert not list(tmp_path.glob(".checkpoint*"))
    assert numbers(train(configure(), tiny_inputs, tiny_checkpoint, tmp_path))[-1]["updates"] == 6


def test_a_trial_that_is_stopped_leaves_no_checkpoint_behind(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ray Tune ends its function by SystemExit in the midst of a report; the write has begun by then."""
    stopped = threading.Event()

    def slow(path: Path, content: dict[str, Any], check: Any) -> None:
        assert stopped.wait(60)
        save_checkpoint(path, content, check)

    monkeypatch.setattr(loop, "save_checkpoint", slow)
    drop = BackgroundWriter.drop

    def dropped(writer: BackgroundWriter) -> None:
        drop(writer)
        stopped.set()

    monkeypatch.setattr(BackgroundWriter, "drop", dropped)

    def stop(report: Report) -> None:
        raise SystemExit(0)

    with pytest.raises(SystemExit):
        train(configure(), tiny_inputs, tiny_checkpoint, tmp_path, on_report=stop)
    assert not [path.name for path in tmp_path.iterdir() if "checkpoint" in path.name]


class Pair:
    """Two workers in one process: the second sees what the first sent."""

    def __init__(self, rank: int, sent: list[Any]) -> None:
        self.rank, self.workers, self.device, self.sent = rank, 2, torch.device("cpu"), sent

    def gather(self, value: Any) -> list[Any]:
        if self.rank == 0:
            self.sent.append(value)
            return [value, None]
        assert value is None
        return [self.sent.pop(0), None]

    def hand_on(self, tensor: torch.Tensor) -> torch.Tensor:
        if self.rank == 0:
            self.sent.append(tensor)
            return tensor
        found: torch.Tensor = self.sent.pop(0)
        assert (tensor.shape, tensor.dtype) == (found.shape, found.dtype)
        return found


def test_what_rank_0_has_reaches_the_others_whole() -> None:
    content = {
        "updates": 3,
        "model": {"a": torch.arange(6.0).view(2, 3), "b": torch.tensor([True, False])},
        "optimizer": {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"betas": (0.9, 0.999)}]},
        "none": None,
    }
    sent: list[Any] = []
    assert handed_on(content, Pair(0, sent)) == content  # type: ignore[arg-type]
    found = handed_on({"other": "not looked at"}, Pair(1, sent))  # type: ignore[arg-type]
    assert sent == []
    assert torch.equal(found["model"]["a"], content["model"]["a"]) and found["model"]["b"].tolist() == [True, False]
    assert found["optimizer"]["state"][0]["step"].item() == 3.0
    assert found["optimizer"]["param_groups"] == [{"betas": (0.9, 0.999)}]
    assert (found["updates"], found["none"]) == (3, None)


def test_workers_continue_from_the_checkpoint_of_one_of_them(
    tiny_inputs: TrialInputs, no_dropout: Path, tmp_path: Path, configure: Any, two_workers: TwoWorkers
) -> None:
    """One worker begins; two go on, the second of which finds another checkpoint, and nothing of the records."""
    configuration = configure()
    whole = train(configuration, tiny_inputs, no_dropout, tmp_path / "whole")

    def on_report(report: Report) -> None:
        if report["updates"] == 4:
            raise Killed

    with pytest.raises(Killed):
        train(configuration, tiny_inputs, no_dropout, tmp_path / "cut", on_report=on_report)
    stale = tmp_path / "stale"
    stale.mkdir()
    (stale / "checkpoint.pt").write_bytes(b"not a checkpoint")
    task = (configuration, tiny_inputs, no_dropout, tmp_path / "cut")
    two_workers.start(tmp_path / "rendezvous", task, second=stale)()
    rest = journal.read(TrialDirectory(tmp_path / "cut").reports)
    assert [report["updates"] for report in rest] == [2, 4, 6]
    assert numbers(rest[:2]) == whole[:2]
    assert rest[2]["loss"] == pytest.approx(whole[2]["loss"], rel=1e-4)
    starts = journal.read(TrialDirectory(tmp_path / "cut").environment)
    assert [(start["from_update"], start["workers"]) for start in starts] == [(0, 1), (4, 2)]


def test_a_checkpoint_that_cannot_be_read_makes_every_worker_start_over(tmp_path: Path) -> None:
    sent: list[Any] = []
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    from xlingual.training.saved_state import load_checkpoint

    told = [
        load_checkpoint(tmp_path / "checkpoint.pt", object(), Pair(rank, sent))  # type: ignore[arg-type]
        for rank in range(2)
    ]
    assert told[0] == told[1] and told[0].updates == 0
    assert "checkpoint.pt: cannot be read (" in told[0].unreadable and "\n" not in told[0].unreadable
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt.broken"]
