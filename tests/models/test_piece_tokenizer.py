"""A tokenizer.json converted from a SentencePiece model segments texts like that model."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from transformers import AutoTokenizer

from xlingual.errors import ModelError
from xlingual.models.encoder import load_tokenizer, quiet_transformers
from xlingual.models.piece_tokenizer import write_piece_tokenizer

SENTENCES = (
    "which colour has the house", "the house is red and the boat is blue .", "wer wohnt in dem gelben Haus ?",
    "какого цвета дом и лодка", "ما لون البيت والقارب", "这座房子是什么颜色的？ 红色。", "บ้านหลังนี้สีอะไร",
)  # fmt: skip
TEXTS = (
    *SENTENCES, "", "a", "  spaces   before and after  ", "tab\tand\nline", "ﬁne ½ ｆｕｌｌ　width ﷺ",
    "zero\u200bwidth \u00a0no break", "“quoted” ``x''", "İstanbul ÇIĞ", "😀 unheard 珈琲",
)  # fmt: skip
TEXT = {"pad_id": 0, "eos_id": 1, "unk_id": 2, "bos_id": -1}
ENCODER = {"pad_id": 0, "bos_id": 1, "eos_id": 2, "unk_id": 3, "pad_piece": "[PAD]", "bos_piece": "[CLS]",
           "eos_piece": "[SEP]", "unk_piece": "[UNK]"}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """The layout of a family's checkpoints on the hub, and the training options of its SentencePiece model."""

    model_type: str
    file: str
    trained: dict[str, Any]
    settings: dict[str, Any]
    pair: tuple[str, ...]

    def write(self, directory: Path) -> Path:
        model = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(SENTENCES * 3), model_writer=model, vocab_size=400, hard_vocab_limit=False,
            minloglevel=2, num_threads=1, **self.trained,
        )  # fmt: skip
        directory.mkdir()
        (directory / self.file).write_bytes(model.getvalue())
        (directory / "config.json").write_text(json.dumps({"model_type": self.model_type}))
        (directory / "tokenizer_config.json").write_text(json.dumps(self.settings))
        return directory


SEPARATED = ("[CLS]", "▁", "a", "[SEP]", "▁", "a", "[SEP]")
KINDS = {
    "mT5": Kind(
        "mt5", "spiece.model", TEXT | {"byte_fallback": True}, {"extra_ids": 0, "tokenizer_class": "T5Tokenizer"},
        ("▁", "a", "</s>", "▁", "a", "</s>"),
    ),
    "mDeBERTa-v3": Kind(
        "deberta-v2", "spm.model", ENCODER | {"byte_fallback": True}, {"do_lower_case": False, "vocab_type": "spm"},
        SEPARATED,
    ),
    "RemBERT": Kind(
        "rembert", "sentencepiece.model", TEXT | {"control_symbols": ["[CLS]", "[SEP]", "[MASK]"]}, {}, SEPARATED
    ),
    "XLM-R": Kind(
        "xlm-roberta", "sentencepiece.bpe.model", {}, {}, ("<s>", "▁", "a", "</s>", "</s>", "▁", "a", "</s>")
    ),
}  # fmt: skip


@pytest.fixture(scope="module", params=sorted(KINDS))
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Kind, Path]:
    kind = KINDS[request.param]
    directory = kind.write(tmp_path_factory.mktemp("pieces") / "model")
    assert write_piece_tokenizer(directory)
    return kind, directory


def test_texts_are_cut_as_the_sentencepiece_model_cuts_them(written: tuple[Kind, Path]) -> None:
    kind, directory = written
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(directory / kind.file))
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert tokenizer.is_fast
    for text in TEXTS:
        found = tokenizer(text, add_special_tokens=False).tokens()
        expected = [pieces.id_to_piece(i) for i in pieces.encode(text)]
        if not kind.trained.get("byte_fallback"):  # the tokenizer's unknown token is the unknown text itself
            assert [token in pieces_of(pieces) for token in found] == [
                i != pieces.unk_id() for i in pieces.encode(text)
            ]
            found, expected = ([t for t in tokens if t in pieces_of(pieces)] for tokens in (found, expected))
            expected = [token for token in expected if token != pieces.id_to_piece(pieces.unk_id())]
        assert found == expected, text


def pieces_of(pieces: Any) -> set[str]:
    return {pieces.id_to_piece(i) for i in range(pieces.get_piece_size()) if i != pieces.unk_id()}


def test_special_tokens_and_their_places_are_the_familys(written: tuple[Kind, Path]) -> None:
    kind, directory = written
    tokenizer = AutoTokenizer.from_pretrained(directory)
    assert tuple(tokenizer("a", "a").tokens()) == kind.pair
    assert ("token_type_ids" in tokenizer.model_input_names) == (kind.model_type == "deberta-v2")
    assert tokenizer.pad_token_id is not None and tokenizer.unk_token_id is not None


@pytest.mark.parametrize("written", ["mT5", "mDeBERTa-v3"], indirect=True)  # those with pieces for all texts
def test_what_was_cut_is_the_text_again(written: tuple[Kind, Path]) -> None:
    kind, directory = written
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(directory / kind.file))
    tokenizer = AutoTokenizer.from_pretrained(directory)
    for text in TEXTS:
        again = tokenizer.decode(tokenizer(text)["input_ids"], skip_special_tokens=True)
        assert again == pieces.decode(pieces.encode(text)), text


def test_a_saved_tokenizer_stays_what_it_was(written: tuple[Kind, Path], tmp_path: Path) -> None:
    _, directory = written
    tokenizer = load_tokenizer(directory)
    tokenizer.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_bytes((directory / "config.json").read_bytes())
    again = AutoTokenizer.from_pretrained(tmp_path)
    assert [again(text)["input_ids"] for text in TEXTS] == [tokenizer(text)["input_ids"] for text in TEXTS]


def test_a_rembert_without_a_tokenizer_json_has_its_separators(tmp_path: Path) -> None:
    directory = KINDS["RemBERT"].write(tmp_path / "model")
    with quiet_transformers():
        forgotten = AutoTokenizer.from_pretrained(directory)("a", "a").tokens()
    assert "[SEP]" not in forgotten, "transformers no longer forgets them: `_separate` can go"
    assert tuple(load_tokenizer(directory)("a", "a").tokens()) == SEPARATED


def test_a_tokenizer_json_that_is_there_is_left_alone(written: tuple[Kind, Path]) -> None:
    _, directory = written
    before = (directory / "tokenizer.json").read_bytes()
    assert not write_piece_tokenizer(directory)
    assert (directory / "tokenizer.json").read_bytes() == before


def test_a_broken_sentencepiece_model_is_one_clear_line(tmp_path: Path) -> None:
    directory = KINDS["mT5"].write(tmp_path / "model")
    (directory / "spiece.model").write_bytes((directory / "spiece.model").read_bytes()[:500])
    with pytest.raises(ModelError, match=r"its spiece\.model cannot be read as the SentencePiece model") as refused:
        write_piece_tokenizer(directory)
    assert "\n" not in str(refused.value)
