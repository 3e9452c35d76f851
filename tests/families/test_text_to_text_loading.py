"""Text-to-text checkpoints that cannot be loaded are refused with a one-line error."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from xlingual.errors import ModelError
from xlingual.families import family_of
from xlingual.models.text_to_text import check_text_to_text


def resaved(directory: Path, source: Path, change: Any) -> Path:
    """A copy of a checkpoint with changed weights."""
    shutil.copytree(source, directory)
    weights = load_file(directory / "model.safetensors")
    change(weights)
    save_file(weights, directory / "model.safetensors", {"format": "pt"})
    return directory


def test_a_checkpoint_without_its_decoder_is_refused(mt5: Path, tmp_path: Path) -> None:
    def encoder_alone(weights: dict[str, Tensor]) -> None:
        for name in [name for name in weights if name.startswith("decoder")]:
            del weights[name]

    directory = resaved(tmp_path / "encoder", mt5, encoder_alone)
    for refuse in (lambda: family_of(mt5).load(directory, 0), lambda: check_text_to_text(directory)):
        with pytest.raises(
            ModelError, match=r"weights are not in the checkpoint \(decoder.* and \d+ more\).*saved whole"
        ):
            refuse()


def test_what_can_be_loaded_passes_the_check_of_its_files(checkpoint: Path, tmp_path: Path) -> None:
    check_text_to_text(checkpoint)

    def twice(weights: dict[str, Tensor]) -> None:
        weights["encoder.embed_tokens.weight"] = weights["shared.weight"].clone()

    check_text_to_text(resaved(tmp_path / "twice", checkpoint, twice))


def test_an_untied_model_without_its_head_is_refused(mt5: Path, tmp_path: Path) -> None:
    def no_head(weights: dict[str, Tensor]) -> None:
        del weights["lm_head.weight"]

    directory = resaved(tmp_path / "headless", mt5, no_head)
    with pytest.raises(ModelError, match=r"not in the checkpoint \(lm_head\.weight\)"):
        family_of(directory).load(directory, 0)
    path = directory / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"tie_word_embeddings": True}))
    model: Any = family_of(directory).load(directory, 0)
    assert model.lm_head.weight is model.shared.weight


def test_weights_of_another_shape_are_refused(mt5: Path, tmp_path: Path) -> None:
    def narrower(weights: dict[str, Tensor]) -> None:
        weights["encoder.final_layer_norm.weight"] = torch.ones(3)

    message = r"do not fit .*encoder\.final_layer_norm\.weight is \(3,\) and should be \(32,\); 1 such .*put the config"
    with pytest.raises(ModelError, match=message):
        family_of(mt5).load(resaved(tmp_path / "narrow", mt5, narrower), 0)


@pytest.mark.parametrize(("setting", "stack"), [("num_layers", "encoder"), ("num_decoder_layers", "decoder")])
def test_layers_that_the_configuration_leaves_out_are_refused(
    mt5: Path, tmp_path: Path, setting: str, stack: str
) -> None:
    directory = Path(shutil.copytree(mt5, tmp_path / "shallow"))
    content = json.loads((mt5 / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(content | {setting: 1}))
    with pytest.raises(ModelError, match=rf"uses 1 of the 2 layers of its weights \({stack}\.block\.1 is left out\)"):
        check_text_to_text(directory)


@pytest.mark.parametrize("setting", ["vocab_size", "d_model"])
def test_sizes_of_the_configuration_that_are_not_the_weights_are_refused(
    mt5: Path, tmp_path: Path, setting: str
) -> None:
    directory = Path(shutil.copytree(mt5, tmp_path / "other"))
    content = json.loads((mt5 / "config.json").read_text())
    (directory / "config.json").write_text(json.dumps(content | {setting: content[setting] + 4}))
    with pytest.raises(ModelError, match=r"its weights do not fit its config\.json \(\S+ is \(") as refused:
        family_of(directory).load(directory, 0)
    assert "\n" not in str(refused.value) and "above" not in str(refused.value)
    check_text_to_text(mt5)
    with pytest.raises(ModelError, match="its weights do not fit"):  # before reading them
        check_text_to_text(directory)


def test_a_checkpoint_without_a_tokenizer_is_refused(mt5: Path, tmp_path: Path) -> None:
    shutil.copy(mt5 / "config.json", tmp_path)
    with pytest.raises(ModelError, match="no tokenizer in it"):
        family_of(tmp_path).tokenizer(tmp_path)


def test_a_tokenizer_with_more_tokens_than_word_embeddings_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    directory = Path(shutil.copytree(checkpoint, tmp_path / "model"))
    family = family_of(directory)
    tokenizer = family.tokenizer(directory)
    rows = json.loads((directory / "config.json").read_text())["vocab_size"]
    assert len(tokenizer) == rows
    tokenizer.add_tokens(["added"])
    tokenizer.save_pretrained(directory)
    with pytest.raises(ModelError, match=rf"'added' is token {rows}, 1 such in all"):
        family.tokenizer(directory)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"eos_token_id": 2},
            r"ends a text with token 1 \('</s>'\), and its config\.json with 2, .*write \"eos_token_id\": 1",
        ),
        ({"pad_token_id": None}, r"does not say what token its answers begin with \(pad_token_id is None"),
        (
            {"pad_token_id": 5, "decoder_start_token_id": None},
            r"\(pad_token_id is 5, the tokenizer's 0\); write the two",
        ),
        ({"decoder_start_token_id": 100_000}, r"decoder_start_token_id 100000 of its config\.json is no token"),
        ({"decoder_start_token_id": None}, None),
        ({"pad_token_id": 5}, None),
        ({"eos_token_id": [2, 1]}, None),
    ],
)
def test_a_model_begins_and_ends_texts_as_its_tokenizer_does(
    checkpoint: Path, tmp_path: Path, settings: dict[str, Any], message: str | None
) -> None:
    directory = Path(shutil.copytree(checkpoint, tmp_path / "told"))
    told = json.loads((directory / "config.json").read_text()) | settings
    (directory / "config.json").write_text(json.dumps(told))
    if message is None:
        assert family_of(directory).tokenizer(directory).eos_token_id == 1
        return
    with pytest.raises(ModelError, match=message) as refused:
        family_of(directory).tokenizer(directory)
    assert "\n" not in str(refused.value)
