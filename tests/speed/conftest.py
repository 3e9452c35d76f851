from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny_task
import tiny_text_to_text

from xlingual.data.toy import ToyWorld
from xlingual.models.encoder import load_tokenizer
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.speed import bench_task, matrix, measurement, slow
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


@pytest.fixture(scope="session")
def toy_questions() -> int:
    """Number of training questions of the small toy world."""
    return 300


@pytest.fixture
def small_toy_world(monkeypatch: pytest.MonkeyPatch, toy_questions: int) -> None:
    """Make a toy world of a tenth of its usual size: what is measured are its models, on some of its data."""
    world = ToyWorld(train_articles=20, dev_articles=1, faq_pages=1)
    assert world.train_articles * world.persons_per_article * world.questions_per_person == toy_questions
    monkeypatch.setattr(bench_task, "ToyWorld", lambda: world)


@pytest.fixture(scope="module")
def quick_machine() -> Iterator[None]:
    """A machine of small matrix products on which no precision is slow, whatever it is and whatever else it runs.

    Large products of bf16 take seconds on a CPU without instructions for it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(matrix, "SIZES", (64, 128))
        patch.setattr(measurement, "bf16_speedup", lambda *_: 1.0)
        patch.setattr(slow, "worth_timing", lambda *_: True)
        yield
