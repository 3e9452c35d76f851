from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch

from xlingual.errors import ModelError
from xlingual.models.checkpoint_directory import checkpoint_fingerprint, resolve_checkpoint
from xlingual.models.encoder import check_encoder, known_positions, load_encoder, load_tokenizer


@pytest.fixture
def copied(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))


def test_a_local_directory_is_taken_as_it_is(tiny_checkpoint: Path) -> None:
    assert resolve_checkpoint(str(tiny_checkpoint)) == tiny_checkpoint.resolve()


def test_the_fingerprint_is_of_the_content_not_of_the_place(tiny_checkpoint: Path, copied: Path) -> None:
    assert checkpoint_fingerprint(copied) == checkpoint_fingerprint(tiny_checkpoint)
    (copied / "notes.md").write_text("not part of the model")
    assert checkpoint_fingerprint(copied) == checkpoint_fingerprint(tiny_checkpoint)
    weights = copied / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert checkpoint_fingerprint(copied) != checkpoint_fingerprint(tiny_checkpoint)


def test_pickled_weights_are_refused(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no safetensors weights \(found: pytorch_model\.bin\)"):
        resolve_checkpoint(str(copied))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("./no-such-directory", "not a directory"),
        ("no/such-model-anywhere", "no/such-model-anywhere"),
        ("not a hub id at all", "neither a local directory nor a hub id"),
    ],
)
def test_an_absent_model_is_one_clear_line(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message) as refused:
        resolve_checkpoint(name)
    assert "\n" not in str(refused.value)


def test_a_directory_without_a_configuration_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "readme.txt").write_text("?")
    with pytest.raises(ModelError, match=r"no config\.json .*readme\.txt"):
        resolve_checkpoint(str(tmp_path))


def test_the_seed_decides_the_new_span_head_and_nothing_else(tiny_checkpoint: Path) -> None:
    state = torch.get_rng_state()
    one, same, other = (load_encoder(tiny_checkpoint, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[name], same[name]) for name in one)
    different = {name for name in one if not torch.equal(one[name], other[name])}
    assert different == {"qa_outputs.weight"}


def test_an_untrained_head_is_refused_where_a_trained_one_is_asked_for(tiny_checkpoint: Path) -> None:
    with pytest.raises(ModelError, match=r"qa_outputs.*chance"):
        load_encoder(tiny_checkpoint, 0, trained_head=True)


def test_a_model_without_a_span_head_is_refused(copied: Path) -> None:
    configuration = json.loads((copied / "config.json").read_text())
    (copied / "config.json").write_text(json.dumps(configuration | {"model_type": "vit"}))
    with pytest.raises(ModelError, match="no span head exists for a vit model"):
        check_encoder(copied, 10)


def test_windows_longer_than_the_positions_are_refused_with_the_number_to_write(tiny_checkpoint: Path) -> None:
    assert known_positions(tiny_checkpoint) == 64
    check_encoder(tiny_checkpoint, 64)
    with pytest.raises(ModelError, match=r"65 tokens asked.*write 64 or less"):
        check_encoder(tiny_checkpoint, 65)


def test_roberta_counts_two_positions_fewer_than_it_has(copied: Path) -> None:
    configuration = json.loads((copied / "config.json").read_text())
    xlm_roberta = configuration | {"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}
    (copied / "config.json").write_text(json.dumps(xlm_roberta))
    assert known_positions(copied) == 512
    (copied / "config.json").write_text(json.dumps(xlm_roberta | {"pad_token_id": 0}))
    assert known_positions(copied) == 513


def test_a_model_without_a_bound_on_positions_reads_any_length(copied: Path) -> None:
    (copied / "config.json").write_text(json.dumps({"model_type": "xlnet", "vocab_size": 30}))
    assert known_positions(copied) is None
    check_encoder(copied, 100_000)


def test_a_directory_without_a_tokenizer_is_refused(copied: Path) -> None:
    for path in copied.glob("tokenizer*"):
        path.unlink()
    with pytest.raises(ModelError, match="no tokenizer in it"):
        load_tokenizer(copied)
