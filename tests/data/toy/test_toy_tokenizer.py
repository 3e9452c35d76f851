from __future__ import annotations

import json

import pytest
from transformers import AutoTokenizer

from xlingual.data.faq.sampling import faq_rows
from xlingual.data.squad import load_squad
from xlingual.data.test_sets.xquad import load_xquad
from xlingual.data.toy.tokenizer import SPECIAL_TOKENS
from xlingual.languages import NON_ENGLISH, XQUAD_LANGUAGES
from xlingual.tokens.windows import make_windows


@pytest.fixture(scope="module")
def tokenizer(toy):
    return AutoTokenizer.from_pretrained(str(toy.model), use_fast=True)


@pytest.fixture(scope="module")
def texts(toy):
    """Every text of the world by language, of the training data every fifth."""
    found = {code: set() for code in XQUAD_LANGUAGES}
    english = [*load_squad(str(toy.train), split="train", seed=0).examples[::5]]
    for code, part in load_xquad(str(toy.xquad), XQUAD_LANGUAGES).items():
        for example in (*part.examples, *(english if code == "en" else ())):
            found[code] |= {example.question, example.context}
    for code in NON_ENGLISH:
        rows = faq_rows(str(toy.faq), code, rows=2000)
        found[code] |= {text for row in rows for text in (row.question, row.answer)}
    return {code: sorted(part) for code, part in found.items()}


@pytest.mark.parametrize("language", XQUAD_LANGUAGES)
def test_no_token_is_unknown(tokenizer, texts, language):
    for ids in tokenizer(texts[language])["input_ids"]:
        assert tokenizer.unk_token_id not in ids


@pytest.mark.parametrize("language", XQUAD_LANGUAGES)
def test_offsets_give_back_the_words(tokenizer, texts, language):
    for text in texts[language]:
        encoded = tokenizer(text, return_offsets_mapping=True, add_special_tokens=False)
        pieces = [text[start:end] for start, end in encoded["offset_mapping"]]
        assert pieces == tokenizer.convert_ids_to_tokens(encoded["input_ids"])
        assert "".join(pieces) == "".join(text.split())


def test_windows_hold_whole_answers_at_the_quickstarts_lengths(toy, tokenizer):
    for part in load_xquad(str(toy.xquad), XQUAD_LANGUAGES).values():
        windows = make_windows(tokenizer, part.examples, max_length=64, stride=16)
        assert len(windows) == len(part.examples)
        for place, example in enumerate(part.examples):
            first = int(windows.pointers[place])
            begin = windows.offsets[first + windows.start[place], 0]
            end = windows.offsets[first + windows.end[place], 1]
            assert example.context[begin:end] == example.answers[0]


def test_a_pair_is_marked_off_by_special_tokens_and_types(tokenizer):
    encoded = tokenizer("?", ".")
    assert tokenizer.convert_ids_to_tokens(encoded["input_ids"]) == ["[CLS]", "?", "[SEP]", ".", "[SEP]"]
    assert encoded["token_type_ids"] == [0, 0, 0, 1, 1]


def test_special_tokens_have_the_first_ids(tokenizer):
    assert tokenizer.convert_ids_to_tokens(list(range(5))) == list(SPECIAL_TOKENS)
    assert (tokenizer.pad_token_id, tokenizer.cls_token_id, tokenizer.sep_token_id) == (0, 2, 3)
    assert tokenizer.is_fast


def test_its_longest_text_is_what_the_encoder_has_positions_for(toy, tokenizer):
    configuration = json.loads((toy.model / "config.json").read_text())
    assert tokenizer.model_max_length == configuration["max_position_embeddings"]
    assert len(tokenizer) == configuration["vocab_size"]
