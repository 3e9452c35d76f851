"""The toy world's dictionary has every word of its sentences in every language."""

from __future__ import annotations

from typing import Any

from xlingual.data.augmentation.lexicon_files import load_dictionary
from xlingual.data.toy import ToyWorld, write_toy_world
from xlingual.data.toy.vocabularies import make_lexicon
from xlingual.languages import NON_ENGLISH


def test_each_word_has_its_translation(toy: Any) -> None:
    tongues = make_lexicon(ToyWorld()).tongues
    for language in NON_ENGLISH:
        lexicon = load_dictionary(str(toy.dictionary), language)
        english, other = tongues["en"], tongues[language]
        for word, translation in zip(
            english.relations + english.questions, other.relations + other.questions, strict=True
        ):
            assert lexicon.find(word, opens=False) == (translation,)
        assert lexicon.find(english.pronoun, opens=False) == (other.pronoun,)
        assert len(lexicon) == len(english.relations + english.questions + english.fillers) + 1


def test_an_older_world_gets_one(small: Any, tmp_path: Any, files: Any) -> None:
    paths = write_toy_world(tmp_path / "world", small)
    before = files(tmp_path / "world")
    paths.dictionary.unlink()
    assert write_toy_world(tmp_path / "world", small) == paths
    assert files(tmp_path / "world") == before
