"""What a study of sentence pairs costs is measured and estimated from pairs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from xlingual.speed.bench_task import BenchRequest
from xlingual.speed.measurement import measure
from xlingual.speed.model_kind import model_kind
from xlingual.study import PairSettings, Study, load_study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study on the toy world's pairs."""
    path = tmp_path / "study.yaml"
    path.write_text(
        yaml.safe_dump(
            {
                "name": "pairs",
                "question": "Does noise help?",
                "model": "toy",
                "data": {"train": "toy", "dev": "toy", "test": {"set": "pawsx", "source": "toy"}},
                "pairs": {"max_length": 40},
                "training": {"updates": 4, "reports": 2, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 3e-3},
                "arms": {"plain": {"baseline": True}, "noise": {"robust": {"embedding_noise": {"magnitude": 0.1}}}},
                "search": {"trials_per_arm": 4},
            }
        )
    )
    return load_study(path)


@pytest.mark.usefixtures("small_toy_world", "quick_machine")
def test_pairs_are_what_is_measured(study: Study) -> None:
    found = measure(BenchRequest(questions=2, updates=1, max_train_examples=40, threads=1).or_as_in(study))
    task, speed = found.task, found.as_json()
    assert task.lengths == PairSettings(max_length=40) and task.checkpoint.family.name == "pair_classification"
    assert len(task.inputs.train) == task.train_examples == 40 and task.inputs.train.unit == "pairs"
    assert {len(part) for part in task.questions.values()} == {2} and "en" in task.questions
    assert speed["pairs"] == {"max_length": 40} and speed["train_windows_per_s"] > 0
    assert speed["score_questions"] == {code: 2 for code in speed["score_questions"]}


def test_the_kind_of_a_model_is_told_by_the_task(study: Study) -> None:
    assert model_kind("toy", study).lengths == model_kind("someone/some-encoder", study).lengths == study.pairs
    assert model_kind("google/mt5-small", study).lengths == study.text_to_text
