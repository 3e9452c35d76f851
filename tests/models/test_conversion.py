"""A safetensors copy of a pickled checkpoint is the same model, or is not written."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tiny_text_to_text import write_text_to_text
from torch import Tensor, nn
from transformers import (
    AutoModel,
    AutoModelForMaskedLM,
    AutoModelForQuestionAnswering,
    AutoModelForSeq2SeqLM,
    BertConfig,
    BertForMaskedLM,
    T5Config,
    T5ForConditionalGeneration,
)

from xlingual.cli import app
from xlingual.errors import ModelError
from xlingual.models.checkpoint_directory import resolve_checkpoint
from xlingual.models.conversion import convert_checkpoint
from xlingual.models.encoder import load_encoder, load_tokenizer, quiet_transformers

BERT = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}


def as_pickle(directory: Path, state: Mapping[str, Any], shards: int = 0) -> Path:
    """Store weights as pickles instead of safetensors."""
    for path in directory.glob("model*.safetensors*"):
        path.unlink()
    if not shards:
        torch.save(dict(state), directory / "pytorch_model.bin")
        return directory
    names = sorted(state)
    index = {name: f"pytorch_model-{i % shards + 1:05d}-of-{shards:05d}.bin" for i, name in enumerate(names)}
    for shard in set(index.values()):
        torch.save({name: state[name] for name in names if index[name] == shard}, directory / shard)
    (directory / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": index}))
    return directory


def pickled(model: nn.Module, directory: Path, shards: int = 0) -> Path:
    """A checkpoint as written by `transformers` 4, with tied weights under each of their names."""
    with quiet_transformers():
        model.save_pretrained(directory)  # type: ignore[operator]
    return as_pickle(directory, model.state_dict(), shards)


def assert_equal_models(one: nn.Module, other: nn.Module) -> None:
    assert one.state_dict().keys() == other.state_dict().keys()
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name]), name


@pytest.fixture(scope="module")
def text_to_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_text_to_text(tmp_path_factory.mktemp("text_to_text") / "model")


@pytest.mark.parametrize("shards", [0, 3])
def test_an_mt5_writes_the_same_texts_logits_and_all(text_to_text: Path, tmp_path: Path, shards: int) -> None:
    source = Path(shutil.copytree(text_to_text, tmp_path / "source"))
    (source / "generation_config.json").write_text('{"decoder_start_token_id": 0, "max_length": 33}')
    with quiet_transformers():
        model = AutoModelForSeq2SeqLM.from_pretrained(source)
    expected = model.state_dict()
    assert expected["shared.weight"].data_ptr() == expected["encoder.embed_tokens.weight"].data_ptr()
    as_pickle(source, expected, shards)
    made = convert_checkpoint(str(source), tmp_path / "copy")
    assert made.tokenizer is False
    if not shards:
        assert made.tied == 2
    assert resolve_checkpoint(str(tmp_path / "copy")) == tmp_path / "copy"
    with quiet_transformers():
        copy = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "copy", use_safetensors=True)
    assert_equal_models(model, copy)
    ids = torch.arange(3, 11).view(1, 8)
    assert torch.equal(model(input_ids=ids, labels=ids).logits, copy(input_ids=ids, labels=ids).logits)
    for name in ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"):
        assert (tmp_path / "copy" / name).read_bytes() == (source / name).read_bytes()


def test_of_a_tied_weight_the_name_stays_that_the_others_are_tied_to(text_to_text: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(text_to_text, tmp_path / "source"))
    with quiet_transformers():
        as_pickle(source, AutoModelForSeq2SeqLM.from_pretrained(source).state_dict())
    convert_checkpoint(str(source), tmp_path / "copy")
    names = load_file(tmp_path / "copy" / "model.safetensors").keys()
    assert {"shared.weight", "lm_head.weight"} <= names
    assert not {"encoder.embed_tokens.weight", "decoder.embed_tokens.weight"} & names


def test_all_files_of_a_copy_may_be_read_by_those_whom_the_umask_admits(
    tiny_checkpoint: Path, tmp_path: Path, umask: int
) -> None:
    source = Path(shutil.copytree(tiny_checkpoint, tmp_path / "source"))
    as_pickle(source, load_file(source / "model.safetensors"))
    convert_checkpoint(str(source), tmp_path / "copy")
    assert len({path.stat().st_mode for path in (tmp_path / "copy").iterdir()}) == 1
    assert stat.S_IMODE((tmp_path / "copy" / "model.safetensors").stat().st_mode) == 0o666 & ~umask


def test_a_t5_whose_head_is_tied_has_it_again(tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = T5Config(vocab_size=40, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0)
    model = T5ForConditionalGeneration(config).eval()
    convert_checkpoint(str(pickled(model, tmp_path / "source")), tmp_path / "copy")
    copy = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "copy")
    assert_equal_models(model, copy)
    assert copy.lm_head.weight is copy.shared.weight


@pytest.mark.parametrize("named", [True, False])
def test_a_masked_language_model_keeps_its_head_whether_the_configuration_names_its_class_or_not(
    tmp_path: Path, named: bool
) -> None:
    torch.manual_seed(0)
    model = BertForMaskedLM(BertConfig(**BERT)).eval()
    source = pickled(model, tmp_path / "source")
    if not named:
        settings = json.loads((source / "config.json").read_text())
        del settings["architectures"]
        (source / "config.json").write_text(json.dumps(settings))
    convert_checkpoint(str(source), tmp_path / "copy")
    assert_equal_models(model, AutoModelForMaskedLM.from_pretrained(tmp_path / "copy"))


def test_an_encoder_answers_as_before_in_half_precision_too(tiny_checkpoint: Path, tmp_path: Path) -> None:
    model: Any = load_encoder(tiny_checkpoint, 0).eval()
    for kind in (torch.float32, torch.float16):
        source = Path(shutil.copytree(tiny_checkpoint, tmp_path / f"source {kind}"))
        state = {name: tensor.to(kind) for name, tensor in model.state_dict().items()}
        convert_checkpoint(str(as_pickle(source, state)), tmp_path / f"copy {kind}")
        assert {t.dtype for t in load_file(tmp_path / f"copy {kind}" / "model.safetensors").values()} == {kind}
    copy = AutoModelForQuestionAnswering.from_pretrained(tmp_path / "copy torch.float32").eval()
    ids = torch.arange(3, 11).view(1, 8)
    assert torch.equal(model(input_ids=ids).start_logits, copy(input_ids=ids).start_logits)


def test_files_of_early_versions_of_pytorch_are_read(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(tiny_checkpoint, tmp_path / "source"))
    state = load_file(source / "model.safetensors")
    as_pickle(source, {})
    torch.save(state, source / "pytorch_model.bin", _use_new_zipfile_serialization=False)
    convert_checkpoint(str(source), tmp_path / "copy")
    copied = load_file(tmp_path / "copy" / "model.safetensors")
    assert copied.keys() == state.keys()
    assert all(torch.equal(state[name], copied[name]) for name in state)


def test_tensors_that_share_memory_untied_are_kept_apart(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(tiny_checkpoint, tmp_path / "source"))
    table = torch.arange(12.0).view(3, 4)
    state: dict[str, Tensor] = {"a": table, "b": table, "turned": table.t(), "row": table[1]}
    convert_checkpoint(str(as_pickle(source, state)), tmp_path / "copy")
    copied = load_file(tmp_path / "copy" / "model.safetensors")
    assert copied.keys() == state.keys()
    assert all(torch.equal(state[name], copied[name]) for name in state)


class Dangerous:
    def __init__(self, mark: Path) -> None:
        self._mark = str(mark)

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (self._mark,)


def test_a_pickle_that_would_run_code_is_refused_and_does_not(tiny_checkpoint: Path, tmp_path: Path) -> None:
    mark = tmp_path / "was_run"
    source = as_pickle(Path(shutil.copytree(tiny_checkpoint, tmp_path / "source")), {"weight": Dangerous(mark)})
    with pytest.raises(ModelError, match=r"holds more than tensors .*mkdir") as refused:
        convert_checkpoint(str(source), tmp_path / "copy")
    assert "\n" not in str(refused.value)
    assert not mark.exists() and not (tmp_path / "copy").exists()
    pickle.loads(pickle.dumps(Dangerous(mark)))
    assert mark.exists()  # otherwise it would have been


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"epoch": 3}, r"holds more than tensors \('epoch' is a int\); write its weights alone with `torch\.save"),
        ({"state_dict": {"weight": torch.zeros(1)}}, r"\('state_dict' is a dict\)"),
        ([torch.zeros(1)], r"holds a list, not tensors by name"),
    ],
)
def test_a_pickle_of_more_than_tensors_is_refused(
    tiny_checkpoint: Path, tmp_path: Path, state: Any, message: str
) -> None:
    source = as_pickle(Path(shutil.copytree(tiny_checkpoint, tmp_path / "source")), {})
    torch.save(state, source / "pytorch_model.bin")
    with pytest.raises(ModelError, match=message) as refused:
        convert_checkpoint(str(source), tmp_path / "copy")
    assert "\n" not in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_a_pickle_of_another_protocol_is_refused_without_a_warning(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = as_pickle(Path(shutil.copytree(tiny_checkpoint, tmp_path / "source")), {})
    with (source / "pytorch_model.bin").open("wb") as stream:
        pickle.dump({"weight": Dangerous(tmp_path / "was_run")}, stream, protocol=4)
    with pytest.warns(UserWarning, match="pickle protocol 4"), pytest.raises(pickle.UnpicklingError):
        torch.load(source / "pytorch_model.bin", weights_only=True)
    with pytest.raises(ModelError, match=r"holds more than tensors"):  # a warning would be an error too
        convert_checkpoint(str(source), tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_quantised_weights_are_not_copied(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(tiny_checkpoint, tmp_path / "source"))
    state = load_file(source / "model.safetensors")
    as_pickle(source, {name: tensor.to(torch.int8) for name, tensor in state.items()})
    with pytest.raises(ModelError, match=r"of its weights are quantised \(\S+ is I8\)"):
        convert_checkpoint(str(source), tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_a_file_that_is_cut_short_or_absent_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    source = as_pickle(
        Path(shutil.copytree(tiny_checkpoint, tmp_path / "source")), {"a": torch.zeros(999), "b": torch.ones(9)}
    )
    whole = (source / "pytorch_model.bin").read_bytes()
    for content in (whole[:-500], b"", b"no pickle"):
        (source / "pytorch_model.bin").write_bytes(content)
        with pytest.raises(ModelError, match=r"pytorch_model\.bin (is cut short|holds more than|is no)") as refused:
            convert_checkpoint(str(source), tmp_path / "copy")
        assert "\n" not in str(refused.value)
    (source / "pytorch_model.bin").unlink()
    as_pickle(source, {"a": torch.zeros(9), "b": torch.ones(9)}, shards=2)
    (source / "pytorch_model-00002-of-00002.bin").unlink()
    with pytest.raises(ModelError, match=r"pytorch_model-00002-of-00002\.bin is listed in .*but missing"):
        convert_checkpoint(str(source), tmp_path / "copy")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source"]


def test_what_needs_no_copy_or_is_there_already_is_refused(tiny_checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="has safetensors weights already; name it as it is"):
        convert_checkpoint(str(tiny_checkpoint), tmp_path / "copy")
    source = Path(shutil.copytree(tiny_checkpoint, tmp_path / "source"))
    (source / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"neither safetensors weights nor pytorch_model\.bin"):
        convert_checkpoint(str(source), tmp_path / "copy")
    (tmp_path / "copy").mkdir()
    with pytest.raises(ModelError, match=r"copy: is there already"):
        convert_checkpoint(str(as_pickle(source, {})), tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []


def test_the_command_says_what_it_made(
    tiny_checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = Path(shutil.copytree(tiny_checkpoint, tmp_path / "source"))
    state = load_file(source / "model.safetensors")
    as_pickle(source, state)
    app(["convert", str(source), str(tmp_path / "copy")], standalone_mode=False)
    assert capsys.readouterr().out == f"{tmp_path}/copy: {len(state)} tensors of {source} as safetensors\n"
    app(["convert", str(source), str(tmp_path / "other"), "--json"], standalone_mode=False)
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "model": str(source), "directory": f"{tmp_path}/other", "tensors": len(state), "tied": 0, "tokenizer": False,
    }  # fmt: skip
    assert load_tokenizer(tmp_path / "copy").get_vocab() == load_tokenizer(tiny_checkpoint).get_vocab()
    with quiet_transformers():
        assert AutoModel.from_pretrained(tmp_path / "other") is not None
