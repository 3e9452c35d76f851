"""Language-independent facts about people, and how each language states and asks them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from xlingual.data.toy.vocabularies import FILLERS, Lexicon, Tongue
from xlingual.data.toy.world import ToyWorld

NUMBER_SHARE = 0.2
NAME_WORDS = MappingProxyType({1: 0.5, 2: 0.3, 3: 0.2})
"""A value is a number with probability NUMBER_SHARE, otherwise a name; NAME_WORDS is its distribution of lengths."""

_NAME_WORDS_UP_TO = tuple(float(share) for share in np.cumsum(tuple(NAME_WORDS.values())))

STATEMENT = "subject relation value filler"
STATEMENTS: Mapping[str, str] = MappingProxyType(
    {
        "ar": "relation value subject filler",
        "hi": "filler subject relation value",
        "tr": "filler subject relation value",
        "zh": "subject filler relation value",
    }
)
QUESTION = "asked filler subject"
QUESTIONS: Mapping[str, str] = MappingProxyType(dict.fromkeys(("hi", "th", "tr", "vi", "zh"), "subject filler asked"))
"""Word orders that differ from the default, by language. The value follows its relation in every language."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A relation to a value; `filler` is the index of an additional meaningless word."""

    relation: int
    value: str
    filler: int


@dataclass(frozen=True, slots=True)
class StatedQuestion:
    """A question about the fact with this index; `filler` is as in a fact."""

    fact: int
    filler: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person, the facts about them, and the questions asked."""

    name: str
    facts: tuple[Fact, ...]
    asked: tuple[StatedQuestion, ...]


def draw_facts(count: int, lexicon: Lexicon, generator: np.random.Generator) -> tuple[Fact, ...]:
    """Draw facts with `count` different relations."""
    relations = generator.choice(len(lexicon.values), count, replace=False)
    return tuple(_draw_fact(int(relation), lexicon, generator) for relation in relations)


def draw_person(name: str, world: ToyWorld, lexicon: Lexicon, generator: np.random.Generator) -> Person:
    """Draw the facts about a person and the questions asked about them."""
    facts = draw_facts(world.facts_per_person, lexicon, generator)
    chosen = generator.choice(len(facts), world.questions_per_person, replace=False)
    return Person(name, facts, tuple(StatedQuestion(int(fact), int(generator.integers(FILLERS))) for fact in chosen))


def write_paragraph(person: Person, language: str, lexicon: Lexicon) -> tuple[str, tuple[int, ...]]:
    """The facts about a person in a language, and the offset in characters of each fact's value."""
    tongue = lexicon.tongues[language]
    text, starts = "", []
    for number, fact in enumerate(person.facts):
        sentence, start = _write_fact(fact, tongue.pronoun if number else person.name, language, tongue)
        text += " " if text else ""
        starts.append(len(text) + start)
        text += sentence
    return text, tuple(starts)


def write_question(relation: int, filler: int, subject: str, language: str, lexicon: Lexicon) -> str:
    """The question about a relation of the subject, which may be omitted ("")."""
    tongue = lexicon.tongues[language]
    roles = {"asked": tongue.questions[relation], "filler": tongue.fillers[filler], "subject": subject}
    words = (roles[role] for role in QUESTIONS.get(language, QUESTION).split())
    return " ".join(word for word in words if word) + tongue.question_sign


def write_statement(fact: Fact, subject: str, language: str, lexicon: Lexicon) -> str:
    """The sentence of a fact in a language."""
    return _write_fact(fact, subject, language, lexicon.tongues[language])[0]


def another_value(fact: Fact, lexicon: Lexicon, generator: np.random.Generator) -> str:
    """A value of the same relation without any word of the fact's."""
    while set((value := _draw_value(fact.relation, lexicon, generator)).split()) & set(fact.value.split()):
        pass
    return value


def another_fact(fact: Fact, lexicon: Lexicon, generator: np.random.Generator) -> Fact:
    """A fact with another relation; the same one if there is no other."""
    relations = len(lexicon.values)
    return _draw_fact(
        (fact.relation + 1 + int(generator.integers(max(1, relations - 1)))) % relations, lexicon, generator
    )


def _draw_fact(relation: int, lexicon: Lexicon, generator: np.random.Generator) -> Fact:
    value = _draw_value(relation, lexicon, generator)
    return Fact(relation, value, int(generator.integers(FILLERS)))


def _draw_value(relation: int, lexicon: Lexicon, generator: np.random.Generator) -> str:
    values = lexicon.values[relation]
    if generator.random() < NUMBER_SHARE:
        return values.numbers[int(generator.integers(len(values.numbers)))]
    count = tuple(NAME_WORDS)[bisect(_NAME_WORDS_UP_TO, generator.random())]
    return " ".join(values.names[place] for place in generator.choice(len(values.names), count, replace=False))


def _write_fact(fact: Fact, subject: str, language: str, tongue: Tongue) -> tuple[str, int]:
    """The sentence of a fact, and the offset in characters of its value."""
    relation, filler = tongue.relations[fact.relation], tongue.fillers[fact.filler]
    roles = {"subject": subject, "relation": relation, "value": fact.value, "filler": filler}
    order = STATEMENTS.get(language, STATEMENT).split()
    before = " ".join(roles[role] for role in order[: order.index("value")])
    return " ".join(roles[role] for role in order) + tongue.statement_sign, len(before) + 1
