"""How often words are replaced, and by what: known distributions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from xlingual.data.augmentation.code_switch import CodeSwitch
from xlingual.data.augmentation.lexicon import Lexicon
from xlingual.data.augmentation.word_replacement import Word
from xlingual.data.augmentation.word_substitution import WordSubstitution

SYNONYMS = Lexicon.of({"big": ["large", "huge", "great"], "old": ["aged"]})
DRAWS = 20_000
LEAST = 1e-4
"""p-value below which a test fails."""


def written(word: str) -> Word:
    """A word that opens a sentence."""
    return Word(0, len(word), word, opens=True)


def counted(method: WordSubstitution | CodeSwitch, word: str) -> Counter[str | None]:
    drawn = method.replacements([written("other"), written(word)] * DRAWS, np.random.Generator(np.random.PCG64(1)))
    assert set(drawn[::2]) == {None}
    return Counter(drawn[1::2])


def fits(counts: Counter[str | None], shares: dict[str | None, float]) -> bool:
    assert set(counts) == set(shares)
    expected = [DRAWS * share for share in shares.values()]
    return bool(chisquare([counts[name] for name in shares], expected).pvalue > LEAST)


def test_as_published_the_word_is_one_of_the_drawn() -> None:
    method = WordSubstitution(None, SYNONYMS)
    assert fits(counted(method, "big"), {None: 0.25, "large": 0.25, "huge": 0.25, "great": 0.25})
    assert fits(counted(method, "Old"), {None: 0.5, "Aged": 0.5})


@pytest.mark.parametrize("rate", [0.1, 0.7])
def test_with_a_rate_so_many_words_are_replaced(rate: float) -> None:
    third = rate / 3
    shares = {None: 1 - rate, "large": third, "huge": third, "great": third}
    assert fits(counted(WordSubstitution(rate, SYNONYMS), "big"), shares)


def test_at_the_ends_all_or_none_is_replaced() -> None:
    assert set(counted(WordSubstitution(1.0, SYNONYMS), "old")) == {"aged"}
    assert set(counted(WordSubstitution(0.0, SYNONYMS), "old")) == {None}
    assert set(counted(CodeSwitch(1.0, {"de": SYNONYMS}), "old")) == {"aged"}
    assert set(counted(CodeSwitch(0.0, {"de": SYNONYMS}), "old")) == {None}


def test_languages_that_translate_a_word_are_as_likely_however_many_translations_they_have() -> None:
    dictionaries = {
        "de": Lexicon.of({"big": ["groß"]}),
        "es": Lexicon.of({"big": ["gran", "grande", "mayor"], "old": ["viejo"]}),
        "tr": Lexicon.of({"old": ["eski"]}),
    }
    shares = {None: 0.4, "groß": 0.3, "gran": 0.1, "grande": 0.1, "mayor": 0.1}
    assert fits(counted(CodeSwitch(0.6, dictionaries), "big"), shares)
    assert fits(counted(CodeSwitch(0.6, dictionaries), "old"), {None: 0.4, "viejo": 0.3, "eski": 0.3})
    assert fits(counted(CodeSwitch(0.6, dictionaries), "Old"), {None: 0.4, "Viejo": 0.3, "Eski": 0.3})


def test_words_are_drawn_independently() -> None:
    method = WordSubstitution(0.5, SYNONYMS)
    drawn = method.replacements([written("old")] * 2 * DRAWS, np.random.Generator(np.random.PCG64(2)))
    pairs = Counter(zip(drawn[::2], drawn[1::2], strict=True))
    assert len(pairs) == 4
    assert chisquare(list(pairs.values())).pvalue > LEAST
