"""The words of a toy world: those of each language, and names and numbers shared by all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from xlingual.data.toy.alphabets import ALPHABETS, coin_words
from xlingual.data.toy.world import ToyWorld
from xlingual.languages import XQUAD_LANGUAGES

FILLERS = 12
GIVEN_NAMES = 80
NAMES_PER_RELATION = 12
NUMBERS_PER_RELATION = 6


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language's words: `relations[r]` states relation r, `questions[r]` asks for it; fillers have no meaning."""

    relations: tuple[str, ...]
    questions: tuple[str, ...]
    fillers: tuple[str, ...]
    pronoun: str
    statement_sign: str
    question_sign: str


@dataclass(frozen=True, slots=True)
class Values:
    """The possible values of one relation: words for names, and numbers."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A word's text, the parts of its concept, and its language ("" if shared by all).

    Words with equal parts have the same meaning: the concept vector depends only on the parts.
    """

    text: str
    parts: tuple[str, ...]
    language: str = ""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All words of a world: `tongues` by two-letter code, `values` by relation; families are surnames."""

    tongues: Mapping[str, Tongue]
    given_names: tuple[str, ...]
    families: tuple[str, ...]
    values: tuple[Values, ...]

    def words(self) -> Iterator[Word]:
        """Every word once, in an order that depends only on the world."""
        signs = set()
        for language, tongue in self.tongues.items():
            for word in _words(tongue, language):
                if word.text not in signs:
                    yield word
            signs |= {tongue.statement_sign, tongue.question_sign}
        for name in (*self.given_names, *self.families):
            yield Word(name, ("person", f"name {name}"))
        for relation, values in enumerate(self.values):
            for name in values.names:
                yield Word(name, ("value", f"relation {relation}", f"name {name}"))
            for number in values.numbers:
                yield Word(number, ("number", f"relation {relation}", f"name {number}"))


def make_lexicon(world: ToyWorld) -> Lexicon:
    """Make up the words of a world; all are distinct, also across languages."""
    generator = world.generator("lexicon")
    taken: set[str] = set()
    tongues = {language: _tongue(language, world.relations, taken, generator) for language in XQUAD_LANGUAGES}
    families = world.train_articles + world.dev_articles + world.test_articles
    names = _coin_names(GIVEN_NAMES + families + world.relations * NAMES_PER_RELATION, taken, generator)
    numbers = generator.choice(np.arange(1000, 10_000), world.relations * NUMBERS_PER_RELATION, replace=False)
    return Lexicon(
        tongues=tongues,
        given_names=names[:GIVEN_NAMES],
        families=names[GIVEN_NAMES : GIVEN_NAMES + families],
        values=_values(names[GIVEN_NAMES + families :], [str(number) for number in numbers]),
    )


def _coin_names(count: int, taken: set[str], generator: np.random.Generator) -> tuple[str, ...]:
    return tuple(word.capitalize() for word in coin_words(ALPHABETS["en"], count, taken, generator))


def _values(names: tuple[str, ...], numbers: list[str]) -> tuple[Values, ...]:
    relations = range(len(names) // NAMES_PER_RELATION)
    return tuple(
        Values(names[relation :: len(relations)], tuple(numbers[relation :: len(relations)])) for relation in relations
    )


def _tongue(language: str, relations: int, taken: set[str], generator: np.random.Generator) -> Tongue:
    alphabet = ALPHABETS[language]
    words = coin_words(alphabet, 2 * relations + FILLERS + 1, taken, generator)
    return Tongue(
        relations=words[:relations],
        questions=words[relations : 2 * relations],
        fillers=words[2 * relations : -1],
        pronoun=words[-1],
        statement_sign=alphabet.statement,
        question_sign=alphabet.question,
    )


def _words(tongue: Tongue, language: str) -> Iterator[Word]:
    for number, word in enumerate(tongue.relations):
        yield Word(word, ("verb", f"relation {number}"), language)
    for number, word in enumerate(tongue.questions):
        yield Word(word, ("question word", f"relation {number}"), language)
    for number, word in enumerate(tongue.fillers):
        yield Word(word, ("filler", f"filler {number}"), language)
    yield Word(tongue.pronoun, ("pronoun",), language)
    yield Word(tongue.statement_sign, ("statement sign",), language)
    yield Word(tongue.question_sign, ("question sign",), language)
