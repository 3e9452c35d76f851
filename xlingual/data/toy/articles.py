"""Articles in SQuAD v1.1 format: training, development and parallel test data of a toy world."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xlingual.data.toy.sentences import Person, draw_person, write_paragraph, write_question
from xlingual.data.toy.vocabularies import Lexicon
from xlingual.data.toy.world import ToyWorld

Families = Mapping[str, tuple[Person, ...]]
"""The people of one split, by family."""

SPLITS = ("train", "dev", "test")


def draw_families(world: ToyWorld, lexicon: Lexicon, split: str) -> Families:
    """The people of one split; no family, and hence no person, is in two splits."""
    generator = world.generator(f"persons of {split}")
    families: dict[str, tuple[Person, ...]] = {}
    for family in _family_names(world, lexicon, split):
        given = generator.choice(lexicon.given_names, world.persons_per_article, replace=False)
        families[family] = tuple(draw_person(f"{name} {family}", world, lexicon, generator) for name in given)
    return families


def squad_file(families: Families, split: str, language: str, lexicon: Lexicon) -> dict[str, Any]:
    """One article per family, in a language; ids are the same in every language."""
    articles = []
    for family, persons in families.items():
        paragraphs = [_paragraph(person, split, language, lexicon) for person in persons]
        articles.append({"title": f"Toy family {family}", "paragraphs": paragraphs})
    return {"version": "1.1", "data": articles}


def _family_names(world: ToyWorld, lexicon: Lexicon, split: str) -> Sequence[str]:
    sizes = (world.train_articles, world.dev_articles, world.test_articles)
    at = SPLITS.index(split)
    return lexicon.families[sum(sizes[:at]) : sum(sizes[: at + 1])]


def _paragraph(person: Person, split: str, language: str, lexicon: Lexicon) -> dict[str, Any]:
    context, starts = write_paragraph(person, language, lexicon)
    questions = []
    for number, asked in enumerate(person.asked):
        fact = person.facts[asked.fact]
        questions.append(
            {
                "id": f"toy-{split}-{person.name.replace(' ', '-')}-{number}",
                "question": write_question(fact.relation, asked.filler, person.name, language, lexicon),
                "answers": [{"text": fact.value, "answer_start": starts[asked.fact]}],
            }
        )
    return {"context": context, "qas": questions}
