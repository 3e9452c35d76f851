"""Whatever padding ids config.json and tokenizer have, windows give the outputs of plain `transformers`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_encoders import XLM_ROBERTA, write_xlm_roberta
from tiny_task import questions
from transformers import AutoConfig, AutoModelForQuestionAnswering

from xlingual.data.examples import Example
from xlingual.families import family_of
from xlingual.models.encoder import quiet_transformers
from xlingual.models.vocabulary import trim_vocabulary
from xlingual.study import WindowSettings
from xlingual.tokens.windows import Windows, used_tokens

WINDOWS = WindowSettings(max_length=40, stride=8, max_answer_tokens=4)
SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48,
        "max_position_embeddings": 50, "initializer_range": 0.5}  # fmt: skip
COUNTED_FROM_PADDING = ("camembert", "data2vec-text", "longformer", "mpnet", "roberta", "roberta-prelayernorm",
                        "xlm-roberta", "xlm-roberta-xl", "xmod")  # fmt: skip
OTHERS = ("bert", "deberta-v2", "electra", "ernie", "megatron-bert", "modernbert")
OWN: dict[str, dict[str, Any]] = {
    "data2vec-text": {"max_position_embeddings": 60},
    "longformer": {"attention_window": 8, "max_position_embeddings": 60, "sep_token_id": 2},
    "electra": {"embedding_size": 32},
    "xmod": {"languages": ["en_XX"], "default_language": "en_XX"},
    "deberta-v2": {"relative_attention": True, "position_buckets": 4, "pos_att_type": ["p2c", "c2p"]},
    "modernbert": {"local_attention": 8, "cls_token_id": 0, "sep_token_id": 2},
}
NEVER_PACKED = {"deberta-v2", "longformer", "megatron-bert", "modernbert", "mpnet"}
NEVER_TRIMMED = {"longformer", "xmod"}
PAD, FIRST, LAST = XLM_ROBERTA.index("<pad>"), XLM_ROBERTA.index("<s>"), XLM_ROBERTA.index("</s>")


@pytest.fixture(scope="module")
def tokenizer_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("words") / "model"
    write_xlm_roberta(directory, [])
    return directory


def checkpoint(directory: Path, tokenizer_files: Path, kind: str, padding: int) -> Path:
    """A tiny model whose config.json has some padding id; the tokenizer's is PAD."""
    shutil.copytree(tokenizer_files, directory, ignore=shutil.ignore_patterns("config.json", "model.safetensors"))
    words = len(family_of(tokenizer_files).tokenizer(tokenizer_files))
    named: dict[str, Any] = {"pad_token_id": padding, "bos_token_id": FIRST, "eos_token_id": LAST}
    config = AutoConfig.for_model(kind, **SIZE | {"vocab_size": words, **named} | OWN.get(kind, {}))
    torch.manual_seed(0)
    with quiet_transformers():
        AutoModelForQuestionAnswering.from_config(config).save_pretrained(directory)
    return directory


def real_windows(directory: Path) -> Windows:
    """Windows of several lengths; one text contains special tokens."""
    plain = questions(6)
    texts = [plain[0].context, f"<pad> {plain[1].context} <s> <pad> {plain[1].context}", plain[2].context * 3]
    examples = [Example(str(i), plain[i].question, text, ("is",), (text.index("is"),), "en", "", "p")
                for i, text in enumerate(texts)]  # fmt: skip
    family = family_of(directory)
    return family.inputs(family.tokenizer(directory), examples, WINDOWS, targets=True)  # type: ignore[return-value]


def alone(directory: Path, windows: Windows) -> list[torch.Tensor]:
    """Start logits of each window from plain `transformers`."""
    model = AutoModelForQuestionAnswering.from_pretrained(directory, dtype=torch.float32).eval()
    rows = [torch.from_numpy(windows.input_ids[slice(*ends)]).long()[None]
            for ends in zip(windows.pointers[:-1], windows.pointers[1:], strict=True)]  # fmt: skip
    with torch.inference_mode():
        return [model(input_ids=row, attention_mask=torch.ones_like(row)).start_logits[0] for row in rows]


CASES = [("xlm-roberta", PAD, False), ("xlm-roberta", 7, True)]
CASES += [(kind, FIRST, False) for kind in COUNTED_FROM_PADDING]
CASES += [(kind, FIRST, True) for kind in (*COUNTED_FROM_PADDING, *OTHERS) if kind not in NEVER_TRIMMED]


@pytest.mark.parametrize(("kind", "padding", "trims"), CASES)
def test_windows_are_read_as_plain_transformers_reads_each_alone(
    kind: str, padding: int, trims: bool, tokenizer_files: Path, tmp_path: Path
) -> None:
    directory = checkpoint(tmp_path / "model", tokenizer_files, kind, padding)
    windows = real_windows(directory)
    assert {PAD, FIRST, LAST} <= set(windows.input_ids.tolist()) and len(windows) > 3
    expected = alone(directory, windows)
    family = family_of(directory)
    model: Any = family.load(directory, 0, trained_head=True).eval()
    encode, pad_token = None, PAD
    if trims:
        vocabulary = trim_vocabulary(model, used_tokens([windows]), PAD)
        encode, pad_token = vocabulary.encode, vocabulary.pad_token
    batcher = family.batcher(model, pad_token, torch.device("cpu"), encode)
    batch = batcher([(windows, i) for i in range(len(windows))])
    assert batch.packed == (kind not in NEVER_PACKED)
    with torch.inference_mode():
        rows = batch.rows(model(**batch.inputs).start_logits)
    for row, found in zip(rows, expected, strict=True):
        torch.testing.assert_close(row[: len(found)], found, rtol=1e-4, atol=1e-4)
