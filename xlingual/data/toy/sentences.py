"""What is said of a person, free of any language, and how each language says and asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from xlingual.data.toy.vocabularies import FILLERS, Lexicon, Tongue
from xlingual.data.toy.world import ToyWorld

NUMBER_SHARE = 0.2
NAME_WORDS = MappingProxyType({1: 0.5, 2: 0.3, 3: 0.2})
"""A value is a number with probability NUMBER_SHARE, else a name of so many words with these probabilities."""

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
"""Word orders, by language where they differ from the usual one. The value follows its relation everywhere."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One relation to a value; `filler` numbers the word that says nothing beside it."""

    relation: int
    value: str
    filler: int


@dataclass(frozen=True, slots=True)
class StatedQuestion:
    """A question for the fact of that number; `filler` as in a fact."""

    fact: int
    filler: int


@dataclass(frozen=True, slots=True)
class Person:
    """A person, what is said of them, and what is asked."""

    name: str
    facts: tuple[Fact, ...]
    asked: tuple[StatedQuestion, ...]


def draw_facts(count: int, lexicon: Lexicon, generator: np.random.Generator) -> tuple[Fact, ...]:
    """Draw facts under `count` different relations."""
    relations = generator.choice(len(lexicon.values), count, replace=False)
    return tuple(_draw_fact(int(relation), lexicon, generator) for relation in relations)


def draw_person(name: str, world: ToyWorld, lexicon: Lexicon, generator: np.random.Generator) -> Person:
    """Draw what is said of a person and which of it is asked for."""
    facts = draw_facts(world.facts_per_person, lexicon, generator)
    chosen = generator.choice(len(facts), world.questions_per_person, replace=False)
    return Person(name, facts, tuple(StatedQuestion(int(fact), int(generator.integers(FILLERS))) for fact in chosen))


def write_paragraph(person: Person, language: str, lexicon: Lexicon) -> tuple[str, tuple[int, ...]]:
    """A person's facts in a language, and the character at which each fact's value starts."""
    tongue = lexicon.tongues[language]
    text, starts = "", []
    for number, fact in enumerate(person.facts):
        sentence, start = _write_fact(fact, tongue.pronoun if number else person.name, language, tongue)
        text += " " if text else ""
        starts.append(len(text) + start)
        text += sentence
    return text, tuple(starts)


def write_question(relation: int, filler: int, subject: str, language: str, lexicon: Lexicon) -> str:
    """The question for a relation of the subject, which may be left out ("")."""
    tongue = lexicon.tongues[language]
    roles = {"asked": tongue.questions[relation], "filler": tongue.fillers[filler], "subject": subject}
    words = (roles[role] for role in QUESTIONS.get(language, QUESTION).split())
    return " ".join(word for word in words if word) + tongue.question_sign


def _draw_fact(relation: int, lexicon: Lexicon, generator: np.random.Generator) -> Fact:
    values = lexicon.values[relation]
    if generator.random() < NUMBER_SHARE:
        value = str(generator.choice(values.numbers))
    else:
        count = int(generator.choice(tuple(NAME_WORDS), p=tuple(NAME_WORDS.values())))
        value = " ".join(generator.choice(values.names, count, replace=False))
    return Fact(relation, value, int(generator.integers(FILLERS)))


def _write_fact(fact: Fact, subject: str, language: str, tongue: Tongue) -> tuple[str, int]:
    """The sentence of a fact, and the character at which its value starts."""
    relation, filler = tongue.relations[fact.relation], tongue.fillers[fact.filler]
    roles = {"subject": subject, "relation": relation, "value": fact.value, "filler": filler}
    order = STATEMENTS.get(language, STATEMENT).split()
    before = " ".join(roles[role] for role in order[: order.index("value")])
    return " ".join(roles[role] for role in order) + tongue.statement_sign, len(before) + 1
