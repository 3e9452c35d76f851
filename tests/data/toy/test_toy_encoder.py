from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from transformers import AutoModelForQuestionAnswering

from xlingual.data.toy import DISTANCES, ToyWorld
from xlingual.data.toy.toy_encoder import WIDTH, word_embeddings
from xlingual.data.toy.vocabularies import make_lexicon
from xlingual.models.encoder import load_encoder, quiet_transformers

TABLE = "embeddings.word_embeddings.weight"


def by_language(world):
    """Embeddings (words, width) of each language's words, in the same order of concepts."""
    words = tuple(make_lexicon(world).words())
    table = word_embeddings(world, words)
    signs = {"statement sign", "question sign"}
    return {
        language: np.stack(
            [
                row
                for row, word in zip(table, words, strict=True)
                if word.language == language and word.parts[0] not in signs
            ]
        )
        for language in DISTANCES
    }


def test_transformers_loads_it_with_a_new_span_head_and_nothing_else_missing(toy):
    with quiet_transformers():
        model, loading = AutoModelForQuestionAnswering.from_pretrained(str(toy.model), output_loading_info=True)
    assert set(loading["missing_keys"]) == {"qa_outputs.weight", "qa_outputs.bias"}
    assert not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert model.config.model_type == "bert"
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_the_seed_decides_the_span_head_alone(toy):
    first, again, other = (load_encoder(toy.model, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    differing = {name for name in first if not torch.equal(first[name], other[name])}
    assert differing == {"qa_outputs.weight"}


def test_logits_have_one_row_per_token_and_are_finite(toy):
    model = load_encoder(toy.model, 0).eval()
    with torch.inference_mode():
        output = model(input_ids=torch.arange(12).reshape(2, 6))
    assert output.start_logits.shape == output.end_logits.shape == (2, 6)
    assert torch.isfinite(output.start_logits).all()


def test_the_table_has_a_row_per_special_token_and_word(toy, world):
    table = load_file(toy.model / "model.safetensors")[TABLE]
    words = tuple(make_lexicon(world).words())
    assert table.shape == (5 + len(words), WIDTH)
    assert not table[0].any()
    np.testing.assert_array_equal(table[5:], word_embeddings(world, words))
    vocabulary = json.loads((toy.model / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    assert [vocabulary[word.text] for word in words] == list(range(5, 5 + len(words)))


def test_without_misalignment_a_concept_has_one_vector_in_every_language():
    found = by_language(ToyWorld(misalignment=0.0))
    for language in DISTANCES:
        np.testing.assert_array_equal(found[language], found["en"])


def test_deviation_grows_with_distance_and_is_as_large_as_documented():
    found = by_language(ToyWorld())
    deviations = {language: float((rows - found["en"]).std()) for language, rows in found.items()}
    assert list(deviations.values()) == sorted(deviations.values())
    for language, distance in DISTANCES.items():
        assert deviations[language] == pytest.approx(distance, rel=0.06)


def test_misalignment_scales_the_same_deviations():
    once, twice = by_language(ToyWorld()), by_language(ToyWorld(misalignment=2.0))
    np.testing.assert_array_equal(once["en"], twice["en"])
    np.testing.assert_allclose(twice["th"] - once["en"], 2 * (once["th"] - once["en"]), atol=1e-5)


def test_names_and_numbers_have_no_deviation():
    words = tuple(make_lexicon(ToyWorld()).words())
    near, far = (word_embeddings(ToyWorld(misalignment=m), words) for m in (0.0, 3.0))
    shared = np.array([not word.language for word in words])
    np.testing.assert_array_equal(near[shared], far[shared])
    assert shared.sum() > 400


def test_concepts_have_unit_scale():
    assert by_language(ToyWorld())["en"].std() == pytest.approx(1.0, abs=0.05)


def test_a_question_word_is_nearer_to_its_relation_than_to_any_other():
    world = ToyWorld()
    english = by_language(world)["en"]
    relations, questions = english[: world.relations], english[world.relations : 2 * world.relations]
    similarity = questions @ relations.T
    assert (similarity.argmax(axis=1) == np.arange(world.relations)).all()
