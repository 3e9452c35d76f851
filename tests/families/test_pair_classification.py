"""Encoders on sentence pairs: logits and gradients are those of `transformers`, labels keep their order."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_pairs
import torch
from tiny_encoders import write_bert, write_xlm_roberta
from transformers import (
    AlbertConfig,
    AutoModelForSequenceClassification,
    BertConfig,
    DebertaV2Config,
    ElectraConfig,
    ModernBertConfig,
    XLMRobertaConfig,
)

from xlingual.errors import ModelError
from xlingual.families import Checkpoint, ScoringSet, family_of
from xlingual.families.batches import Batcher
from xlingual.families.pair_classification.pair_family import PairClassification
from xlingual.models.encoder import quiet_transformers
from xlingual.models.encoder_head import columns_of
from xlingual.models.label_head import LabelHead, hidden_states, label_head_of
from xlingual.models.packing import Positions, pack_windows
from xlingual.study import PairSettings, StudyLengths
from xlingual.tasks import QUESTION_ANSWERING

CPU = torch.device("cpu")
LENGTHS = PairSettings(max_length=24)
SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": 40,
}
MODERN = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2}
KINDS = {
    "bert": (BertConfig(**SIZES), True, True),
    "xlm-roberta": (XLMRobertaConfig(**SIZES, pad_token_id=1), True, True),
    "electra": (ElectraConfig(**SIZES, embedding_size=32), True, True),
    "deberta-v2": (DebertaV2Config(**SIZES, type_vocab_size=0), True, False),
    "modernbert": (ModernBertConfig(**SIZES, **MODERN), True, False),
    "albert": (AlbertConfig(**SIZES, embedding_size=16), False, False),
}
"""Configuration, whether the head reads the first token alone, and whether pairs may share a row."""


@pytest.fixture(scope="module", params=["bert", "xlm_roberta"])
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Checkpoint:
    directory = tmp_path_factory.mktemp(request.param)
    (write_bert if request.param == "bert" else write_xlm_roberta)(directory, [])
    return Checkpoint.at(directory, tiny_pairs.TASK)


def asked(checkpoint: Checkpoint, count: int = 20) -> ScoringSet:
    pairs = tiny_pairs.pairs(count)
    return ScoringSet(pairs, checkpoint.family.inputs(checkpoint.tokenizer, pairs, LENGTHS, targets=False))


def plain_logits(model: Any, checkpoint: Checkpoint, pair: Any) -> torch.Tensor:
    """Logits as anyone would compute them with `transformers`."""
    inputs = checkpoint.tokenizer(
        pair.first, pair.second, truncation="longest_first", max_length=24, return_tensors="pt"
    )
    if model.config.type_vocab_size < 2:
        inputs.pop("token_type_ids", None)
    logits: torch.Tensor = model(**inputs).logits[0]
    return logits


@pytest.mark.parametrize("packs", [True, False])
def test_logits_and_gradients_are_those_of_transformers(checkpoint: Checkpoint, packs: bool) -> None:
    family, part = checkpoint.family, asked(checkpoint)
    model, plain = (checkpoint.load(3).eval() for _ in range(2))
    batcher = family.batcher(model, int(checkpoint.tokenizer.pad_token_id), CPU, packs=packs)
    places = [(part.inputs, i) for i in range(len(part.inputs))]
    batch, targets = batcher(places), family.targets(places, CPU)
    assert batch.packed == packs
    outcome = family.outcome(model, batch, targets, _float32)
    expected = torch.stack([plain_logits(plain, checkpoint, pair) for pair in part.examples])
    torch.testing.assert_close(outcome.logits[0], expected, rtol=1e-5, atol=1e-5)
    gold = torch.tensor([tiny_pairs.LABELS.index(pair.label) for pair in part.examples])
    loss = torch.nn.functional.cross_entropy(expected, gold, reduction="sum")
    torch.testing.assert_close(outcome.loss, loss, rtol=1e-5, atol=1e-5)
    outcome.loss.backward()  # type: ignore[no-untyped-call]
    loss.backward()  # type: ignore[no-untyped-call]
    found = {name: value.grad for name, value in model.named_parameters() if value.grad is not None}
    wanted = {name: value.grad for name, value in plain.named_parameters() if value.grad is not None}
    assert found.keys() == wanted.keys() == dict(plain.named_parameters()).keys()
    for name, gradient in wanted.items():
        torch.testing.assert_close(found[name], gradient, rtol=1e-4, atol=1e-5, msg=name)


def _float32() -> Any:
    return torch.autocast("cpu", enabled=False)


def test_every_label_is_answered_with_its_log_probability(checkpoint: Checkpoint) -> None:
    family, part = checkpoint.family, asked(checkpoint)
    model = checkpoint.load(3)
    batcher = family.batcher(model, int(checkpoint.tokenizer.pad_token_id), CPU)
    halves = [family.answers(model, {"en": part}, batcher, LENGTHS, share=(rank, 2)) for rank in range(2)]
    whole = family.answers(model, {"en": part}, batcher, LENGTHS)["en"]
    assert model.training and sorted(whole) == list(range(20))
    assert {**halves[0]["en"], **halves[1]["en"]} == whole
    model.eval()
    for index, pair in enumerate(part.examples):
        logs = torch.log_softmax(plain_logits(model, checkpoint, pair).double(), -1)
        found = {one.text: one.score for one in whole[index]}
        assert [one.score for one in whole[index]] == sorted(found.values(), reverse=True)
        for number, label in enumerate(tiny_pairs.LABELS):
            assert found[label] == pytest.approx(float(logs[number].detach()), abs=1e-5)
    rows = tiny_pairs.TASK.rows(part.examples, whole, family.row_extras)
    assert {row["prediction"] for row in rows} <= set(tiny_pairs.LABELS) and "illegal" not in rows[0]


@pytest.mark.parametrize("kind", KINDS)
def test_whether_a_head_reads_the_first_token_alone_is_tried(kind: str) -> None:
    configuration, reads_first, packs = KINDS[kind]
    torch.manual_seed(0)
    model: Any = AutoModelForSequenceClassification.from_config(configuration)
    model.label_head = LabelHead.of(model, ("0", "1"))
    assert label_head_of(model).reads_first_token == reads_first
    assert isinstance(pack_windows(model, hidden_states), Positions) == packs
    model.eval()
    batcher = Batcher(model, int(model.config.pad_token_id), CPU)
    inputs = {"input_ids": torch.arange(5, 25).reshape(2, 10), "attention_mask": torch.ones(2, 10, dtype=torch.long)}
    found = label_head_of(model).logits(model, inputs, (10, 10), packed=False)
    torch.testing.assert_close(found, model(**inputs).logits, rtol=1e-5, atol=1e-6)
    assert batcher.tokens_per_pass > 0


def test_an_exported_model_names_its_labels_and_any_order_of_them_is_read(
    checkpoint: Checkpoint, tmp_path: Path
) -> None:
    model: Any = checkpoint.load(3)
    with quiet_transformers():
        model.save_pretrained(tmp_path / "kept")
    checkpoint.tokenizer.save_pretrained(tmp_path / "kept")
    told = json.loads((tmp_path / "kept" / "config.json").read_text())
    assert told["id2label"] == {"0": "other", "1": "same"} and told["label2id"] == {"other": 0, "same": 1}
    turned = Path(shutil.copytree(tmp_path / "kept", tmp_path / "turned"))
    names = {"id2label": {"0": "SAME", "1": "Other"}, "label2id": {"SAME": 0, "Other": 1}}
    (turned / "config.json").write_text(json.dumps(told | names))
    kept, other = (
        Checkpoint.at(tmp_path / name, tiny_pairs.TASK).load(0, trained_head=True) for name in ("kept", "turned")
    )
    assert (label_head_of(kept).columns, label_head_of(other).columns) == ((0, 1), (1, 0))
    inputs = {"input_ids": torch.arange(5, 12)[None]}
    found = [label_head_of(one).logits(one.eval(), inputs, (7,), packed=False) for one in (kept, other)]
    torch.testing.assert_close(found[0], found[1].flip(1))


@pytest.mark.parametrize("names", [["no", "yes"], ["a", "b", "c"]])
def test_a_head_of_other_labels_is_refused_in_one_line(
    checkpoint: Checkpoint, tmp_path: Path, names: list[str]
) -> None:
    configuration = type(checkpoint.load(0).config).from_pretrained(checkpoint.directory)
    configuration.id2label = dict(enumerate(names))
    configuration.label2id = {name: number for number, name in enumerate(names)}
    with quiet_transformers():
        AutoModelForSequenceClassification.from_config(configuration).save_pretrained(tmp_path)
    checkpoint.tokenizer.save_pretrained(tmp_path)
    other = Checkpoint.at(tmp_path, tiny_pairs.TASK)
    for act in (lambda: other.load(0), lambda: other.family.check(tmp_path, LENGTHS)):
        with pytest.raises(ModelError, match=rf"labels {', '.join(names)} apart, and the task has other, same; name"):
            act()


def test_a_new_head_is_drawn_by_the_seed_and_refused_where_it_must_be_trained(checkpoint: Checkpoint) -> None:
    one, same, other = (checkpoint.load(seed).state_dict() for seed in (1, 1, 2))
    differing = {name for name in one if not torch.equal(one[name], other[name])}
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert differing and all("classifier" in name or "pooler" in name for name in differing)
    with pytest.raises(
        ModelError, match=r"its classification head is not in the checkpoint .*paraphrase identification"
    ):
        checkpoint.load(0, trained_head=True)


def test_a_family_follows_from_the_model_and_the_task(checkpoint: Checkpoint) -> None:
    family = checkpoint.family
    assert isinstance(family, PairClassification) and checkpoint.task is tiny_pairs.TASK
    assert family_of(checkpoint.directory, tiny_pairs.TASK) == family == PairClassification(tiny_pairs.TASK)
    assert family_of(checkpoint.directory).name == "extractive"
    assert Checkpoint.at(checkpoint.directory).task is QUESTION_ANSWERING
    assert checkpoint.traits(StudyLengths(pairs=LENGTHS)).lengths is LENGTHS
    assert family.usual_lengths(checkpoint.directory).max_length < 128  # as far as positions reach
    with pytest.raises(
        ModelError, match=r"pairs.max_length: 400 tokens asked, but the model in .* knows \d+ positions"
    ):
        family.check(checkpoint.directory, PairSettings(max_length=400))


def test_columns_follow_names() -> None:
    configuration = BertConfig(id2label={0: "LABEL_0", 1: "LABEL_1"})
    assert columns_of(configuration, ("1", "0")) == (1, 0) and columns_of(configuration, ("no", "yes")) is None
    assert columns_of(BertConfig(num_labels=3), ("0", "1")) is None
    assert np.array_equal(columns_of(BertConfig(id2label={0: "b", 1: "A"}), ("a", "B")) or (), (1, 0))


@pytest.mark.parametrize(("labels", "renames"), [(("x", "y"), True), (("x", "y", "z"), False)])
def test_new_names_are_advised_for_a_head_of_as_many_labels_only(
    labels: tuple[str, ...], renames: bool, tmp_path: Path
) -> None:
    configuration = BertConfig(**SIZES, id2label=dict(enumerate(labels)))
    configuration.save_pretrained(tmp_path)
    head = PairClassification(tiny_pairs.TASK).head
    with pytest.raises(ModelError, match=f"its head tells the labels {', '.join(labels)} apart") as refused:
        head.refuse_other_labels(tmp_path)
    assert ("id2label" in str(refused.value)) == renames
