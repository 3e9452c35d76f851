"""Tokenizers that do not fit their model are refused or noted; others give no message."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_encoders import write_bert, write_xlm_roberta
from tiny_task import write_checkpoint
from tiny_text_to_text import write_byte_to_byte, write_text_to_text
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

from xlingual.errors import ModelError
from xlingual.families import family_of
from xlingual.models.encoder import load_tokenizer, quiet_transformers
from xlingual.models.fit import tokenizer_notes, unknown_notes, unknown_shares

TEXT = "Wer baute die Brücke in Köln Ποιος έχτισε यह किसने बनाया Ai đã xây dựng"
LOWER = "wer baute die brucke in koln was ist das haus am fluss"
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
NOTHING_SAID: dict[str, Any] = {}


def write_vocabulary(directory: Path, text: str, settings: dict[str, Any] = NOTHING_SAID) -> Path:
    """A BERT with only a vocabulary of words and letters, like old copies, and a tokenizer_config.json."""
    directory.mkdir()
    letters = sorted({letter for letter in text if not letter.isspace()} | set("abcdefghijklmnopqrstuvwxyz"))
    pieces = list(dict.fromkeys([*SPECIAL, *text.split(), *letters, *(f"##{letter}" for letter in letters)]))
    (directory / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    if settings:
        (directory / "tokenizer_config.json").write_text(json.dumps(settings))
    config = BertConfig(vocab_size=len(pieces), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
                        intermediate_size=32, max_position_embeddings=64)  # fmt: skip
    with quiet_transformers():
        BertForQuestionAnswering(config).save_pretrained(directory)
    return directory


def notes(directory: Path) -> list[str]:
    family = family_of(directory)
    return family.notes(directory, family.tokenizer(directory))


def test_a_cased_vocabulary_behind_a_tokenizer_that_lower_cases_unasked_is_refused(tmp_path: Path) -> None:
    directory = write_vocabulary(tmp_path / "cased", TEXT)
    message = r"changes \d\d% of its own vocabulary \('Wer' becomes 'wer', .*write \"do_lower_case\": false in its tok"
    with pytest.raises(ModelError, match=message) as refused:
        notes(directory)
    assert "\n" not in str(refused.value) and '"do_lower_case": true there if' in str(refused.value)
    (directory / "tokenizer_config.json").write_text('{"do_lower_case": false}')
    assert notes(directory) == []
    assert load_tokenizer(directory).tokenize("Wer baute die Brücke") == ["Wer", "baute", "die", "Brücke"]


def test_where_a_file_says_so_it_is_noted(tmp_path: Path) -> None:
    """A model may have been pretrained like this; saving a tokenizer writes its defaults."""
    (said,) = notes(write_vocabulary(tmp_path / "said", TEXT, {"do_lower_case": True}))
    assert "unless it was pretrained so, write" in said and "tokenizer.json" not in said
    directory = write_vocabulary(tmp_path / "saved", TEXT)
    load_tokenizer(directory).save_pretrained(directory)
    (saved,) = notes(directory)
    assert "or take the step out of the normalizer in tokenizer.json" in saved


def test_an_uncased_vocabulary_is_lower_cased_without_a_word(tmp_path: Path) -> None:
    assert notes(write_vocabulary(tmp_path / "uncased", LOWER)) == []


Steps = Sequence[normalizers.Normalizer]


def unigram(words: Sequence[str], steps: Steps) -> Tokenizer:
    pieces = [("<pad>", 0.0), ("<unk>", 0.0), *((f"▁{word}", -2.0) for word in words)]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=1, byte_fallback=False))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    tokenizer.normalizer = normalizers.Sequence(list(steps))  # type: ignore[assignment]
    return tokenizer


def word_piece(words: Sequence[str], steps: Steps) -> Tokenizer:
    pieces = {piece: number for number, piece in enumerate(("<pad>", "<unk>", *dict.fromkeys(words)))}
    tokenizer = Tokenizer(models.WordPiece(pieces, unk_token="<unk>"))
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    tokenizer.normalizer = normalizers.Sequence(list(steps))  # type: ignore[assignment]
    return tokenizer


def bytes_of_pairs(words: Sequence[str], steps: Steps) -> Tokenizer:
    written = pre_tokenizers.ByteLevel(add_prefix_space=True)
    spelt = [written.pre_tokenize_str(word)[0][0] for word in dict.fromkeys(words)]
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    pieces = {piece: number for number, piece in enumerate(dict.fromkeys(("<pad>", "<unk>", *letters, *spelt)))}
    tokenizer = Tokenizer(models.BPE(pieces, []))
    tokenizer.pre_tokenizer, tokenizer.decoder = written, decoders.ByteLevel()
    tokenizer.normalizer = normalizers.Sequence(list(steps))  # type: ignore[assignment]
    return tokenizer


@pytest.mark.parametrize("make", [unigram, word_piece, bytes_of_pairs])
@pytest.mark.parametrize(
    ("steps", "text", "fits"),
    [
        ([normalizers.Lowercase()], TEXT, False),
        ([normalizers.NFD(), normalizers.StripAccents()], TEXT, False),
        ([normalizers.NFKC()], TEXT, True),
        ([], TEXT, True),
        ([normalizers.NFD(), normalizers.StripAccents(), normalizers.Lowercase()], LOWER, True),
    ],
)
def test_every_kind_of_vocabulary_is_looked_at(
    make: Callable[[Sequence[str], Steps], Tokenizer], steps: Steps, text: str, fits: bool, tmp_path: Path
) -> None:
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=make(text.split(), steps), pad_token="<pad>", unk_token="<unk>"
    )
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert", "vocab_size": len(tokenizer)}))
    found = tokenizer_notes(tmp_path, tokenizer)
    assert ["becomes" in note for note in found] == ([] if fits else [True])


WRITERS: dict[str, Callable[[Path], object]] = {
    "words": write_checkpoint,
    "bert": lambda directory: write_bert(directory, []),
    "xlm_roberta": lambda directory: write_xlm_roberta(directory, []),
    "text_to_text": write_text_to_text,
    "byte_to_byte": write_byte_to_byte,
}


@pytest.mark.parametrize("kind", WRITERS)
def test_nothing_is_said_of_a_checkpoint_of_any_family_that_fits(kind: str, tmp_path: Path) -> None:
    WRITERS[kind](tmp_path / "model")
    assert notes(tmp_path / "model") == []


@pytest.mark.real
def test_nothing_is_said_of_a_real_encoder_and_it_knows_all_of_its_languages(shared: Path) -> None:
    """The default run has tiny checkpoints of every family, and languages that a tokenizer does not know."""
    directory = shared / "models" / "me5-small-trimmed"
    assert notes(directory) == []
    texts = {"en": ["Who built the bridge?"], "th": ["ใครสร้างสะพานแห่งนี้"], "zh": ["谁建造了这座桥?"]}
    assert max(unknown_shares(load_tokenizer(directory), texts).values()) < 0.05


def test_another_padding_id_is_noted(tmp_path: Path) -> None:
    write_xlm_roberta(tmp_path, [])
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"pad_token_id": 0}))
    (note,) = notes(tmp_path)
    assert "calls token 0 ('<s>') padding, its tokenizer 1 ('<pad>')" in note and '"pad_token_id": 1' in note


def test_a_tokenizer_of_far_fewer_tokens_than_the_model_has_is_noted(tmp_path: Path) -> None:
    write_bert(tmp_path / "model", [f"word{number}" for number in range(60)])
    write_bert(tmp_path / "other", [])
    for path in (tmp_path / "other").glob("tokenizer*"):
        shutil.copy(path, tmp_path / "model")
    (note,) = notes(tmp_path / "model")
    assert "look whether the tokenizer is the model's own" in note


def test_two_tokens_of_one_id_are_noted(tmp_path: Path) -> None:
    write_checkpoint(tmp_path)
    path = tmp_path / "tokenizer.json"
    layout = json.loads(path.read_text())
    layout["model"]["vocab"]["house"] = layout["model"]["vocab"]["car"]
    path.write_text(json.dumps(layout))
    (note,) = notes(tmp_path)
    assert "the same id" in note and "'house'" in note and "'car'" in note


def test_weights_of_layers_that_nobody_reads_are_noted(tmp_path: Path) -> None:
    """BERT's relative positions, which `transformers` 5 drops. Other heads are not worth a message."""
    write_bert(tmp_path, [])
    weights = load_file(tmp_path / "model.safetensors")
    heads = {"cls.predictions.bias": torch.zeros(3), "bert.pooler.dense.weight": torch.zeros(3, 3)}
    save_file(weights | heads, tmp_path / "model.safetensors", {"format": "pt"})
    assert notes(tmp_path) == []
    name = "bert.encoder.layer.0.attention.self.distance_embedding.weight"
    save_file(weights | {name: torch.zeros(127, 16)}, tmp_path / "model.safetensors", {"format": "pt"})
    (note,) = notes(tmp_path)
    assert f"does not read 1 weights of its layers ({name}" in note


def test_characters_that_a_tokenizer_does_not_know_are_counted_by_language(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(write_vocabulary(tmp_path / "latin", LOWER))
    texts = {"de": ["wer baute das haus"], "th": ["ใคร สร้าง", "ใคร สร้าง"], "el": ["das ποιος"], "xx": [""]}
    assert unknown_shares(tokenizer, texts) == {"de": 0.0, "th": 1.0, "el": 5 / 8, "xx": 0.0}
    (both,), (one,) = unknown_notes(tokenizer, texts), unknown_notes(tokenizer, {"th": texts["th"]})
    assert "does not know more than half of these languages' characters" in both and "th 100%, el 62%" in both
    assert "does not know nearly all of these languages' characters" in one


def test_bytes_are_all_known(tmp_path: Path) -> None:
    write_byte_to_byte(tmp_path)
    assert unknown_shares(family_of(tmp_path).tokenizer(tmp_path), {"th": ["ใคร"]}) == {"th": 0.0}
