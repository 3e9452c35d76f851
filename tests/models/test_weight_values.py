"""Weights that are not finite are refused wherever a checkpoint is loaded, and never saved."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_encoders import write_bert, write_xlm_roberta
from tiny_text_to_text import write_byte_to_byte, write_text_to_text

from xlingual.errors import ModelError, TrialDiverged
from xlingual.families import family_of
from xlingual.models.weight_values import check_trained, check_values

WRITERS: dict[str, Callable[[Path], object]] = {
    "bert": lambda directory: write_bert(directory, []),
    "xlm_roberta": lambda directory: write_xlm_roberta(directory, []),
    "text_to_text": write_text_to_text,
    "byte_to_byte": write_byte_to_byte,
}


@pytest.fixture(scope="module", params=WRITERS)
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp(request.param) / "model"
    WRITERS[request.param](directory)
    return directory


def with_value(source: Path, target: Path, value: float, kind: torch.dtype = torch.float32) -> str:
    """Write a copy with a value in one of its weights; return the weight's name."""
    shutil.copytree(source, target)
    weights = {name: weight.to(kind) for name, weight in load_file(source / "model.safetensors").items()}
    name = sorted(weights)[len(weights) // 2]
    weights[name].view(-1)[-1] = value
    save_file(weights, target / "model.safetensors", {"format": "pt"})
    return name


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_every_value_that_is_no_number_is_found_in_every_type(
    checkpoint: Path, tmp_path: Path, value: float, kind: torch.dtype
) -> None:
    check_values(checkpoint)
    name = with_value(checkpoint, tmp_path / "model", value, kind)
    with pytest.raises(ModelError, match=rf"hold NaN or infinity \(model\.safetensors: {name}\); fetch .*") as refused:
        check_values(tmp_path / "model")
    assert "\n" not in str(refused.value)


def test_a_model_of_any_family_is_refused_when_it_is_loaded(checkpoint: Path, tmp_path: Path) -> None:
    name = with_value(checkpoint, tmp_path / "model", float("nan"))
    with pytest.raises(ModelError, match=rf"NaN or infinity \(model\.safetensors: {name}\)"):
        family_of(checkpoint).load(tmp_path / "model", 0)


def test_a_trained_model_that_diverged_in_its_last_update_is_no_model(checkpoint: Path) -> None:
    model = family_of(checkpoint).load(checkpoint, 0)
    check_trained(model)
    name, weight = next(iter(model.named_parameters()))
    with torch.no_grad():
        weight.view(-1)[0] = torch.inf
    with pytest.raises(TrialDiverged, match=rf"diverged: its weights hold NaN or infinity \({name}"):
        check_trained(model)
