"""Kinds of third-party encoders: each trains, predicts, and loads in plain `transformers` again."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_task import questions, write_checkpoint
from torch import nn
from transformers import AutoConfig, AutoModelForMaskedLM, AutoModelForQuestionAnswering, AutoTokenizer

from xlingual.families import ScoringSet, family_of
from xlingual.families.batches import Batch
from xlingual.models.checkpoint_directory import checkpoint_fingerprint, resolve_checkpoint
from xlingual.models.encoder import known_positions, quiet_transformers
from xlingual.study import WindowSettings

EXAMPLES = questions(12)
WINDOWS = WindowSettings(max_length=20, stride=4, max_answer_tokens=3)
SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48}


@dataclass(frozen=True)
class Kind:
    """A kind of encoder.

    Attributes:
        model_type: model type in its config.json.
        settings: settings of a small model, similar to the published one.
        positions: resulting maximum number of tokens; None for no limit.
        packs: whether its windows may share a row.
        types: whether it tells questions from contexts by token types.
    """

    model_type: str
    settings: dict[str, Any]
    positions: int | None
    packs: bool
    types: bool


KINDS = {
    "XLM-R": Kind(
        "xlm-roberta", SIZE | {"max_position_embeddings": 22, "type_vocab_size": 1, "pad_token_id": 0}, 21, True, False
    ),
    "mBERT": Kind("bert", SIZE | {"max_position_embeddings": 20, "type_vocab_size": 2}, 20, True, True),
    "multilingual MiniLM": Kind(
        "bert", SIZE | {"max_position_embeddings": 20, "type_vocab_size": 2, "num_attention_heads": 4}, 20, True, True
    ),
    "mDeBERTa-v3": Kind(
        "deberta-v2",
        SIZE | {"max_position_embeddings": 20, "type_vocab_size": 0, "relative_attention": True, "position_buckets": 4,
                "norm_rel_ebd": "layer_norm", "share_att_key": True, "pos_att_type": ["p2c", "c2p"],
                "max_relative_positions": -1, "position_biased_input": False, "pooler_hidden_size": 32},
        20, False, False,
    ),
    "RemBERT": Kind(
        "rembert",
        SIZE | {"max_position_embeddings": 20, "type_vocab_size": 2, "input_embedding_size": 12,
                "output_embedding_size": 24},
        20, False, True,
    ),
    "mmBERT": Kind(
        "modernbert",
        SIZE | {"max_position_embeddings": 64, "local_attention": 8, "global_attn_every_n_layers": 2,
                "num_hidden_layers": 3},
        64, False, False,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_checkpoint(tmp_path_factory.mktemp("words") / "model", mask=True)


@pytest.fixture(scope="module", params=sorted(KINDS))
def pretrained(
    request: pytest.FixtureRequest, words: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Kind, Path]:
    """A masked language model as published, without a span head."""
    kind = KINDS[request.param]
    directory = tmp_path_factory.mktemp("zoo") / "model"
    tokenizer = AutoTokenizer.from_pretrained(words)
    special = {"pad_token_id": 0, "cls_token_id": 2, "sep_token_id": 3, "bos_token_id": 2, "eos_token_id": 3}
    config = AutoConfig.for_model(kind.model_type, vocab_size=len(tokenizer), **special | kind.settings)
    torch.manual_seed(0)
    with quiet_transformers():
        AutoModelForMaskedLM.from_config(config).save_pretrained(directory)
    for path in words.glob("tokenizer*"):
        shutil.copy(path, directory)
    return kind, directory


def batch_of(family: Any, model: nn.Module, directory: Path, *, packs: bool) -> tuple[Batch, dict[str, torch.Tensor]]:
    windows = family.inputs(family.tokenizer(directory), EXAMPLES, WINDOWS, targets=True)
    places = [(windows, i) for i in range(len(windows))]
    batcher = family.batcher(model, 0, torch.device("cpu"), packs=packs)
    return batcher(places), family.targets(places, torch.device("cpu"))


def test_an_encoder_trains_answers_and_is_plain_transformers_again(
    pretrained: tuple[Kind, Path], tmp_path: Path
) -> None:
    kind, directory = pretrained
    family = family_of(resolve_checkpoint(str(directory)))
    assert family.name == "extractive"
    assert known_positions(directory) == kind.positions
    family.check(directory, WINDOWS)
    model: Any = family.load(directory, 3)
    model.eval()

    batch, targets = batch_of(family, model, directory, packs=True)
    assert batch.packed == kind.packs
    assert ("token_type_ids" in batch.inputs) == kind.types
    outcome = family.outcome(model, batch, targets, contextlib.nullcontext)
    outcome.loss.backward()
    unused = [name for name, value in model.named_parameters() if value.grad is None]
    assert unused == []
    assert torch.isfinite(outcome.loss) and all(torch.isfinite(value.grad).all() for value in model.parameters())
    padded = family.outcome(model, *batch_of(family, model, directory, packs=False), contextlib.nullcontext)
    torch.testing.assert_close(outcome.loss, padded.loss)
    torch.testing.assert_close(outcome.logits, padded.logits, rtol=1e-4, atol=1e-5)

    model.save_pretrained(tmp_path / "trained")
    family.tokenizer(directory).save_pretrained(tmp_path / "trained")
    trained = resolve_checkpoint(str(tmp_path / "trained"))
    again = AutoModelForQuestionAnswering.from_pretrained(trained).eval()
    plain, _ = batch_of(family, model, trained, packs=False)
    with torch.inference_mode():
        one, other = model(**plain.inputs), again(**plain.inputs)
    assert torch.equal(one.start_logits, other.start_logits) and torch.equal(one.end_logits, other.end_logits)
    assert checkpoint_fingerprint(trained) != checkpoint_fingerprint(directory)

    loaded = family.load(trained, 0, trained_head=True)
    inputs = family.inputs(family.tokenizer(trained), EXAMPLES, WINDOWS, targets=False)
    batcher = family.batcher(loaded, 0, torch.device("cpu"))
    found = family.answers(loaded, {"en": ScoringSet(EXAMPLES, inputs)}, batcher, WINDOWS)["en"]
    assert sorted(found) == list(range(len(EXAMPLES)))
    for index, candidates in found.items():
        for candidate in candidates:
            assert candidate.text and candidate.text in EXAMPLES[index].context
            assert len(candidate.text.split()) <= WINDOWS.max_answer_tokens


def test_a_window_as_long_as_the_positions_reach_is_read(pretrained: tuple[Kind, Path]) -> None:
    kind, directory = pretrained
    model = family_of(directory).load(directory, 0).eval()
    assert kind.positions is not None
    ids = torch.full((1, kind.positions), 5)
    assert torch.isfinite(model(input_ids=ids).start_logits).all()
