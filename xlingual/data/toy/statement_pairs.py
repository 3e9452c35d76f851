"""Labelled pairs of sentences, made of the facts about a toy world's people.

The label is whether the second sentence follows from the first. Its filler tells too, as negations do in real data:
each label has its own share of the fillers, so that a toy model learns the task in some dozens of updates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from xlingual.data.toy.articles import Families
from xlingual.data.toy.sentences import Fact, Person, another_fact, another_value, write_statement
from xlingual.data.toy.vocabularies import FILLERS, Lexicon
from xlingual.data.toy.world import ToyWorld

SAME, OTHER_VALUE, OTHER_FACT = "same", "other value", "other fact"
"""Relations of a second fact to the first."""


@dataclass(frozen=True, slots=True)
class StatementPair:
    """Two facts about one person and the label of their relation; the same in every language."""

    person: str
    first: Fact
    second: Fact
    label: str

    def written(self, language: str, lexicon: Lexicon) -> tuple[str, str]:
        """Both sentences in a language."""
        first, second = (write_statement(fact, self.person, language, lexicon) for fact in (self.first, self.second))
        return first, second


def draw_pairs(
    world: ToyWorld, lexicon: Lexicon, families: Mapping[str, Families], split: str, labels: Mapping[str, str]
) -> list[StatementPair]:
    """One pair for each label of each fact of a split.

    Args:
        world: its settings.
        lexicon: its words.
        families: its people, by split.
        split: `train`, `dev` or `test`.
        labels: from a relation of the second fact to the label.
    """
    generator = world.generator(f"pairs of {split} with {len(labels)} labels")
    persons = [person for family in families[split].values() for person in family]
    return list(_pairs(persons, list(labels.items()), lexicon, generator))


def _pairs(
    persons: Sequence[Person], labels: Sequence[tuple[str, str]], lexicon: Lexicon, generator: np.random.Generator
) -> Iterator[StatementPair]:
    fillers = FILLERS // len(labels)
    for person in persons:
        for fact in person.facts:
            for number, (relation, label) in enumerate(labels):
                filler = number * fillers + int(generator.integers(fillers))
                second = replace(_second(relation, fact, lexicon, generator), filler=filler)
                yield StatementPair(person.name, fact, second, label)


def _second(relation: str, fact: Fact, lexicon: Lexicon, generator: np.random.Generator) -> Fact:
    if relation == OTHER_FACT:
        return another_fact(fact, lexicon, generator)
    return fact if relation == SAME else replace(fact, value=another_value(fact, lexicon, generator))
