"""Checks of a study's models, and notes on them, before its data is read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file
from tiny_encoders import write_bert, write_xlm_roberta
from tiny_task import write_data
from tiny_text_to_text import write_text_to_text

from xlingual.errors import ModelError
from xlingual.preparation.family_check import check_families
from xlingual.preparation.inputs import locate, resolve_models
from xlingual.study import Study, load_study


def study_of(folder: Path, *models: Path) -> Study:
    """A study with an arm for each model, on the tiny task."""
    write_data(folder / "data")
    study = {
        "name": "values",
        "question": "whether a model is taken",
        "model": str(models[0]),
        "data": {"train": str(folder / "data" / "train.json"), "dev": str(folder / "data" / "dev.json"),
                 "test": {"source": str(folder / "data" / "xquad"), "languages": ["en", "de"]}},
        "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 4},
        "training": {"updates": 5, "batch_size": 4, "micro_batch_size": 4, "learning_rate": 1e-3},
        "arms": {"plain": {"baseline": True}} | {model.name: {"model": str(model)} for model in models[1:]},
        "search": {"trials_per_arm": 4, "objective": "dev.f1"},
    }  # fmt: skip
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    return load_study(folder / "study.yaml")


def check(study: Study, folder: Path, note: Callable[[str], None] = lambda line: None) -> None:
    locations = locate(study, folder)
    check_families(study, locations, resolve_models(locations), note)


@pytest.fixture
def models(tmp_path: Path) -> list[Path]:
    write_bert(tmp_path / "bert", [])
    write_xlm_roberta(tmp_path / "xlm_roberta", [])
    return [tmp_path / "bert", tmp_path / "xlm_roberta", write_text_to_text(tmp_path / "text_to_text")]


@pytest.mark.parametrize("which", range(3))
def test_weights_that_are_no_numbers_are_refused_with_file_and_tensor(
    which: int, models: list[Path], tmp_path: Path
) -> None:
    study = study_of(tmp_path, *models)
    check(study, tmp_path)
    directory = models[which]
    weights = load_file(directory / "model.safetensors")
    name = sorted(weights)[-1]
    weights[name].view(-1)[0] = torch.nan
    save_file({name: weights.pop(name)}, directory / "model-00002-of-00002.safetensors", {"format": "pt"})
    save_file(weights, directory / "model-00001-of-00002.safetensors", {"format": "pt"})
    (directory / "model.safetensors").unlink()
    shards = dict.fromkeys(weights, "model-00001-of-00002.safetensors") | {name: "model-00002-of-00002.safetensors"}
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    with pytest.raises(ModelError, match=rf"NaN or infinity \(model-00002-of-00002\.safetensors: {name}\)"):
        check(study, tmp_path)


def test_languages_that_a_model_cannot_read_and_an_odd_padding_id_are_told_before_training(
    models: list[Path], tmp_path: Path
) -> None:
    study = study_of(tmp_path, *models)
    config = json.loads((models[1] / "config.json").read_text())
    (models[1] / "config.json").write_text(json.dumps(config | {"pad_token_id": 0}))
    path = tmp_path / "data" / "xquad" / "xquad.de.json"
    path.write_text(path.read_text().replace(" is ", " ист "))
    told: list[str] = []
    check(study, tmp_path, told.append)
    assert [line.split(":")[0] for line in told if "padding" in line] == ["model xlm_roberta"]
    unknown = [line for line in told if "does not know a part" in line]
    assert {line.split(":")[0] for line in unknown} == {f"model {model.name}" for model in models}
    assert len(told) == 4
    assert all("de " in line and "en " not in line.split("them): ")[1] for line in unknown)
