from __future__ import annotations

from pathlib import Path

import pytest
import tiny_task

from xlingual.data.windows import make_windows
from xlingual.models.encoder import load_tokenizer
from xlingual.training.trial_inputs import TrialInputs


@pytest.fixture(scope="session")
def lengths() -> dict[str, int]:
    return {"max_length": 48, "stride": 8, "max_answer_tokens": 3}


@pytest.fixture(scope="session")
def inputs(tiny_checkpoint: Path) -> TrialInputs:
    tokenizer = load_tokenizer(tiny_checkpoint)
    windows = make_windows(tokenizer, tiny_task.questions(60), max_length=48, stride=8)
    return TrialInputs(windows, {}, {}, 0).counted()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("bench") / "data"
    tiny_task.write_data(directory)
    return directory
