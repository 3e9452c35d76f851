"""Whether the families of a study's models can be trained with the recipes of its arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from xlingual.data.xquad import load_xquad
from xlingual.errors import ModelError
from xlingual.families import family_of
from xlingual.models.checkpoint import resolve_checkpoint
from xlingual.models.fit import unknown_notes
from xlingual.models.weight_values import check_values
from xlingual.preparation.inputs import Locations
from xlingual.study import Study, possible_mixtures
from xlingual.study.data import TOY, TOY_TEXT_TO_TEXT
from xlingual.study.recipes import RECIPES


def check_families(study: Study, locations: Locations, note: Callable[[str], None] = lambda line: None) -> None:
    """Check every model of a study, its weights' values too, and every recipe that an arm may draw against its model.

    Of the test set's texts only their tokens are looked at, for languages that a model cannot read.

    Args:
        study: its definition.
        locations: where its models lie.
        note: told what looks wrong about a model.

    Raises:
        ModelError: for a checkpoint that is unfit, or the first recipe that a family does not serve, with the arm, the
            recipe and what to write.
    """
    texts = {
        language: [example.context for example in part.examples]
        for language, part in load_xquad(locations.test, study.data.test.languages, study.data.test.paragraphs).items()
    }
    for model in dict.fromkeys(locations.models.values()):
        for line in _checkpoint_notes(study, model, texts):
            note(f"model {Path(model).name}: {line}")
    for arm, model in locations.models.items():
        recipes = {possible.mixture.recipe.name for possible in possible_mixtures(study, arm)}
        if not recipes:
            continue
        served = served_recipes(model)
        for recipe in sorted(recipes.difference(served)):
            others = " or ".join(served)
            real = RECIPES[recipe].suited_model
            other = {"FacebookAI/xlm-roberta-base": TOY}.get(real, TOY_TEXT_TO_TEXT) if study.uses_toy else real
            reason = RECIPES[recipe].refusal
            raise ModelError(
                f"arms.{arm}.mixture.recipe: model {study.arms[arm].model or study.model} cannot be trained with "
                f"{recipe}, which {reason}; write recipe: {others}, or model: {other}"
            )


def _checkpoint_notes(study: Study, model: str, texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Check a checkpoint; say what looks wrong about one that can be used."""
    directory = resolve_checkpoint(model)
    family = family_of(directory)
    family.check(directory, family.traits(directory, study.windows, study.text_to_text).lengths)
    tokenizer = family.tokenizer(directory)
    notes = family.notes(directory, tokenizer)
    check_values(directory)
    return [*notes, *unknown_notes(tokenizer, texts)]


def served_recipes(model: str) -> tuple[str, ...]:
    """Names of the recipes that a model, a hub id or a local directory, can be trained with."""
    directory = resolve_checkpoint(model)
    family = family_of(directory)
    return family.served_recipes(directory)
