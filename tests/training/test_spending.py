"""Reports contain the spent budget, and the schedule follows a trial's own updates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.families import Checkpoint
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.training.loop import train_trial
from xlingual.training.optimizer import learning_rate
from xlingual.training.worker import SoloWorker

FREELB = {"adversarial": {"attack": "freelb", "steps": 2, "step_size": 0.1}}


@pytest.mark.parametrize(("robust", "passes"), [(None, [2, 5]), (FREELB, [4, 10])])
def test_reports_count_updates_and_passes_of_their_own_training(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, robust: Any, passes: list[int]
) -> None:
    configuration = configure(updates=5, reports=2, batch_size=4, robust=robust)
    worker, directory = SoloWorker(), TrialDirectory(tmp_path / "trial")
    train_trial(configuration, tiny_inputs, Checkpoint.at(tiny_checkpoint), directory, worker, keep_model=False)
    assert journal.read(directory.reports) == worker.reports
    assert [report["updates"] for report in worker.reports] == [2, 5]
    assert [report["total_updates"] for report in worker.reports] == [5, 5]
    assert [report["share"] for report in worker.reports] == [0.5, 1.0]
    assert [report["passes"] for report in worker.reports] == passes
    rates = [learning_rate(configuration.training, update) for update in (1, 4)]
    assert [report["learning_rate"] for report in worker.reports] == rates
