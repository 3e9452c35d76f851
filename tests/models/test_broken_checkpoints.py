"""Every fault of a checkpoint's directory gives a one-line error that says what to do."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from transformers import BertForQuestionAnswering

from xlingual.errors import ModelError
from xlingual.models.checkpoint_directory import resolve_checkpoint
from xlingual.models.encoder import check_encoder, encoder_widths, load_encoder, load_tokenizer, quiet_transformers


@pytest.fixture
def copied(tiny_checkpoint: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_checkpoint, tmp_path / "model"))


def settings(**changes: Any) -> Callable[[Path], None]:
    """Change config.json; None takes a key away."""

    def change(directory: Path) -> None:
        path = directory / "config.json"
        changed = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in changed.items() if value is not None}))

    return change


def file(name: str, text: str) -> Callable[[Path], None]:
    return lambda directory: (directory / name).write_text(text) and None


def without(*names: str) -> Callable[[Path], None]:
    return lambda directory: [(directory / name).unlink() for name in names] and None


def renamed(old: str, new: str) -> Callable[[Path], None]:
    return lambda directory: (directory / old).rename(directory / new) and None


def cut_short(directory: Path) -> None:
    weights = directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])


def stored_as(kind: torch.dtype, *names: str) -> Callable[[Path], None]:
    """Cast the weights with these names or suffixes, and add integer positions, which are allowed."""

    def change(directory: Path) -> None:
        weights = load_file(directory / "model.safetensors")
        cast = {name: value.to(kind) if name.endswith(names) else value for name, value in weights.items()}
        positions = {"bert.embeddings.position_ids": torch.arange(64)[None], "causal_mask": torch.ones(4, 4).bool()}
        save_file(cast | positions, directory / "model.safetensors", {"format": "pt"})

    return change


def as_shards(directory: Path) -> None:
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (directory / "model.safetensors").rename(directory / shards["a"])
    (directory / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))


POINTER = "version https://git-lfs.example/spec/v1\noid sha256:00\nsize 4"


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (without("config.json"), r"no config\.json in .*found: model\.safetensors, tokenizer"),
        (file("config.json", '{"model_type": '), r"config\.json is not JSON \(Expecting value: line 1 column 16"),
        (file("config.json", "[]"), r"config\.json is a list"),
        (settings(model_type=None), r"names no model_type; write there .*xlm-roberta"),
        (settings(quantization_config={"quant_method": "gptq", "bits": 4}), r"quantised \(gptq\).*made from"),
        (
            file("adapter_config.json", '{"base_model_name_or_path": "google/mt5-small"}'),
            r"a PEFT adapter of google/mt5-small, .*merge_and_unload.*name DIR",
        ),
        (renamed("model.safetensors", "adapter_model.safetensors"), r"a PEFT adapter of another model, not a whole"),
        (without("model.safetensors"), r"no safetensors weights \(found: no weights at all\).*save_pretrained"),
        (
            renamed("model.safetensors", "pytorch_model.bin"),
            r"no safetensors weights \(found: pytorch_model\.bin\).*`xlingual convert \S*model DIR` and name DIR",
        ),
        (
            renamed("model.safetensors", "pytorch_model.bin.index.json"),
            r"found: pytorch_model\.bin\.index\.json\).*xlingual convert",
        ),
        (renamed("model.safetensors", "tf_model.h5"), r"found: tf_model\.h5\).*save_pretrained"),
        (renamed("model.safetensors", "weights.safetensors"), r"found: weights\.safetensors.*call the file model\.saf"),
        (cut_short, r"model\.safetensors is cut short or no safetensors file .*fetch it again"),
        (file("model.safetensors", ""), r"cut short or no safetensors file"),
        (file("model.safetensors", POINTER), r"a pointer of Git LFS.*git lfs pull"),
        (as_shards, r"model-00002-of-00002\.safetensors cannot be read \(No such file or directory\); put it in"),
        (file("model.safetensors.index.json", "{}"), None),  # the complete file takes precedence
        (stored_as(torch.int8, "query.weight"), r"2 of its weights are quantised \(bert\.\S*query\.weight is I8\)"),
        (stored_as(torch.float8_e4m3fn, "query.weight"), r"query\.weight is F8_E4M3\), and only full ones .*made from"),
        (stored_as(torch.bfloat16, ""), None),
    ],
)
def test_a_directory_that_is_no_whole_checkpoint_is_refused(
    copied: Path, breakage: Callable[[Path], None], message: str | None
) -> None:
    breakage(copied)
    if message is None:
        assert resolve_checkpoint(str(copied)) == copied
        return
    with pytest.raises(ModelError, match=message) as refused:
        resolve_checkpoint(str(copied))
    assert "\n" not in str(refused.value)
    assert str(copied) in str(refused.value)


def test_an_index_that_names_nothing_is_refused(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "model-00001-of-00001.safetensors")
    (copied / "model.safetensors.index.json").write_text("{}")
    with pytest.raises(ModelError, match="names no weights"):
        resolve_checkpoint(str(copied))


CODE = {"AutoModel": "modeling_new.NewModel", "AutoConfig": "configuration_new.NewConfig"}


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (settings(model_type="newer"), r"model_type 'newer' .* unknown to transformers \d+\.\d+.*install a version"),
        (settings(model_type="new", auto_map=CODE), r"a new model is loaded by code that the checkpoint brings"),
        (settings(hidden_size="many"), r"config\.json cannot be read \(.*hidden_size"),
        (settings(model_type="vit"), r"no span head exists for a vit model"),
    ],
)
def test_a_kind_of_model_that_cannot_be_trained_is_refused_before_its_weights_are_read(
    copied: Path, breakage: Callable[[Path], None], message: str
) -> None:
    breakage(copied)
    with pytest.raises(ModelError, match=message) as refused:
        check_encoder(resolve_checkpoint(str(copied)), 10)
    assert "\n" not in str(refused.value)


def test_code_that_a_checkpoint_brings_is_not_run_and_nobody_is_asked(copied: Path, tmp_path: Path) -> None:
    mark = tmp_path / "was_run"
    (copied / "modeling_new.py").write_text(f"open({str(mark)!r}, 'w')\nclass NewModel: pass\n")
    (copied / "configuration_new.py").write_text(f"open({str(mark)!r}, 'w')\nclass NewConfig: pass\n")
    settings(model_type="new", auto_map=CODE)(copied)
    tokenizer = json.loads((copied / "tokenizer_config.json").read_text())
    tokenizer |= {"auto_map": {"AutoTokenizer": [None, "modeling_new.NewModel"]}, "tokenizer_class": "NewTokenizer"}
    (copied / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    for load in (load_tokenizer, encoder_widths, lambda directory: load_encoder(directory, 0)):
        with pytest.raises(ModelError) as refused:
            load(copied)
        assert "\n" not in str(refused.value)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("breakage", "message"),
    [
        (
            settings(vocab_size=7),
            r"do not fit .*word_embeddings\.weight is \(\d+, 32\) and should be \(7, 32\); 1 such",
        ),
        (
            settings(num_hidden_layers=3),
            r"16 weights of a bert model are not in the checkpoint \(bert\.encoder\.layer\.2",
        ),
        (
            settings(model_type="xlm-roberta", auto_map=CODE),
            r"weights of a xlm-roberta model are not .*code of its own, which is not run",
        ),
        (
            settings(model_type="mt5", architectures=["MT5ForQuestionAnswering"]),
            r"weights of a mt5 model are not in the checkpoint \(decoder\.",
        ),
        (settings(hidden_act="unheard"), r"no encoder with a span head can be made of it \("),
    ],
)
def test_weights_that_do_not_fit_the_configuration_are_refused(
    copied: Path, breakage: Callable[[Path], None], message: str
) -> None:
    breakage(copied)
    with pytest.raises(ModelError, match=message) as refused:
        load_encoder(copied, 0)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("prefix", ["bert.", ""])
def test_sizes_that_are_not_the_weights_are_refused_before_these_are_read(copied: Path, prefix: str) -> None:
    state = load_file(copied / "model.safetensors")
    renamed = {f"{prefix}{name.removeprefix('bert.')}": value for name, value in state.items()}
    save_file(renamed, copied / "model.safetensors", {"format": "pt"})
    save_file({"bert.embeddings.LayerNorm.bias": torch.zeros(3)}, copied / "else.safetensors")  # unused
    check_encoder(copied, 10)
    settings(intermediate_size=7)(copied)
    with pytest.raises(
        ModelError, match=r"do not fit .*\(bert\.\S+ is \(.* and should be \(7,\); 6 such in all"
    ) as refused:
        check_encoder(copied, 10)
    assert "\n" not in str(refused.value)


def test_layers_that_the_configuration_leaves_out_are_refused_before_weights_are_read(copied: Path) -> None:
    settings(num_hidden_layers=1)(copied)
    message = r"uses 1 of the 2 layers of its weights \(bert\.encoder\.layer\.1 is left out\).*`save_pretrained\(DIR\)`"
    with pytest.raises(ModelError, match=message) as refused:
        check_encoder(copied, 10)
    assert "\n" not in str(refused.value)
    with quiet_transformers():
        BertForQuestionAnswering.from_pretrained(copied).save_pretrained(copied)
    check_encoder(copied, 10)


def test_a_classifier_gets_a_span_head_of_two_logits(copied: Path) -> None:
    settings(id2label={"0": "yes", "1": "no", "2": "perhaps"}, label2id={"yes": 0, "no": 1, "perhaps": 2})(copied)
    check_encoder(copied, 10)
    model: Any = load_encoder(copied, 0)
    assert model.qa_outputs.out_features == 2
    with quiet_transformers():
        model.save_pretrained(copied)
    settings(id2label={"0": "yes", "1": "no", "2": "perhaps"}, label2id={"yes": 0, "no": 1, "perhaps": 2})(copied)
    check_encoder(copied, 10)  # now has a head of two, beside three labels
    assert load_encoder(copied, 0, trained_head=True)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("tokenizer.json", "{}", r"its tokenizer cannot be loaded \(.*\); put one there with `save_pretrained"),
        ("spiece.model", "not BERT's", r"its tokenizer knows no word .*that of a BertTokenizer; put a tokenizer\.json"),
        ("vocab.txt", "[PAD]\n[UNK]\n", r"its tokenizer knows no word"),
        (
            "sentencepiece.bpe.model",
            "no SentencePiece",
            r"its sentencepiece\.bpe\.model cannot be read as the SentencePiece model",
        ),
        (None, None, r"no tokenizer in it \(looked for tokenizer\.json, .*save_pretrained"),
    ],
)
def test_a_broken_tokenizer_is_one_clear_line(copied: Path, name: str | None, text: str, message: str) -> None:
    for path in copied.glob("tokenizer*"):
        path.unlink()
    if name is not None:
        (copied / name).write_text(text)
    if name == "sentencepiece.bpe.model":
        settings(model_type="xlm-roberta")(copied)
    with pytest.raises(ModelError, match=message) as refused:
        load_tokenizer(copied)
    assert "\n" not in str(refused.value)


def add_tokens(directory: Path, *tokens: str, special: bool = False) -> None:
    path = str(directory / "tokenizer.json")
    tokenizer = Tokenizer.from_file(path)
    (tokenizer.add_special_tokens if special else tokenizer.add_tokens)(list(tokens))
    tokenizer.save(path)


def test_a_tokenizer_that_knows_more_tokens_than_the_model_is_refused(copied: Path) -> None:
    rows = json.loads((copied / "config.json").read_text())["vocab_size"]
    assert len(load_tokenizer(copied)) == rows
    add_tokens(copied, "added", "too")
    message = rf"'added' is token {rows}, 2 such in all; its config\.json has a vocab_size of {rows}\); put the tok"
    with pytest.raises(ModelError, match=message) as refused:
        load_tokenizer(copied)
    assert "\n" not in str(refused.value)
    settings(vocab_size=rows + 2)(copied)
    assert len(load_tokenizer(copied)) == rows + 2


def test_only_special_tokens_that_stand_in_inputs_need_a_word_embedding(copied: Path) -> None:
    rows = json.loads((copied / "config.json").read_text())["vocab_size"]
    add_tokens(copied, "<extra_id_0>", special=True)
    assert len(load_tokenizer(copied)) == rows + 1
    named = json.loads((copied / "tokenizer_config.json").read_text()) | {"pad_token": "<extra_id_0>"}
    (copied / "tokenizer_config.json").write_text(json.dumps(named))
    with pytest.raises(ModelError, match=rf"'<extra_id_0>' is token {rows}, 1 such in all"):
        load_tokenizer(copied)


def test_a_slow_tokenizer_is_refused(copied: Path) -> None:
    for path in copied.glob("tokenizer*"):
        path.unlink()
    (copied / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nword")
    (copied / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "ByT5Tokenizer"}))
    with pytest.raises(ModelError, match=r"needs a fast tokenizer \(tokenizer\.json\); found ByT5Tokenizer"):
        load_tokenizer(copied)
