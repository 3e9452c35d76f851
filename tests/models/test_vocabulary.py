from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForQuestionAnswering

from xlingual.errors import DataError, ModelError
from xlingual.models.encoder import load_encoder, quiet_transformers, word_embeddings
from xlingual.models.outcome import Outcome
from xlingual.models.vocabulary import (
    FIXED_IDS,
    REVIEWED,
    TrimmedVocabulary,
    can_trim,
    decay_of_unused_rows,
    trim_vocabulary,
)
from xlingual.robust import Rows
from xlingual.robust.embedding_noise import EmbeddingNoise
from xlingual.study import TrainingSettings
from xlingual.study.methods.embedding_noise import EmbeddingNoise as NoiseSettings
from xlingual.training.optimizer import learning_rate, make_optimizer

SIZE, PAD = 120, 1
UPDATES = 5


def model_of(family: str, **settings: Any) -> nn.Module:
    """A tiny model with a span head, random weights and padding id 1."""
    sizes = {
        "vocab_size": SIZE,
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "max_position_embeddings": 40,
        "embedding_size": 16,  # set by families that could change it
        "pad_token_id": PAD,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "cls_token_id": 0,
        "sep_token_id": 2,
        "type_vocab_size": 2,
    }
    torch.manual_seed(0)
    with quiet_transformers():
        configuration = AutoConfig.for_model(family, **(sizes | settings))
        model: nn.Module = AutoModelForQuestionAnswering.from_config(configuration)
    return model.train()


def windows(seed: int, vocabulary: TrimmedVocabulary | None = None, pad: int = PAD) -> dict[str, Tensor]:
    """Five padded windows of even token ids from 10; renumbered for a trimmed vocabulary if given."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(5, 30, (5, 12)) * 2
    mask = np.arange(12) < rng.integers(4, 13, (5, 1))
    ids = np.where(mask, ids, pad)
    if vocabulary:
        assert np.array_equal(vocabulary.encode(ids) == vocabulary.pad_token, ids == pad)
        ids = vocabulary.encode(ids)
    arrays = {"input_ids": ids, "attention_mask": mask.astype(np.int64), "token_type_ids": np.zeros_like(ids)}
    return {name: torch.from_numpy(values) for name, values in arrays.items()}


def used(pad: int = PAD) -> Any:
    return np.unique([windows(seed, pad=pad)["input_ids"].numpy() for seed in range(UPDATES)])


def logits(model: nn.Module, tensors: dict[str, Tensor], seed: int = 0) -> Tensor:
    torch.manual_seed(seed)  # dropout must not change either
    types = int(getattr(model.config, "type_vocab_size", 0) or 0)
    output = model(**{name: tensor for name, tensor in tensors.items() if name != "token_type_ids" or types > 1})
    return torch.stack([output.start_logits, output.end_logits])


def train(model: nn.Module, training: TrainingSettings, vocabulary: TrimmedVocabulary | None) -> list[float]:
    """Update like the training loop; return the losses."""
    optimizer, losses = make_optimizer(model, training), []
    for update in range(training.updates):
        gold = torch.arange(5) % 4
        loss = torch.stack(
            [nn.functional.cross_entropy(part, gold) for part in logits(model, windows(update, vocabulary), update)]
        ).mean()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), training.clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(training, update)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(float(loss.detach()))
    return losses


def decay_of(training: TrainingSettings) -> float:
    return decay_of_unused_rows((learning_rate(training, u) for u in range(training.updates)), training.weight_decay)


@pytest.fixture(scope="module")
def bert() -> nn.Module:
    return model_of("bert")


# Contract of every family that is trimmed


@pytest.mark.parametrize("family", REVIEWED)
def test_outputs_are_those_of_the_untrimmed_model_to_the_bit(family: str) -> None:
    model = model_of(family)
    expected = [logits(model, windows(seed)) for seed in range(UPDATES)]
    vocabulary = trim_vocabulary(model, used(), PAD)
    assert vocabulary.rows < SIZE / 2
    assert word_embeddings(model).weight.shape[0] == vocabulary.rows
    for seed, untrimmed in enumerate(expected):
        assert torch.equal(logits(model, windows(seed, vocabulary)), untrimmed)


@pytest.mark.parametrize("family", REVIEWED)
def test_updates_are_those_of_the_untrimmed_model_unused_rows_included(family: str) -> None:
    training = TrainingSettings(updates=UPDATES, learning_rate=1e-3, weight_decay=0.1, clip_norm=0.5)
    model = model_of(family)
    untrimmed = copy.deepcopy(model)
    pretrained = word_embeddings(model).weight.detach().clone()
    vocabulary = trim_vocabulary(model, used(), PAD)

    assert train(model, training, vocabulary) == pytest.approx(train(untrimmed, training, None), rel=1e-6)

    with vocabulary.restored(model, decay_of(training)):
        state = {name: weight.clone() for name, weight in model.state_dict().items()}
    expected = untrimmed.state_dict()
    assert state.keys() == expected.keys()
    for name, weight in expected.items():
        torch.testing.assert_close(state[name], weight, rtol=1e-6, atol=1e-8)
    full, unused = vocabulary.restored_weight(model, 1.0), np.setdiff1d(np.arange(SIZE), vocabulary.kept)
    assert torch.equal(full[unused], pretrained[unused])
    undecayed = (full[unused] - word_embeddings(untrimmed).weight[unused]).abs().max()
    assert undecayed > 1e-5, "the comparison above must see weight decay"


# One model is enough


def test_frozen_embeddings_come_back_as_they_were(bert: nn.Module) -> None:
    model = copy.deepcopy(bert)
    pretrained = word_embeddings(model).weight.detach().clone()
    training = TrainingSettings(updates=UPDATES, learning_rate=1e-3, weight_decay=0.1, freeze_word_embeddings=True)
    vocabulary = trim_vocabulary(model, used(), PAD)
    train(model, training, vocabulary)
    assert torch.equal(vocabulary.restored_weight(model, 1.0), pretrained)


def test_a_table_frozen_before_stays_frozen(bert: nn.Module) -> None:
    model = copy.deepcopy(bert)
    word_embeddings(model).weight.requires_grad_(False)
    vocabulary = trim_vocabulary(model, used(), PAD)
    assert not word_embeddings(model).weight.requires_grad
    with vocabulary.restored(model, 1.0):
        assert not word_embeddings(model).weight.requires_grad


def test_embedding_noise_is_the_same_and_measured_before_trimming(bert: nn.Module) -> None:
    model = copy.deepcopy(bert)
    noise = EmbeddingNoise(NoiseSettings(magnitude=0.5), model)
    rows = [Rows((12,) * 5, packed=False)]

    def noised(vocabulary: TrimmedVocabulary | None = None) -> Tensor:
        found: list[Tensor] = []

        def run() -> Outcome:
            found.append(logits(model, windows(0, vocabulary)))
            return Outcome(found[0].sum(), ())

        (term,) = noise.loss_terms(rows, run, 7)
        term(run)
        return found[0]

    expected = noised()
    vocabulary = trim_vocabulary(model, used(), PAD)
    assert torch.equal(noised(vocabulary), expected)
    assert not torch.equal(logits(model, windows(0, vocabulary)), expected)


def test_a_large_padding_id_moves_where_positions_do_not_hang_on_it() -> None:
    size, pad = FIXED_IDS + 50, FIXED_IDS + 40
    model = model_of("modernbert", vocab_size=size, pad_token_id=pad)
    expected = logits(model, windows(0, pad=pad))
    vocabulary = trim_vocabulary(model, used(pad), pad)
    assert vocabulary.pad_token == vocabulary.rows - 1 == word_embeddings(model).padding_idx
    assert model.config.pad_token_id == vocabulary.pad_token
    assert torch.equal(logits(model, windows(0, vocabulary, pad)), expected)
    with vocabulary.restored(model, 1.0):
        assert model.config.pad_token_id == word_embeddings(model).padding_idx == pad


def test_the_padding_id_and_those_before_it_and_the_ids_to_keep_stay(bert: nn.Module) -> None:
    vocabulary = trim_vocabulary(copy.deepcopy(bert), np.array([50]), 3, keep=[7, 100])
    assert vocabulary.kept.tolist() == [0, 1, 2, 3, 7, 50, 100]
    assert vocabulary.pad_token == 3


def checkpoint_of(model: nn.Module, directory: Path) -> Path:
    with quiet_transformers():
        model.save_pretrained(directory)
    return directory


@pytest.mark.parametrize("family", ["xlm-roberta", "bert", "modernbert", "deberta-v2"])
def test_a_restored_model_is_saved_as_if_never_trimmed(family: str, tmp_path: Path) -> None:
    source = checkpoint_of(model_of(family), tmp_path / "source")
    training = TrainingSettings(updates=UPDATES, learning_rate=1e-3, weight_decay=0.1)
    model, untrimmed = load_encoder(source, 0), load_encoder(source, 0)
    vocabulary = trim_vocabulary(model, used(), PAD, checkpoint=source)
    train(model, training, vocabulary)
    train(untrimmed, training, None)
    trained = word_embeddings(model).weight

    with vocabulary.restored(model, decay_of(training)):
        checkpoint_of(model, tmp_path / "target")
        torch.testing.assert_close(logits(model, windows(9)), logits(untrimmed, windows(9)), rtol=1e-5, atol=1e-6)

    checkpoint_of(untrimmed, tmp_path / "expected")
    target, expected = tmp_path / "target", tmp_path / "expected"
    assert (target / "config.json").read_text() == (expected / "config.json").read_text()
    loaded, same = (load_encoder(path, 0, trained_head=True).state_dict() for path in (target, expected))
    assert loaded.keys() == same.keys()
    for name, weight in same.items():
        torch.testing.assert_close(loaded[name], weight, rtol=1e-6, atol=1e-8)
    assert word_embeddings(model).weight is trained, "the optimiser must still find its parameter"
    assert word_embeddings(model).num_embeddings == model.config.vocab_size == vocabulary.rows


def of_the_encoder_alone(file: Path) -> None:
    state = {name.partition(".")[2]: tensor for name, tensor in load_file(file).items() if "qa_outputs" not in name}
    save_file(state, file, {"format": "pt"})


def in_half_precision(file: Path) -> None:
    save_file({name: tensor.half() for name, tensor in load_file(file).items()}, file, {"format": "pt"})


def as_it_is(file: Path) -> None:
    assert file.is_file()


@pytest.mark.parametrize("change", [of_the_encoder_alone, in_half_precision, as_it_is])
def test_cut_rows_are_read_again_from_the_checkpoint(change: Callable[[Path], None], tmp_path: Path) -> None:
    source = checkpoint_of(model_of("xlm-roberta"), tmp_path)
    change(source / "model.safetensors")
    model = load_encoder(source, 0)
    pretrained = word_embeddings(model).weight.detach().clone()
    vocabulary = trim_vocabulary(model, used(), PAD, checkpoint=source)
    assert torch.equal(vocabulary.restored_weight(model, 1.0), pretrained)
    (source / "model.safetensors").unlink()
    with pytest.raises(
        ModelError, match=r"model\.safetensors: held .*word_embeddings when training began.*put it back"
    ):
        vocabulary.restored_weight(model, 1.0)


def test_a_table_that_is_not_the_checkpoints_is_kept_in_memory(tmp_path: Path) -> None:
    source = checkpoint_of(model_of("bert"), tmp_path)
    model = load_encoder(source, 0)
    with torch.no_grad():
        word_embeddings(model).weight += 1  # as if tokens were added after loading
    pretrained = word_embeddings(model).weight.detach().clone()
    vocabulary = trim_vocabulary(model, used(), PAD, checkpoint=source)
    assert torch.equal(vocabulary.restored_weight(model, 1.0), pretrained)


@pytest.mark.parametrize(
    ("family", "options", "reason"),
    [
        ("albert", {"embedding_size": 8}, "factorised (width 8, hidden size 16)"),
        ("electra", {"embedding_size": 8}, "factorised (width 8, hidden size 16)"),
        ("canine", {}, "plain table of word embeddings (found: none)"),
        ("squeezebert", {"q_groups": 1, "k_groups": 1}, "other parts of a squeezebert model may use token ids"),
        ("mt5", {"d_model": 16, "d_kv": 8, "d_ff": 32, "num_layers": 1, "num_heads": 2}, "it has a decoder"),
        (
            "xlm-roberta",
            {"vocab_size": 1100, "pad_token_id": 1090, "max_position_embeddings": 1200},
            "counts positions from its padding id 1090",
        ),
    ],
)
def test_a_model_that_cannot_be_trimmed_says_why(family: str, options: dict[str, Any], reason: str) -> None:
    model = model_of(family, **options)
    assert reason in (can_trim(model) or "nothing")
    with pytest.raises(ModelError) as refused:
        trim_vocabulary(model, np.array([5]), PAD)
    assert reason in str(refused.value) and "train it untrimmed" in str(refused.value)


def test_tied_output_embeddings_are_refused(bert: nn.Module) -> None:
    model = copy.deepcopy(bert)
    model.decoder = nn.Linear(16, SIZE, bias=False)
    model.decoder.weight = word_embeddings(model).weight
    assert "shared (bert.embeddings.word_embeddings.weight, decoder.weight)" in (can_trim(model) or "")


@pytest.mark.parametrize("wrong", [SIZE, -1])
def test_an_id_beyond_the_table_is_refused_before_anything_changes(bert: nn.Module, wrong: int) -> None:
    model = copy.deepcopy(bert)
    for arguments in ((np.array([wrong]), PAD), (np.array([5]), wrong)):
        with pytest.raises(ModelError, match=rf"token id {wrong} has no word embedding: the model has {SIZE}"):
            trim_vocabulary(model, *arguments)
    assert can_trim(model) is None and word_embeddings(model).num_embeddings == SIZE


@pytest.mark.parametrize("lost", [11, SIZE, -1])
def test_encoding_a_lost_id_is_an_error(bert: nn.Module, lost: int) -> None:
    vocabulary = trim_vocabulary(copy.deepcopy(bert), np.array([10, 12]), PAD, keep=[SIZE - 1])
    with pytest.raises(DataError, match=rf"token id {lost}: not among the 5 of {SIZE} rows"):
        vocabulary.encode(np.array([[10, 12], [lost, 10]]))


def test_the_fingerprint_tells_vocabularies_apart(bert: nn.Module) -> None:
    one, same, other = (
        trim_vocabulary(copy.deepcopy(bert), np.array(ids), PAD).fingerprint for ids in ([9], [9, 9], [9, 8])
    )
    assert one == same != other


@settings(max_examples=50, deadline=None)
@given(
    ids=st.lists(st.integers(0, SIZE - 1), max_size=60),
    pad=st.integers(0, SIZE - 1),
    decay=st.floats(0.5, 1.0),
)
def test_encode_and_restore_undo_each_other(bert: nn.Module, ids: list[int], pad: int, decay: float) -> None:
    model = copy.deepcopy(bert)
    pretrained = word_embeddings(model).weight.detach().clone()
    array = np.array(ids, np.int32)
    vocabulary = trim_vocabulary(model, np.unique(array), pad)
    encoded = vocabulary.encode(array)
    assert encoded.dtype == array.dtype and np.array_equal(vocabulary.kept[encoded], array)
    assert vocabulary.kept[vocabulary.pad_token] == pad
    assert torch.equal(word_embeddings(model).weight[encoded.astype(np.int64)], pretrained[array.astype(np.int64)])

    with torch.no_grad():
        word_embeddings(model).weight += 1
    full = vocabulary.restored_weight(model, decay)
    unused = np.setdiff1d(np.arange(SIZE), vocabulary.kept)
    assert torch.equal(full[vocabulary.kept], pretrained[vocabulary.kept] + 1)
    assert torch.equal(full[unused], pretrained[unused] * decay)
