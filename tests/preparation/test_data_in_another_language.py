"""Studies trained in another language than English, and toy studies on sentence pairs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from xlingual.preparation.inputs import load_study_data, locate
from xlingual.preparation.sealed_test_set import look_at_test_set
from xlingual.study import Study, load_study

TOY: dict[str, Any] = {
    "name": "toy",
    "question": "Is German a source?",
    "model": "toy",
    "data": {"train": "toy", "test": "toy", "source_language": "de"},
    "training": {"updates": 4, "batch_size": 8, "micro_batch_size": 4, "learning_rate": 0.001, "reports": 1},
    "arms": {"plain": {"baseline": True}, "other": {"training": {"learning_rate": 0.01}}},
    "search": {"trials_per_arm": 1},
}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Study]:
    def one(**data: Any) -> Study:
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump({**TOY, "data": TOY["data"] | data}))
        return load_study(path)

    return one


def test_a_toy_study_is_trained_in_any_of_its_languages(
    read: Callable[..., Study], toy_storage: Path, tmp_path: Path
) -> None:
    study = read()
    locations = locate(study, toy_storage)
    data = load_study_data(study, locations, tmp_path / "rows")
    assert {one.language for one in data.train.examples} == {"de"}
    assert data.development["dev"].keys() == {"de"} and len(data.development["dev"]["de"])
    study = read(source_language="en")
    english = load_study_data(study, locate(study, toy_storage), tmp_path / "rows")
    assert [one.id for one in english.train.examples] == [one.id for one in data.train.examples]
    assert english.train.examples[0].question != data.train.examples[0].question


def test_toy_pairs_are_training_development_and_test_data(
    read: Callable[..., Study], toy_storage: Path, tmp_path: Path
) -> None:
    study = read(source_language="en", test={"set": "pawsx", "source": "toy"})
    locations = locate(study, toy_storage)
    data = load_study_data(study, locations, tmp_path / "rows")
    assert {one.language for one in data.train.examples} == {"en"}
    assert study.search.objective == "dev.accuracy"
    found, notes = look_at_test_set(study.data.test.headline, locations)
    assert found["languages"].keys() == set(study.data.test.languages) and not notes
