"""Trials of arms that replace words get the lexicons' fingerprints from the driver, without Ray."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest
import yaml

from xlingual.data import toy
from xlingual.preparation.inputs import load_study_data, locate, resolve_models, sources_of
from xlingual.study import arm_space, build_configuration, load_study


@pytest.fixture
def definition(tmp_path: Path) -> dict[str, object]:
    (tmp_path / "synonyms.json").write_text(json.dumps({"any": ["other"]}))
    return {
        "name": "words",
        "question": "?",
        "model": "toy",
        "data": {"train": "toy", "test": "toy", "dictionaries": "toy", "synonyms": str(tmp_path / "synonyms.json")},
        "training": {"updates": 4, "reports": 2, "learning_rate": 1e-3},
        "arms": {"plain": {"baseline": True}, "words": {"robust": {"word_substitution": {}, "code_switch": {}}}},
        "search": {"trials_per_arm": 1},
    }


def test_every_source_of_words_reaches_the_arms_configuration(
    definition: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = partial(toy.ToyWorld, train_articles=3, dev_articles=2, test_articles=2, faq_pages=2)
    monkeypatch.setattr(toy, "ToyWorld", small)
    path = tmp_path / "study.yaml"
    path.write_text(yaml.safe_dump(definition))
    study = load_study(path)
    locations = locate(study, tmp_path)
    data = load_study_data(study, locations, tmp_path / "rows")
    sources = {arm: sources_of(checkpoint, data) for arm, checkpoint in resolve_models(locations).items()}
    tree = {"mixture": None, **arm_space(study, "words")}
    configuration = build_configuration(study, "words", tree, 0, sources["words"])
    assert set(configuration.sources) == {"model", "train", "dev", *data.lexicons.by_source()}
    plain = build_configuration(study, "plain", {"mixture": None, **arm_space(study, "plain")}, 0, sources["plain"])
    assert set(plain.sources) == {"model", "train", "dev"}
