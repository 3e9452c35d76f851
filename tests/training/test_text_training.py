"""Training text-to-text models: token weights, FAQ pairs, augmentation, errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from robust_families import FAMILIES, Family
from tiny_text_to_text import write_byte_to_byte
from transformers import AutoModelForSeq2SeqLM

from xlingual.errors import ModelError
from xlingual.families import Checkpoint
from xlingual.families.pass_limits import PassLimits
from xlingual.models.encoder import load_tokenizer
from xlingual.preparation.family_check import check_families
from xlingual.preparation.faq_sources import GenerationPairs
from xlingual.preparation.inputs import load_study_data, locate, resolve_models, trial_inputs
from xlingual.study import load_study, possible_mixtures
from xlingual.study.recipes import GenerationSettings
from xlingual.tokens.sequences import Sequences
from xlingual.training.alteration import Alteration
from xlingual.training.execution import Execution
from xlingual.training.model import TrainedModel
from xlingual.training.objectives.objective import ItemRef
from xlingual.training.order import tokens_of, training_order
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker


@pytest.fixture
def family(family_named: Callable[[str], Family]) -> Family:
    return family_named("text_to_text")


def ids(place: ItemRef, *, target: bool = False) -> list[int]:
    source, i = place
    assert isinstance(source, Sequences)
    pointers, tokens = (source.target_pointers, source.target_ids) if target else (source.pointers, source.input_ids)
    return list(map(int, tokens[pointers[i] : pointers[i + 1]]))


def losses_of_tokens(family: Family, place: ItemRef) -> torch.Tensor:
    """Losses from plain `transformers`, (target tokens,)."""
    model = AutoModelForSeq2SeqLM.from_pretrained(family.checkpoint).eval()
    labels = torch.tensor([ids(place, target=True)])
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([ids(place)]), labels=labels).logits
    return torch.nn.functional.cross_entropy(logits[0], labels[0], reduction="none")


@pytest.mark.parametrize("recipe", [None, "passage", "generation"])
@pytest.mark.parametrize("tokens", [None, 60])
def test_a_kinds_tokens_weigh_as_much_together_as_it_has_examples(
    recipe: str | None, tokens: int | None, family: Family
) -> None:
    """The means over the tokens of English and of FAQ examples, by hand."""
    configuration = family.configuration(recipe=recipe, micro_batch_tokens=tokens, micro_batch_size=3)
    model, updater = family.started(configuration)
    model.plain.eval()  # no dropout
    found = float(updater.update(0))
    order = training_order(configuration, family.inputs.train, family.inputs.of_mixture(configuration.mixture))
    places = [place for micro in order.micro_batches(0) for place in micro.places]
    by_kind: dict[bool, list[torch.Tensor]] = {}
    for place in places:
        by_kind.setdefault(place[0] is not family.inputs.train, []).append(losses_of_tokens(family, place))
    assert set(by_kind) == ({False} if recipe is None else {False, True}) and len(places) == 8
    shares = {kind: len(losses) / 8 for kind, losses in by_kind.items()}
    expected = sum(shares[kind] * float(torch.cat(losses).mean()) for kind, losses in by_kind.items())
    assert found == pytest.approx(expected, rel=1e-4)
    assert updater.take_losses() == {"text": pytest.approx(found)}
    if recipe:
        lengths = {kind: sum(map(len, losses)) / len(losses) for kind, losses in by_kind.items()}
        assert lengths[True] > lengths[False]  # otherwise the weights would hardly matter


def test_tokens_that_are_written_count_in_a_pass(family: Family) -> None:
    configuration = family.configuration(recipe="generation", micro_batch_tokens=40, micro_batch_size=8)
    order = training_order(configuration, family.inputs.train, family.inputs.of_mixture(configuration.mixture))
    (places, _) = (micro.places for micro in order.micro_batches(0))
    for part in order.passes(places, PassLimits(1024)):
        assert len(part) == 1 or len(part) * max(map(tokens_of, part)) <= 40
        assert all(tokens_of(place) == len(ids(place)) + len(ids(place, target=True)) for place in part)


@pytest.mark.parametrize("direction", ["question_to_answer", "answer_to_question"])
@pytest.mark.parametrize("pairs", ["matched", "shuffled"])
def test_pairs_become_texts_to_read_and_to_write(direction: str, pairs: str, family: Family, tmp_path: Path) -> None:
    arm = f"{{recipe: {{generation: {{direction: {direction}}}}}, pairs: {pairs}, faq_share: 0.5, temperature: 1}}"
    study = load_study(family.checkpoint.parent / "study.yaml", [f"arms.generation.mixture={arm}"])
    data = load_study_data(study, locate(study, tmp_path), tmp_path / "rows")
    variant = direction if pairs == "matched" else f"{direction}-shuffled"
    made = data.faq.training[variant]["de"]
    assert isinstance(made, GenerationPairs)
    rows = [(row.question, row.answer) for host in made.rows for row in host]
    texts = list(made.texts)
    prompt = {"question_to_answer": "answer question: ", "answer_to_question": "ask question: "}[direction]
    assert len(texts) == 60 and all(read.startswith(prompt) for read, _ in texts)
    halves = [(read.removeprefix(prompt), written) for read, written in texts]
    if direction == "answer_to_question":
        halves = [(written, read) for read, written in halves]
    assert halves == rows if pairs == "matched" else len(set(halves) & set(rows)) < 30
    for half in (0, 1):
        assert sorted(one[half] for one in halves) == sorted(row[half] for row in rows)
    assert made.fingerprint != replace(made, shuffled=not made.shuffled).fingerprint
    other = "answer_to_question" if direction == "question_to_answer" else "question_to_answer"
    assert made.fingerprint != replace(made, settings=GenerationSettings(direction=other)).fingerprint
    inputs, stored = (
        trial_inputs(Checkpoint.at(family.checkpoint), study, data, folder) for folder in (None, tmp_path / "kept")
    )
    for one in (inputs, stored):
        sequences: Any = one.faq[variant]["de"]
        assert len(sequences) == 60 and sequences.lengths.max() <= 48 and sequences.target_lengths.max() <= 12
        assert np.array_equal(sequences.input_ids, inputs.faq[variant]["de"].input_ids)
    assert f"faq, {variant}: 120 texts of" in " ".join(inputs.summary())


def test_a_model_gets_what_its_own_arms_draw_from(family: Family, tmp_path: Path) -> None:
    """An encoder in a study with a text-to-text model gets no target texts."""
    encoder = FAMILIES["encoder"](tmp_path / "encoder")
    arms = [f"arms.{name}.model={encoder.checkpoint}" for name in ("contrastive", "words")]
    study = load_study(family.checkpoint.parent / "study.yaml", arms)
    data = load_study_data(study, locate(study, tmp_path), tmp_path / "rows")
    drawn = {arm: {one.mixture.variant for one in possible_mixtures(study, arm)} for arm in study.arms}
    assert set(trial_inputs(Checkpoint.at(encoder.checkpoint), study, data).faq) == drawn["contrastive"] == {"pairs"}
    others = trial_inputs(Checkpoint.at(family.checkpoint), study, data).faq
    assert set(others) == drawn["passage"] | drawn["generation"]


@pytest.mark.parametrize(
    ("model", "recipe", "message"),
    [
        ("text_to_text", "masked_language_model", "cannot be trained with masked_language_model, which fills masked"),
        ("encoder", "generation", "cannot be trained with generation, which teaches a model to write text"),
        ("bytes", "contrastive", "cannot be trained with contrastive, which reads pairs as a fast tokenizer"),
    ],
)
def test_a_recipe_that_a_family_does_not_serve_is_refused(
    model: str, recipe: str, message: str, tmp_path: Path
) -> None:
    made = FAMILIES["encoder" if model == "encoder" else "text_to_text"](tmp_path)
    mixture = (
        f"{{recipe: {{choice: {{one: {{passage: {{}}}}, two: {{{recipe}: {{}}}}}}}}, faq_share: 0.5, temperature: 1}}"
    )
    overrides = [f"arms.passage.mixture={mixture}"]
    if model == "bytes":
        overrides.append(f"arms.passage.model={write_byte_to_byte(tmp_path / 'bytes')}")
    path = tmp_path / "study.yaml"
    study, locations = load_study(path), locate(load_study(path), tmp_path)
    check_families(study, locations, resolve_models(locations))
    study = load_study(path, overrides)
    locations = locate(study, tmp_path)
    with pytest.raises(ModelError, match=r"^arms\.passage\.mixture\.recipe: model .*") as refusal:
        check_families(study, locations, resolve_models(locations))
    assert message in str(refusal.value) and "; write recipe: passage" in str(refusal.value)
    assert made.recipes and "\n" not in str(refusal.value)


def test_drawn_segmentations_of_bytes_are_refused(family: Family, tmp_path: Path) -> None:
    model = write_byte_to_byte(tmp_path / "bytes")
    study = load_study(family.checkpoint.parent / "study.yaml", [f"arms.words.model={model}"])
    data = load_study_data(study, locate(study, tmp_path), tmp_path / "rows")
    with pytest.raises(ModelError, match="has a ByT5 tokenizer: each byte is one token; delete subword_sampling"):
        trial_inputs(Checkpoint.at(model), study, data)


@pytest.mark.parametrize("method", ["word_substitution", "code_switch", "subword_sampling"])
def test_rewritten_inputs_follow_from_the_seed_and_keep_the_target(method: str, family: Family) -> None:
    configuration = family.configuration({method: {"rate": 0.6}})
    train: Any = family.inputs.train
    assert configuration.robust is not None
    tokenizer = load_tokenizer(family.checkpoint)
    drawn = [(i, 0) for i in range(30)]
    places = Alteration(configuration.robust, 3, train).places(drawn)
    again = [Alteration(configuration.robust, 3, train).places([one])[0] for one in reversed(drawn)]
    other = Alteration(configuration.robust, 4, train).places(drawn)
    assert [ids(place) for place in places] == [ids(place) for place in reversed(again)]
    assert [ids(place) for place in places] != [ids(place) for place in other]
    changed = 0
    for (i, _), place in zip(drawn, places, strict=True):
        plain, answer = ids((train, i)), train.texts[i].answers[0]
        assert ids(place, target=True) == ids((train, i), target=True)
        text = tokenizer.decode(ids(place), skip_special_tokens=True)
        assert text.startswith("question: ") and "context: " in text and answer in text.split("context: ")[1]
        changed += ids(place) != plain
        if method == "subword_sampling":
            assert text == tokenizer.decode(plain, skip_special_tokens=True)
    assert changed > 20


def test_an_input_whose_rewritten_answer_would_be_cut_off_stays(family: Family) -> None:
    """Contexts that nearly fill an input: other segmentations have more tokens and truncate the answer."""
    train: Any = family.inputs.train
    cutter = replace(train.cutter.cutter, max_input_tokens=int(train.lengths.max()) + 4)
    tight = replace(train, cutter=replace(train.cutter, cutter=cutter))
    robust = family.configuration({"subword_sampling": {"rate": 0.1, "alpha": 0.0}}).robust
    assert robust is not None
    places = Alteration(robust, 0, tight).places([(i, 0) for i in range(40)])
    stayed = [place for place in places if place[0] is tight]
    assert 0 < len(stayed) < 40
    assert [i for i, place in enumerate(places) if place[0] is tight] == [place[1] for place in stayed]
    assert all(len(ids(place)) <= cutter.max_input_tokens for place in places)


def test_activation_checkpointing_changes_no_number(family: Family) -> None:
    """With dropout; every block of encoder and decoder is run forward again in the backward pass."""
    configuration = family.configuration({"embedding_noise": {"magnitude": 0.1}})
    losses, calls = [], []
    for checkpointing in (False, True):
        worker, execution = SoloWorker(), Execution(activation_checkpointing=checkpointing)
        order = training_order(configuration, family.inputs.train, {})
        model = TrainedModel(configuration, family.inputs, Checkpoint.at(family.checkpoint), worker, execution)
        seen = Counter[str]()
        for block in (*model.plain.encoder.block, *model.plain.decoder.block):  # type: ignore[union-attr, misc]
            block.layer[0].SelfAttention.q.register_forward_hook(lambda *_, seen=seen: seen.update(["forward"]))
        updater = Updater(configuration, order, model, worker)
        losses.append([float(updater.update(number)) for number in range(2)])
        calls.append(seen.total())
    assert losses[1] == losses[0]
    assert calls[1] == 2 * calls[0]


def test_a_contrastive_stage_trains_the_encoder_alone(family: Family) -> None:
    configuration = family.configuration(recipe="contrastive", weight_decay=0.5)
    assert configuration.mixture is not None
    mixture = configuration.mixture.model_copy(update={"schedule": "then"})
    model, updater = family.started(configuration.model_copy(update={"mixture": mixture}))
    encoder = {id(parameter) for parameter in model.plain.get_encoder().parameters()}  # type: ignore[operator]
    moved = []
    for number in range(4):
        before = {name: value.detach().clone() for name, value in model.plain.named_parameters()}
        updater.update(number)
        after = dict(model.plain.named_parameters())
        moved.append({id(after[name]) in encoder for name in before if not torch.equal(before[name], after[name])})
    assert moved == [{True}, {True}, {True, False}, {True, False}]
