"""The toy world's text-to-text model: complete, with the encoder's words, able to copy; texts survive a round trip."""

from __future__ import annotations

import json
import shutil
from typing import Any

import numpy as np
import pytest
import torch
from full_folder import FullFolder
from safetensors.numpy import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from xlingual.data.faq.sampling import faq_rows
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.data.toy import write_toy_world
from xlingual.data.toy.text_tokenizer import NAMED_TOKENS
from xlingual.data.toy.toy_encoder import word_embeddings
from xlingual.data.toy.toy_text_to_text import SHARPNESS
from xlingual.data.toy.vocabularies import make_lexicon
from xlingual.errors import StorageError
from xlingual.families import family_of
from xlingual.languages import NON_ENGLISH, XQUAD_LANGUAGES
from xlingual.models.encoder import quiet_transformers
from xlingual.study import TextToTextSettings

LENGTHS = TextToTextSettings(max_input_tokens=128, max_target_tokens=16, max_answer_tokens=8)


@pytest.fixture(scope="module")
def tokenizer(toy: Any) -> Any:
    return AutoTokenizer.from_pretrained(str(toy.text_to_text))


def test_transformers_loads_it_with_nothing_missing_and_all_word_embeddings_tied(toy: Any) -> None:
    with quiet_transformers():
        model, loading = AutoModelForSeq2SeqLM.from_pretrained(str(toy.text_to_text), output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"] and not loading["mismatched_keys"]
    assert model.config.model_type == "mt5"
    assert model.lm_head.weight is model.encoder.embed_tokens.weight is model.decoder.embed_tokens.weight
    assert float(model.decoder.final_layer_norm.weight.detach().mean()) == pytest.approx(SHARPNESS)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_it_is_of_the_family_that_writes_text(toy: Any) -> None:
    family = family_of(toy.text_to_text)
    assert family.name == "text_to_text"
    family.check(toy.text_to_text, LENGTHS)
    assert family_of(toy.model).name == "extractive"


def test_words_have_the_encoders_embeddings(toy: Any, world: Any, tokenizer: Any) -> None:
    table = load_file(toy.text_to_text / "model.safetensors")["shared.weight"]
    words = tuple(make_lexicon(world).words())
    np.testing.assert_array_equal(table[len(NAMED_TOKENS) :], word_embeddings(world, words))
    written = [word.text.strip() for word in words]
    ids = range(len(NAMED_TOKENS), len(table))
    assert [tokenizer.decode([number]).strip() for number in ids] == written
    assert len(tokenizer) == len(table) == json.loads((toy.text_to_text / "config.json").read_text())["vocab_size"]


def test_special_tokens_are_t5s(tokenizer: Any) -> None:
    assert (tokenizer.pad_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (0, 1, 2)
    assert tokenizer("question: ask answer")["input_ids"] == [3, 7, 6, 5, 1]
    assert tokenizer.is_fast


@pytest.mark.parametrize("language", XQUAD_LANGUAGES)
def test_texts_come_back_as_they_were_and_no_token_is_unknown(toy: Any, tokenizer: Any, language: str) -> None:
    examples = load_xquad(str(toy.xquad), (language,))[language].examples
    texts = [f"question: {one.question} context: {one.context}" for one in examples]
    if language in NON_ENGLISH:
        rows = list(faq_rows(str(toy.faq), language, rows=200))
        texts += [f"answer question: {row.question}" for row in rows] + [f"ask question: {row.answer}" for row in rows]
        texts += [row.question for row in rows] + [row.answer for row in rows]
    tokens = tokenizer(texts)["input_ids"]
    assert {row[-1] for row in tokens} == {1}
    assert not any(2 in row for row in tokens)
    assert tokenizer.batch_decode(tokens, skip_special_tokens=True) == texts


def test_no_input_of_the_world_is_cut_at_the_toy_studys_lengths(toy: Any, tokenizer: Any) -> None:
    family = family_of(toy.text_to_text)
    for part in load_xquad(str(toy.xquad), XQUAD_LANGUAGES).values():
        sequences = family.inputs(tokenizer, part.examples, LENGTHS, targets=True)
        assert len(sequences) == len(part.examples)
        assert sequences.inputs_cut == sequences.targets_cut == sequences.without_answer == 0
        assert sequences.target_lengths.max() < 8


def test_untrained_it_mostly_writes_words_of_what_it_reads(toy: Any, tokenizer: Any) -> None:
    """Chance is a fortieth: an input has about 26 distinct words of 973."""
    model = family_of(toy.text_to_text).load(toy.text_to_text, 0).eval()
    copied = []
    for example in load_xquad(str(toy.xquad), ("en",))["en"].examples[:30]:
        read = tokenizer(f"question: {example.question} context: {example.context}", return_tensors="pt")["input_ids"]
        target = tokenizer(example.answers[0], return_tensors="pt")["input_ids"]
        with torch.inference_mode():
            likeliest = model(input_ids=read, labels=target).logits[0].argmax(-1)
        copied += torch.isin(likeliest, read).tolist()
    assert np.mean(copied) > 0.4


def test_an_older_world_gets_it(small: Any, tmp_path: Any, files: Any) -> None:
    paths = write_toy_world(tmp_path / "world", small)
    before = files(tmp_path / "world")
    shutil.rmtree(paths.text_to_text)
    assert write_toy_world(tmp_path / "world", small) == paths
    assert files(tmp_path / "world") == before


def test_nothing_is_left_where_an_older_world_could_not_get_it(small: Any, tmp_path: Any, files: Any) -> None:
    paths = write_toy_world(tmp_path / "world", small)
    shutil.rmtree(paths.text_to_text)
    before = files(tmp_path / "world")
    with FullFolder(tmp_path), pytest.raises(StorageError, match="File too large"):
        write_toy_world(tmp_path / "world", small)
    assert files(tmp_path / "world") == before
