from __future__ import annotations

import json
import pickle
import random
from pathlib import Path

import pydantic
import pytest

from xlingual.errors import RecordError
from xlingual.study import (
    FamilyDefaults,
    LogUniform,
    PassageSettings,
    Recipe,
    TextToTextSettings,
    TrialConfiguration,
    Uniform,
    arm_space,
    build_configuration,
    possible_mixtures,
    variant,
)

GOLDEN = Path(__file__).parent / "golden_configuration.json"
PASSAGES = variant(Recipe(passage=PassageSettings()), "matched")
SOURCES = {"model": "m" * 16, "train": "t" * 16, "dev": "d" * 16, PASSAGES: "f" * 16}


class AnySource(dict):
    """Sources with every variant, all with the same content: only configurations differ."""

    def __missing__(self, name):
        return "f" * 16


TRAINING = {
    "updates": 500,
    "batch_size": 32,
    "micro_batch_size": 16,
    "learning_rate": 3e-5,
    "warmup_share": 0.1,
    "weight_decay": 0.01,
    "clip_norm": 1.0,
    "freeze_word_embeddings": False,
    "precision": "auto",
    "reports": 5,
}
MIXTURE = {"faq_share": 0.25, "weights": {"de": 0.5, "es": 0.25, "ru": 0.25}}
NOISE = {"embedding_noise": {"distribution": "gaussian", "magnitude": 0.1}}


@pytest.fixture
def build(load, study_text):
    """Build the configuration of a drawn tree; the study is the usual one unless replacements are given."""

    def build_one(training=None, mixture=MIXTURE, robust=NOISE, seed=0, sources=SOURCES, arm="webfaq", replacements=()):
        tree = {"training": {**TRAINING, **(training or {})}, "mixture": mixture, "robust": robust}
        return build_configuration(load(study_text, *replacements), arm, tree, seed, sources)

    return build_one


def test_the_fingerprint_does_not_move(build):
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    configuration = build()
    assert configuration.canonical() == golden["canonical"]
    assert configuration.fingerprint == golden["fingerprint"]


def test_a_configuration_survives_json_and_pickling(build):
    configuration = build()
    again = TrialConfiguration.model_validate(json.loads(json.dumps(configuration.canonical())))
    assert again == configuration
    assert again.fingerprint == configuration.fingerprint
    assert pickle.loads(pickle.dumps(configuration)).fingerprint == configuration.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"training": {"learning_rate": 4e-5}},
        {"training": {"updates": 501}},
        {"training": {"micro_batch_size": 8}},
        {"training": {"freeze_word_embeddings": True}},
        {"training": {"precision": "fp32"}},
        {"mixture": {**MIXTURE, "faq_share": 0.26}},
        {"mixture": {**MIXTURE, "weights": {"de": 0.25, "es": 0.5, "ru": 0.25}}},
        {"mixture": None},
        {"robust": None},
        {"robust": {"embedding_noise": {"distribution": "uniform", "magnitude": 0.1}}},
        {"seed": 1},
        {"sources": {**SOURCES, "model": "n" * 16}},
        {"sources": {**SOURCES, "train": "n" * 16}},
        {"sources": {**SOURCES, "dev": "n" * 16}},
        {"sources": {**SOURCES, PASSAGES: "n" * 16}},
        {"mixture": {**MIXTURE, "schedule": "then"}},
        {"mixture": {**MIXTURE, "recipe": {"passage": {"span": "answer"}}}, "sources": AnySource(SOURCES)},
        {"mixture": {**MIXTURE, "recipe": {"contrastive": {}}}, "sources": AnySource(SOURCES)},
        {"mixture": {"faq_share": 0.25, "temperature": 0.3}},
        {"replacements": [("trials_per_arm: 8", "trials_per_arm: 8\nwindows: {stride: 64}")]},
        {
            "replacements": [("languages: [deu, es, ru]", "languages: [deu, es, ru], passages: {answers: 3}")],
            "sources": AnySource(SOURCES),
        },
    ],
)
def test_what_decides_a_number_changes_the_fingerprint(build, change):
    assert build(**change).fingerprint != build().fingerprint
    assert build(**change) != build()


@pytest.mark.parametrize(
    "replacements",
    [
        [("name: example", "name: other")],
        [("question: Does it help?", "question: What?")],
        [("trials_per_arm: 8", "trials_per_arm: 12\n  sampler: random\n  seed: 5")],
        [("trials_per_arm: 8", "trials_per_arm: 8\nscaling: {workers_per_trial: 2, gpus_per_worker: 1}")],
        [("trials_per_arm: 8", "trials_per_arm: 8\nstorage: elsewhere\nreplicates: {searches: 1, seeds: 9}")],
        [("test: google/xquad", "test: {source: google/xquad, languages: [de]}")],
        [("model: xlm-roberta-base", "model: /models/the_same")],
    ],
)
def test_where_and_why_a_trial_runs_is_no_part_of_it(build, replacements):
    assert build(replacements=replacements) == build()
    assert build(replacements=replacements).fingerprint == build().fingerprint


def test_arms_that_train_alike_have_one_configuration(build):
    assert build(arm="webfaq").fingerprint == build(arm="noise").fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"training": {"learning_rate": 1}}, {"training": {"learning_rate": 1.0}}),
        ({"training": {"updates": 500.0}}, {"training": {"updates": 500}}),
        ({"training": {"weight_decay": -0.0}}, {"training": {"weight_decay": 0}}),
        ({"training": {"warmup_share": -0.0}}, {"training": {"warmup_share": 0.0}}),
        ({"mixture": {**MIXTURE, "faq_share": 1}}, {"mixture": {**MIXTURE, "faq_share": 1.0}}),
        (
            {"mixture": {"faq_share": 0.1, "weights": {"es": 0.25, "de": 0.75}}},
            {"mixture": {"weights": {"de": 0.75, "es": 0.25}, "faq_share": 0.1}},
        ),
        (
            {"mixture": {"faq_share": 0.1, "weights": {"de": 1.0, "es": 0.0}}},
            {"mixture": {"faq_share": 0.1, "weights": {"de": 1}}},
        ),
        ({"mixture": {**MIXTURE, "faq_share": 0.0}}, {"mixture": None}),
        ({"mixture": None, "sources": {**SOURCES, PASSAGES: "x"}}, {"mixture": None}),
        ({"robust": {"embedding_noise": {"distribution": "uniform", "magnitude": 0.0}}}, {"robust": None}),
        ({"robust": {"embedding_noise": None}}, {"robust": None}),
        ({"sources": dict(reversed(SOURCES.items()))}, {}),
    ],
)
def test_what_comes_to_the_same_has_the_same_fingerprint(build, one, other):
    assert build(**one).fingerprint == build(**other).fingerprint
    assert build(**one) == build(**other)


def test_weights_come_in_the_order_of_their_languages(build):
    codes = list(MIXTURE["weights"])
    for seed in range(5):
        random.Random(seed).shuffle(codes)
        weights = {code: MIXTURE["weights"][code] for code in codes}
        assert list(build(mixture={**MIXTURE, "weights": weights}).mixture.weights) == ["de", "es", "ru"]


def test_weights_that_sum_to_almost_one_are_scaled(build):
    weights = build(mixture={"faq_share": 0.1, "weights": {"de": 0.3333333, "es": 0.6666663}}).mixture.weights
    assert sum(weights.values()) == pytest.approx(1, abs=1e-15)


def test_the_faq_source_belongs_to_a_mixture_alone(build):
    assert build().sources["faq"] == SOURCES[PASSAGES]
    assert "faq" not in build(mixture=None).sources


def test_the_faq_source_is_that_of_the_recipe(build):
    sources = {**SOURCES, "pairs": "p" * 16, "pairs-shuffled": "s" * 16}
    for recipe in ("contrastive", "masked_language_model"):
        mixture = {**MIXTURE, "recipe": {"passage": None, recipe: {}}}
        assert build(mixture=mixture, sources=sources).sources["faq"] == "p" * 16
        assert build(mixture={**mixture, "pairs": "shuffled"}, sources=sources).sources["faq"] == "s" * 16


def test_an_arm_changes_only_the_keys_of_its_passages_that_it_says(build, load, study_text):
    replacements = [
        ("languages: [deu, es, ru]", "languages: [deu, es, ru], passages: {answers: 3}"),
        (
            "weights: {simplex: all}",
            "weights: {simplex: all}\n      recipe: {passage: {span: {choice: [answer, sentence]}}}",
        ),
    ]
    recipes = [possible.mixture.recipe for possible in possible_mixtures(load(study_text, *replacements), "webfaq")]
    assert {(recipe.passage.span, recipe.passage.answers) for recipe in recipes} == {("answer", 3), ("sentence", 3)}


def test_the_ends_of_a_space_draw_the_most_of_each_language(load, study_text):
    found = list(possible_mixtures(load(study_text), "webfaq"))
    assert [one.mixture.weights for one in found] == [{"de": 1.0}, {"es": 1.0}, {"ru": 1.0}]
    assert {one.mixture.faq_share for one in found} == {0.5}
    assert list(possible_mixtures(load(study_text), "baseline")) == []


def test_a_temperature_covers_all_faq_languages(load, study_text):
    study = load(study_text, ("weights: {simplex: all}", "temperature: {uniform: [0.3, 1]}\n      max_repeats: 9"))
    found = list(possible_mixtures(study, "webfaq"))
    assert {(one.mixture.temperature, one.mixture.names, one.max_repeats) for one in found} == {
        (0.3, ("de", "es", "ru"), 9.0),
        (1.0, ("de", "es", "ru"), 9.0),
    }


def test_the_source_of_held_out_faq_hosts_counts_where_it_is_scored(build):
    assert build(sources={**SOURCES, "webfaq_dev": "w" * 16}).fingerprint != build().fingerprint


def test_a_missing_source_is_refused(build):
    with pytest.raises(KeyError, match="passage-"):
        build(sources={"model": "m", "train": "t", "dev": "d"})


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        ("training", {**TRAINING, "updates": True}),
        ("training", {**TRAINING, "learning_rate": True}),
        ("training", {**TRAINING, "learning_rate": float("nan")}),
        ("training", {**TRAINING, "learning_rate": {"uniform": [0.1, 0.2]}}),
        ("training", {**TRAINING, "lerning_rate": 0.1}),
        ("mixture", {"faq_share": 0.1, "weights": {"de": 0.5}}),
        ("robust", {"embedding_noise": {"magnitude": -1}}),
        ("seed", -1),
        ("seed", True),
        ("sources", {"model": 1}),
        ("extra", 1),
    ],
)
def test_what_is_no_configuration_is_refused(build, section, wrong):
    plain = {**build().canonical(), section: wrong}
    with pytest.raises(pydantic.ValidationError):
        TrialConfiguration.model_validate(plain)


@pytest.mark.parametrize(
    ("section", "written", "told"),
    [
        ("robust", {"word_dropout": {"rate": 0.1}}, "robust.word_dropout: a record names this method"),
        ("training", {**TRAINING, "optimizer": "lion"}, "training.optimizer: a record names 'lion'"),
    ],
)
def test_a_record_of_a_package_that_is_not_installed_is_told_in_one_message(build, section, written, told):
    plain = {**build().canonical(), section: written}
    with pytest.raises(RecordError, match="install the package that it was made with") as refused:
        TrialConfiguration.model_validate(plain)
    assert str(refused.value).startswith(told) and "which no installed package adds" in str(refused.value)


def test_a_configuration_is_frozen(build):
    with pytest.raises(pydantic.ValidationError):
        build().seed = 3


def test_an_arm_takes_what_it_does_not_say_from_the_study(load, study_text):
    study = load(
        study_text,
        ("updates: 500", "updates: 500\n  weight_decay: 0.5"),
        ("  noise:\n", "  noise:\n    training: {learning_rate: {uniform: [0.1, 0.2]}, batch_size: 64}\n"),
    )
    baseline, noise = arm_space(study, "baseline"), arm_space(study, "noise")
    assert baseline["training"]["learning_rate"] == LogUniform(1e-5, 1e-4)
    assert noise["training"]["learning_rate"] == Uniform(0.1, 0.2)
    assert (baseline["training"]["batch_size"], noise["training"]["batch_size"]) == (32, 64)
    assert (baseline["training"]["weight_decay"], noise["training"]["weight_decay"]) == (0.5, 0.5)
    assert (baseline["mixture"], baseline["robust"]) == (None, None)
    assert list(noise) == ["training", "mixture", "robust"]


def test_one_study_gives_the_same_fingerprints_in_whatever_order_it_is_written(load, study_text, build):
    lines = study_text.splitlines(keepends=True)
    moved = "".join([*lines[3:], *lines[:3]])
    tree = {"training": TRAINING, "mixture": MIXTURE, "robust": None}
    one, other = (build_configuration(load(text), "webfaq", tree, 0, SOURCES) for text in (study_text, moved))
    assert one.fingerprint == other.fingerprint


def test_what_a_study_leaves_open_is_its_models_own(load, study_text):
    study = load(study_text)
    tree = {"training": {**TRAINING, "weight_decay": None}, "mixture": None, "robust": None}
    texts = TextToTextSettings(max_input_tokens=512, max_target_tokens=64, max_answer_tokens=32)
    traits = FamilyDefaults(texts, "adafactor", "constant", 0.0)
    encoder = build_configuration(study, "baseline", tree, 0, SOURCES)
    writer = build_configuration(study, "baseline", tree, 0, SOURCES, traits)
    stated = build_configuration(study, "baseline", {**tree, "training": TRAINING}, 0, SOURCES)
    assert encoder.fingerprint == stated.fingerprint
    assert (encoder.training.optimizer, encoder.training.decay, encoder.text_to_text) == ("adamw", "linear", None)
    written = writer.training
    assert (written.optimizer, written.decay, written.weight_decay) == ("adafactor", "constant", 0)
    assert (writer.windows, writer.lengths, encoder.lengths) == (None, texts, study.windows)
    said = {**tree, "training": {**TRAINING, "optimizer": "adamw", "decay": "linear", "weight_decay": 0.1}}
    plain = build_configuration(study, "baseline", said, 0, SOURCES, traits).training
    assert (plain.optimizer, plain.decay, plain.weight_decay) == ("adamw", "linear", 0.1)
    both = {**encoder.model_dump(), "text_to_text": texts}
    with pytest.raises(pydantic.ValidationError, match="one of windows, text_to_text and pairs"):
        TrialConfiguration.model_validate(both)
