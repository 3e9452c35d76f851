from __future__ import annotations

from pathlib import Path

import pytest
import tiny_task
import tiny_text_to_text

from xlingual.models.encoder import load_tokenizer
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.study import FamilyDefaults, WindowSettings
from xlingual.tokens.windows import make_windows


@pytest.fixture(scope="session")
def traits() -> FamilyDefaults:
    return FamilyDefaults(WindowSettings(max_length=48, stride=8, max_answer_tokens=3))


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


@pytest.fixture(scope="session")
def tiny_mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained tiny text-to-text model."""
    return tiny_text_to_text.write_text_to_text(tmp_path_factory.mktemp("tiny") / "mt5")
