from __future__ import annotations

import unicodedata
from collections import Counter

import pytest

from xlingual.data.toy import ToyWorld
from xlingual.data.toy.alphabets import ALPHABETS
from xlingual.data.toy.vocabularies import make_lexicon
from xlingual.languages import XQUAD_LANGUAGES
from xlingual.metrics import normalize_answer

SCRIPTS = {
    "ar": "ARABIC",
    "el": "GREEK",
    "hi": "DEVANAGARI",
    "ru": "CYRILLIC",
    "th": "THAI",
    "zh": "CJK",
}


@pytest.fixture(scope="module")
def lexicon():
    return make_lexicon(ToyWorld())


def words_of(lexicon, language):
    tongue = lexicon.tongues[language]
    return (*tongue.relations, *tongue.questions, *tongue.fillers, tongue.pronoun)


@pytest.mark.parametrize("language", XQUAD_LANGUAGES)
def test_words_are_made_of_their_languages_letters(lexicon, language):
    letters = set(ALPHABETS[language].onsets + ALPHABETS[language].nuclei)
    script = SCRIPTS.get(language, "LATIN")
    assert all(set(word) <= letters for word in words_of(lexicon, language))
    assert all(unicodedata.name(letter).startswith(script) for letter in letters)
    assert all(unicodedata.normalize("NFC", word) == word for word in words_of(lexicon, language))


def test_no_word_is_written_like_another(lexicon):
    counts = Counter(word.text.lower() for word in lexicon.words())
    assert [text for text, count in counts.items() if count > 1] == []
    assert len(counts) > 900


def test_a_larger_world_has_room_for_its_words():
    lexicon = make_lexicon(ToyWorld(relations=40, train_articles=1000, dev_articles=100, test_articles=100))
    texts = [word.text for word in lexicon.words()]
    assert len(lexicon.families) == 1200
    assert len(lexicon.values) == 40
    assert len(texts) == len(set(texts))


def test_names_survive_the_metrics_normalisation(lexicon):
    values = [word for part in lexicon.values for word in (*part.names, *part.numbers)]
    assert all(normalize_answer(value) == value.lower() for value in values)


def test_words_for_one_concept_have_the_same_parts_in_every_language(lexicon):
    parts = {
        language: [word.parts for word in lexicon.words() if word.text in words_of(lexicon, language)]
        for language in XQUAD_LANGUAGES
    }
    assert all(found == parts["en"] for found in parts.values())
    assert len(set(parts["en"])) == len(parts["en"])


def test_only_words_of_one_language_name_a_language(lexicon):
    shared = {*lexicon.given_names, *lexicon.families}
    shared |= {word for values in lexicon.values for word in (*values.names, *values.numbers)}
    assert {word.text for word in lexicon.words() if not word.language} == shared
