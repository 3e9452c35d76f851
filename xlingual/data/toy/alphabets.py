"""The letters of each language, and made-up words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np


@dataclass(frozen=True, slots=True)
class Alphabet:
    """A language's letters (a syllable is an onset and a nucleus), and the signs that end statements and questions."""

    onsets: str
    nuclei: str
    statement: str = "."
    question: str = "?"


_HAN = "天地山水火木金土月星風雨雪花草林河海石玉田竹雲光音色心手足目"

ALPHABETS: Mapping[str, Alphabet] = MappingProxyType(
    {
        "en": Alphabet("bdfghklmnprstvw", "aeiou"),
        "ar": Alphabet("بتجحدرزسشطعفقكلمنه", "اوي", question="؟"),
        "de": Alphabet("bdfghklmnprstwz", "aeiouäöü"),
        "el": Alphabet("βγδζθκλμνξπρτφχψ", "αεηιουω", question=";"),
        "es": Alphabet("bcdfglmnñprstv", "aeiouáéíóú"),
        "hi": Alphabet("कखगचजटडतदनपबमरलवसह", "ािीुूेो", statement="।"),
        "ru": Alphabet("бвгджзклмнпрстфхцчш", "аеиоуыэюя"),
        "th": Alphabet("กขคงจชดตทนบปพมยรลวสห", "าิีึืุู"),
        "tr": Alphabet("bcçdfgğhklmnprsştyz", "aeıioöuü"),
        "vi": Alphabet("bcđghklmnprstvx", "ăâêôơưạếộữ"),
        "zh": Alphabet(_HAN, _HAN, statement="。", question="？"),
        "ro": Alphabet("bcdfglmnprsștțvz", "aăâeîiou"),
    }
)
"""By two-letter code. In the toy world, every language separates words by spaces, even Thai and Chinese."""


def coin_words(alphabet: Alphabet, count: int, taken: set[str], generator: np.random.Generator) -> tuple[str, ...]:
    """Make up `count` words of two or three syllables that are not in `taken`, and add them to it."""
    coined: list[str] = []
    while len(coined) < count:
        word = "".join(_syllable(alphabet, generator) for _ in range(generator.integers(2, 4)))
        if word not in taken:
            taken.add(word)
            coined.append(word)
    return tuple(coined)


def _syllable(alphabet: Alphabet, generator: np.random.Generator) -> str:
    onset, nucleus = generator.integers(len(alphabet.onsets)), generator.integers(len(alphabet.nuclei))
    return alphabet.onsets[onset] + alphabet.nuclei[nucleus]
