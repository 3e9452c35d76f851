from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny_task import questions
from tiny_text_to_text import write_text_to_text
from torch import Tensor, nn
from transformers import AutoModelForSeq2SeqLM, GenerationConfig, UMT5Config, UMT5ForConditionalGeneration

from xlingual.errors import ModelError
from xlingual.families import EXTRACTIVE, TEXT_TO_TEXT, Family, ScoringSet, family_of
from xlingual.families.batches import Batch
from xlingual.families.text_to_text.generation import written_tokens
from xlingual.models.encoder import quiet_transformers
from xlingual.models.text_to_text import Detokenizer
from xlingual.models.vocabulary import can_trim
from xlingual.study import StudyLengths, TextToTextSettings
from xlingual.tasks import merge

CPU = torch.device("cpu")
LENGTHS = TextToTextSettings(max_input_tokens=100, max_target_tokens=8, max_answer_tokens=6)


@pytest.fixture(scope="module")
def taught(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint after a few updates, so that answers differ and some are terminated."""
    family = family_of(checkpoint)
    model = family.load(checkpoint, 0).eval()
    made = family.inputs(family.tokenizer(checkpoint), questions(20), LENGTHS, targets=True)
    batch = family.batcher(model, 0, CPU)([(made, i) for i in range(20)])
    targets = family.targets([(made, i) for i in range(20)], CPU)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(20):
        (family.outcome(model, batch, targets, nullcontext).loss / 20).backward()
        optimizer.step()
        optimizer.zero_grad()
    directory = tmp_path_factory.mktemp("taught") / "model"
    shutil.copytree(checkpoint, directory)
    with quiet_transformers():
        model.save_pretrained(directory)
    return directory


def loaded(directory: Path) -> tuple[Family, nn.Module]:
    family = family_of(directory)
    return family, family.load(directory, 0).eval()


shared_model = cache(loaded)
"""Like `loaded`, for tests that leave the model as it is."""


def asked(family: Family, directory: Path, count: int = 12, first: int = 0) -> ScoringSet:
    examples = tuple(
        replace(one, context=one.context if n % 3 else f"{one.context} {one.context}")
        for n, one in enumerate(questions(count, first))
    )
    return ScoringSet(examples, family.inputs(family.tokenizer(directory), examples, LENGTHS, targets=False))


def plain_pass(family: Family, model: nn.Module, directory: Path, count: int = 7) -> tuple[Batch, dict[str, Tensor]]:
    """Examples with targets of different lengths."""
    examples = [
        replace(one, answers=(one.context[: 3 + 4 * (n % 4)],), answer_starts=(0,))
        for n, one in enumerate(questions(count))
    ]
    made = family.inputs(family.tokenizer(directory), examples, LENGTHS, targets=True)
    places = [(made, i) for i in range(len(made))]
    assert len(made) == count and len(set(made.target_lengths.tolist())) > 1
    return family.batcher(model, 0, CPU)(places), family.targets(places, CPU)


def test_a_family_is_chosen_by_the_configuration(mt5: Path, tiny_checkpoint: Path, tmp_path: Path) -> None:
    assert family_of(mt5) is TEXT_TO_TEXT and family_of(tiny_checkpoint) is EXTRACTIVE
    shutil.copy(mt5 / "config.json", tmp_path)
    content = json.loads((tmp_path / "config.json").read_text())
    for changes, expected in (
        ({"model_type": "umt5", "architectures": None}, TEXT_TO_TEXT),
        ({"model_type": "t5", "architectures": ["T5ForConditionalGeneration"]}, TEXT_TO_TEXT),
        ({"architectures": ["MT5EncoderModel"]}, TEXT_TO_TEXT),  # says that the decoder is missing
        ({"architectures": ["MT5ForQuestionAnswering"]}, EXTRACTIVE),
        ({"model_type": "bart"}, EXTRACTIVE),
    ):
        (tmp_path / "config.json").write_text(json.dumps(content | changes))
        assert family_of(tmp_path) is expected, changes
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(ModelError, match=r"config\.json holds no JSON object"):
        family_of(tmp_path)


def test_lengths_that_a_study_leaves_open_are_the_familys(checkpoint: Path) -> None:
    byte = "byt5" in str(checkpoint)
    said = TextToTextSettings(max_target_tokens=99)
    traits = family_of(checkpoint).traits(checkpoint, StudyLengths(text_to_text=said))
    expected = (4096, 99, 512) if byte else (1024, 99, 64)
    assert tuple(traits.lengths.model_dump().values()) == expected
    assert (traits.optimizer, traits.decay, traits.weight_decay) == ("adafactor", "constant", 0.0)


def test_the_plain_loss_is_that_of_transformers(checkpoint: Path) -> None:
    family, model = shared_model(checkpoint)
    batch, targets = plain_pass(family, model, checkpoint)
    outcome = family.outcome(model, batch, targets, nullcontext)
    theirs = model(**batch.inputs, labels=targets["labels"]).loss
    torch.testing.assert_close(outcome.loss / 7, theirs)
    tokens = int((targets["labels"] != -100).sum())
    assert outcome.logits[0].shape == (tokens, model.config.vocab_size)
    assert outcome.weights is not None
    torch.testing.assert_close(outcome.weights, torch.full((tokens,), 7 / tokens))


def test_the_loss_weighs_the_tokens_of_each_row(checkpoint: Path) -> None:
    family, model = shared_model(checkpoint)
    batch, targets = plain_pass(family, model, checkpoint)
    weights = torch.arange(7) / 4
    outcome = family.outcome(model, batch, targets | {"weights": weights}, nullcontext)
    expected = torch.zeros(())
    logits = model(**batch.inputs, labels=targets["labels"]).logits
    for row, labels, weight in zip(logits, targets["labels"], weights, strict=True):
        length = int((labels != -100).sum())
        expected = expected + weight * nn.functional.cross_entropy(row[:length], labels[:length], reduction="sum")
    torch.testing.assert_close(outcome.loss, expected)
    lengths = (targets["labels"] != -100).sum(1)
    assert outcome.weights is not None and torch.equal(outcome.weights, weights.repeat_interleave(lengths))


def test_padding_and_neighbours_change_no_loss(checkpoint: Path) -> None:
    family, model = shared_model(checkpoint)
    question_set = asked(family, checkpoint)
    made = family.inputs(family.tokenizer(checkpoint), question_set.examples, LENGTHS, targets=True)
    batcher = family.batcher(model, 0, CPU)

    def loss(rows: list[int]) -> Tensor:
        places = [(made, i) for i in rows]
        targets = family.targets(places, CPU) | {"weights": torch.ones(len(rows))}
        return family.outcome(model, batcher(places), targets, nullcontext).loss

    torch.testing.assert_close(loss(list(range(12))), torch.stack([loss([i]) for i in range(12)]).sum())


def test_answers_are_those_of_plain_transformers(taught: Path) -> None:
    family, model = shared_model(taught)
    tokenizer, part = family.tokenizer(taught), asked(family, taught)
    with quiet_transformers():
        theirs: Any = AutoModelForSeq2SeqLM.from_pretrained(taught).eval()
    found = family.answers(model, {"en": part}, family.batcher(model, 0, CPU), LENGTHS)["en"]
    assert list(found) == list(range(12)) and len({answers[0].text for answers in found.values()}) > 2
    ended = set()
    for index, (answer,) in found.items():
        text = f"question: {part.examples[index].question} context: {part.examples[index].context}"
        inputs = tokenizer(text, truncation=True, max_length=100, return_tensors="pt")
        asked_as = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        written = theirs.generate(**asked_as, max_new_tokens=6, num_beams=1, do_sample=False)[0]
        assert tokenizer.decode(written, skip_special_tokens=True).strip() == answer.text
        ended.add(int(written[-1]) == 1)
        with torch.no_grad():
            logs = theirs(**asked_as, decoder_input_ids=written[None, :-1]).logits[0].log_softmax(-1)
        score = logs.gather(1, written[1:, None]).sum()
        assert answer.score == pytest.approx(float(score), abs=1e-4)
    assert True in ended


def test_workers_together_find_what_one_finds(taught: Path) -> None:
    family, model = shared_model(taught)
    batcher = family.batcher(model, 0, CPU)
    sets = {"en": asked(family, taught), "de": asked(family, taught, 9, 30)}
    batches = tokens_per_pass(batcher, 200)
    whole = family.answers(model, sets, batches, LENGTHS)
    parts = [family.answers(model, sets, batches, LENGTHS, share=(rank, 2)) for rank in range(2)]
    assert all(0 < sum(map(len, part.values())) < 21 for part in parts)
    assert {key: merge([part[key] for part in parts]) for key in sets} == whole


def test_other_batches_give_the_same_answers(taught: Path) -> None:
    family, model = shared_model(taught)
    batcher, part = family.batcher(model, 0, CPU), asked(family, taught)
    alone = family.answers(model, {"en": part}, tokens_per_pass(batcher, 1), LENGTHS)["en"]
    together = family.answers(model, {"en": part}, tokens_per_pass(batcher, 5000), LENGTHS)["en"]
    assert {i: found[0].text for i, found in alone.items()} == {i: found[0].text for i, found in together.items()}
    for index, (answer,) in alone.items():
        assert together[index][0].score == pytest.approx(answer.score, abs=1e-4)


def tokens_per_pass(batcher: Any, tokens: int) -> Any:
    class OfTokens:
        def __call__(self, places: Any) -> Batch:
            return batcher(places)

    OfTokens.tokens_per_pass = tokens
    return OfTokens()


def test_the_checkpoints_own_generation_settings_rest_and_come_back(mt5: Path) -> None:
    family, model = loaded(mt5)
    batcher, part = family.batcher(model, 0, CPU), asked(family, mt5, 4)
    expected = family.answers(model, {"en": part}, batcher, LENGTHS)
    settings = GenerationConfig(
        num_beams=3, do_sample=True, forced_eos_token_id=5, min_new_tokens=4, max_length=3, decoder_start_token_id=0
    )
    model.generation_config = settings
    model.train()
    assert family.answers(model, {"en": part}, batcher, LENGTHS) == expected
    assert model.generation_config is settings and model.training


def test_no_question_has_no_answers(mt5: Path) -> None:
    family, model = shared_model(mt5)
    part = asked(family, mt5, 0)
    assert family.answers(model, {"en": part}, family.batcher(model, 0, CPU), LENGTHS) == {"en": {}}
    assert family.answers(model, {}, family.batcher(model, 0, CPU), LENGTHS) == {}


def test_an_answer_ends_or_is_as_long_as_it_may_be(taught: Path, checkpoint: Path) -> None:
    lengths = set()
    for directory in (taught, checkpoint):
        family, model = shared_model(directory)
        part = asked(family, directory)
        batch = family.batcher(model, 0, CPU)([(part.inputs, i) for i in range(12)])
        with torch.no_grad():
            (short, _), (long, scores) = (written_tokens(model, batch, most) for most in (2, 6))
        assert short == [row[:2] for row in long] and len(scores) == 12 and max(scores) < 0
        assert all(1 not in row[:-1] and (row[-1] == 1 or len(row) == 6) for row in long)
        lengths |= {len(row) for row in long}
    assert 6 in lengths and len(lengths) > 1


def test_a_model_is_loaded_whole_in_float32_and_training(checkpoint: Path) -> None:
    model = family_of(checkpoint).load(checkpoint, 3)
    assert model.training and {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    encoder: Any = model.encoder
    assert encoder.embed_tokens.weight is model.shared.weight
    assert encoder.embed_tokens is not model.decoder.embed_tokens
    assert (model.lm_head.weight is model.shared.weight) == ("byt5" in str(checkpoint))


def test_loading_leaves_the_random_numbers_alone(mt5: Path) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    family_of(mt5).load(mt5, 3)
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("own_head", [True, False])
def test_the_head_of_a_umt5_is_scaled_only_where_it_is_its_word_embeddings(
    mt5: Path, tmp_path: Path, own_head: bool
) -> None:
    """`transformers` 5 scales it always; google/umt5-small has a head of its own."""
    shutil.copytree(mt5, tmp_path / "umt5")
    sizes = json.loads((mt5 / "config.json").read_text())
    names = ("vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads", "decoder_start_token_id")
    torch.manual_seed(0)
    made: Any = UMT5ForConditionalGeneration(UMT5Config(**{name: sizes[name] for name in names})).eval()
    if own_head:
        made.lm_head.weight = nn.Parameter(torch.randn_like(made.lm_head.weight))
    with quiet_transformers():
        made.save_pretrained(tmp_path / "umt5")
    family, model = loaded(tmp_path / "umt5")
    inputs = torch.arange(3, 12)[None]
    hidden = model(input_ids=inputs, decoder_input_ids=inputs, output_hidden_states=True).decoder_hidden_states[-1]
    logits = model(input_ids=inputs, decoder_input_ids=inputs).logits
    scale = 1.0 if own_head else sizes["d_model"] ** -0.5
    torch.testing.assert_close(logits, scale * hidden @ model.lm_head.weight.T)
    with quiet_transformers():
        model.save_pretrained(tmp_path / "umt5")
    _, again = loaded(tmp_path / "umt5")
    assert torch.equal(again(input_ids=inputs, decoder_input_ids=inputs).logits, logits)
    assert len(family.answers(again, {"en": asked(family, mt5, 3)}, family.batcher(again, 0, CPU), LENGTHS)["en"]) == 3


def test_an_export_loads_in_transformers_as_it_was(taught: Path, checkpoint: Path) -> None:
    _, model = shared_model(taught)
    with quiet_transformers():
        theirs: Any = AutoModelForSeq2SeqLM.from_pretrained(taught).eval()
    inputs = torch.arange(3, 12)[None]
    ours = model(input_ids=inputs, decoder_input_ids=inputs).logits
    assert torch.equal(theirs(input_ids=inputs, decoder_input_ids=inputs).logits, ours)


def test_inputs_too_short_for_the_prompt_are_refused_and_long_ones_are_not(checkpoint: Path) -> None:
    family = family_of(checkpoint)
    byte = "byt5" in str(checkpoint)
    with pytest.raises(ModelError, match=rf"leaves no room .* write {23 if byte else 5} or more"):
        family.check(checkpoint, LENGTHS.model_copy(update={"max_input_tokens": 4}))
    family.check(checkpoint, LENGTHS.model_copy(update={"max_input_tokens": 23}))
    family.check(checkpoint, LENGTHS.model_copy(update={"max_input_tokens": 100_000}))


def test_stored_inputs_are_those_that_are_made(checkpoint: Path, tmp_path: Path) -> None:
    family = family_of(checkpoint)
    tokenizer = family.tokenizer(checkpoint)

    class Examples:
        examples, fingerprint = questions(10), "ten"

    for targets in (True, False):
        made = family.inputs(tokenizer, questions(10), LENGTHS, targets=targets)
        kept = family.stored_inputs(tmp_path, tokenizer, "t", Examples(), LENGTHS, targets=targets)
        assert kept.input_ids.tolist() == made.input_ids.tolist()
        assert kept.target_ids.tolist() == made.target_ids.tolist()
        assert bool(len(made.target_ids)) == targets


def test_a_text_to_text_models_vocabulary_is_whole(checkpoint: Path) -> None:
    assert "has a decoder" in str(can_trim(family_of(checkpoint).load(checkpoint, 0)))


def test_a_batch_has_no_token_types(checkpoint: Path) -> None:
    family, model = shared_model(checkpoint)
    part = asked(family, checkpoint, 4)
    batch = family.batcher(model, 0, CPU, packs=True)([(part.inputs, i) for i in range(4)])
    assert set(batch.inputs) == {"input_ids", "attention_mask"} and not batch.packed
    assert family.batcher(model, 0, CPU).tokens_per_pass == 4096
    assert batch.tokens == int(batch.inputs["attention_mask"].sum()) < batch.padded_tokens


def test_bf16_autocast_answers_and_learns(mt5: Path) -> None:
    family, model = shared_model(mt5)

    def autocast() -> Any:
        return torch.autocast("cpu", dtype=torch.bfloat16)

    batch, targets = plain_pass(family, model, mt5)
    outcome = family.outcome(model, batch, targets, autocast)
    assert outcome.loss.dtype == outcome.logits[0].dtype == torch.float32
    plain = family.outcome(model, batch, targets, nullcontext).loss
    assert outcome.loss.item() != plain.item() and outcome.loss.item() == pytest.approx(plain.item(), rel=0.05)
    found = family.answers(
        model, {"en": asked(family, mt5, 3)}, family.batcher(model, 0, CPU), LENGTHS, autocast=autocast
    )
    assert len(found["en"]) == 3


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(0)
    yield


@pytest.mark.parametrize("special", [True, False])
def test_sentinels_are_left_out_of_texts_whether_they_are_special_tokens_or_plain_pieces(
    special: bool, tmp_path: Path
) -> None:
    directory = write_text_to_text(tmp_path / "model", sentinels=0 if special else 3)
    if special:
        tokenizer = family_of(directory).tokenizer(directory)
        tokenizer.add_special_tokens({"additional_special_tokens": [f"<extra_id_{n}>" for n in range(3)]})
        tokenizer.save_pretrained(directory)
    text = Detokenizer(directory)
    vocabulary = family_of(directory).tokenizer(directory).get_vocab()
    house, red, one, two = (
        next(number for token, number in vocabulary.items() if token.endswith(end))
        for end in ("▁house", "▁red", "<extra_id_0>", "<extra_id_2>")
    )
    assert text([[one, house, two, red, 1], [house, 1]]) == ["house red", "house"]
    assert text.with_sentinels([[one, house, two, red, 1], [house, 1]]) == [True, False]
