"""A trial of a study at a URL continues on another machine from what the store has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from obstore.store import MemoryStore

from xlingual.families import Checkpoint
from xlingual.models.encoder import load_encoder
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.attached import attach, detach, fetch_folder, refresh
from xlingual.records.layout import StudyDirectory, TrialDirectory
from xlingual.records.remote import Remote
from xlingual.training.loop import train_trial
from xlingual.training.worker import Report, SoloWorker

URL = "s3://bucket/study"


class Killed(Exception):
    """The machine's end."""


@pytest.fixture
def studies(tmp_path: Path) -> Iterator[list[StudyDirectory]]:
    """A study on one machine without a store, and on two machines with one."""
    memory = MemoryStore()
    roots = [attach(URL, tmp_path / name / "study", Remote(URL, memory)) for name in ("one", "two")]
    yield [StudyDirectory(tmp_path / "local" / "study"), *map(StudyDirectory, roots)]
    for root in roots:
        detach(root)


def test_a_trial_whose_machine_is_lost_continues_on_another_one_exactly(
    studies: list[StudyDirectory], tiny_inputs: TrialInputs, tiny_checkpoint: Path, configure: Any
) -> None:
    configuration = configure()
    local, lost, other = [study.trial(configuration.fingerprint) for study in studies]

    def train(directory: TrialDirectory, kill_after: int | None = None) -> None:
        def reported(report: Report) -> None:
            if report["updates"] == kill_after:
                raise Killed

        checkpoint = Checkpoint.at(tiny_checkpoint)
        worker = SoloWorker(on_report=reported)
        train_trial(configuration, tiny_inputs, checkpoint, directory, worker, keep_model=True)

    train(local)
    with pytest.raises(Killed):
        train(lost, kill_after=4)
    assert lost.checkpoint.exists()
    train(other)
    assert [row["from_update"] for row in journal.read(other.environment)] == [0, 4]

    def numbers(directory: TrialDirectory) -> list[Any]:
        return [{**report, "seconds": 0} for report in journal.read(directory.reports)]

    assert numbers(other) == numbers(local)
    refresh(lost.path)
    assert lost.reports.read_bytes() == other.reports.read_bytes()
    assert lost.development.read_bytes() == local.development.read_bytes()
    fetch_folder(lost.model)
    weights = [load_encoder(directory.model, 0).state_dict() for directory in (local, lost)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])
    train(lost)  # nothing is left to do
    assert [row["from_update"] for row in journal.read(lost.environment)] == [0, 4]
    assert not lost.checkpoint.exists()
