"""Checks that the sections of a study are those of its task: questions on contexts, or pairs of sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.errors import XlingualError
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.recipes import RECIPES
from xlingual.study.section import section_options


def lengths_are_of_the_task(draft: Draft) -> Iterator[Finding]:
    """A section of lengths that no model of the task reads is not written."""
    headline = _headline(draft)
    if headline is None:
        return
    title, of_pairs = headline
    if of_pairs and draft.document.writes(("windows",)):
        message = f"windows are inputs of question answering, and {title} has pairs of sentences"
        yield Finding(("windows",), f"{message}; write pairs: {{max_length: 128}} in its place")
    if not of_pairs and draft.document.writes(("pairs",)):
        message = f"pairs are inputs of tasks on two sentences, and {title} has questions on contexts"
        yield Finding(("pairs",), f"{message}; write windows: {{max_length: 384, stride: 128}} in its place")


def recipes_are_of_the_task(draft: Draft) -> Iterator[Finding]:
    """A study of sentence pairs has no recipe that makes questions, or texts to write, of FAQ pairs."""
    headline = _headline(draft)
    if headline is None or not headline[1]:
        return
    allowed = [name for name, kind in RECIPES.items() if kind.beside_pairs]
    remedy = "write recipe: " + " or ".join(f"{{{name}: {{}}}}" for name in allowed)
    for arm, definition in draft.arms.items():
        for path, mixture in section_options(definition.mixture, ("arms", arm, "mixture")):
            for place, recipe in section_options(mixture.recipe, (*path, "recipe")):
                named = [name for name in type(recipe).model_fields if getattr(recipe, name) is not None]
                for name in sorted(set(named or ["passage"]) - set(allowed)):
                    how = "" if named else ", which is taken where no recipe is named,"
                    message = f"{name}{how} trains answers to questions, and {headline[0]} has pairs of sentences"
                    yield Finding(place, f"{message}; {remedy}")
    for arm, name in _names_alone(draft.document.value.get("arms")):
        if name in RECIPES and name not in allowed:
            message = f"{name} trains answers to questions, and {headline[0]} has pairs of sentences; {remedy}"
            yield Finding(("arms", arm, "mixture", "recipe"), message)


def _names_alone(arms: Any) -> Iterator[tuple[str, str]]:
    """Arms whose recipe is written as a name alone, which is told as a mistake of its own, and that name."""
    for arm, definition in arms.items() if isinstance(arms, Mapping) else ():
        mixture = definition.get("mixture") if isinstance(definition, Mapping) else None
        recipe = mixture.get("recipe") if isinstance(mixture, Mapping) else None
        if isinstance(recipe, str):
            yield str(arm), recipe


def _headline(draft: Draft) -> tuple[str, bool] | None:
    """Title of the headline test set, and whether it has pairs of sentences; None where that is not known."""
    if draft.sets is None:
        return None
    try:
        benchmark = draft.sets.test.headline.benchmark
    except XlingualError:  # told where its files are looked for
        return None
    return benchmark.title, benchmark.of_pairs


CHECKS = (lengths_are_of_the_task, recipes_are_of_the_task)
