"""Whether the families of a study's models can be trained with the recipes of its arms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from xlingual.data.examples import Example, SentencePair
from xlingual.errors import ModelError
from xlingual.families import Checkpoint
from xlingual.models.fit import unknown_notes
from xlingual.models.weight_values import check_values
from xlingual.preparation.inputs import Locations, load_test_data
from xlingual.study import Study, possible_mixtures
from xlingual.study.data import TOY, TOY_TEXT_TO_TEXT
from xlingual.study.recipes import RECIPES


def check_families(
    study: Study,
    locations: Locations,
    checkpoints: Mapping[str, Checkpoint],
    note: Callable[[str], None] = lambda line: None,
) -> None:
    """Check every model of a study, its weights' values too, and every recipe that an arm may draw against its model.

    Of the test sets' texts only their tokens are looked at, for languages that a model cannot read.

    Args:
        study: its definition.
        locations: where its test sets lie.
        checkpoints: its models by arm.
        note: told what looks wrong about a model.

    Raises:
        ModelError: for a checkpoint that is unfit, or the first recipe that a family does not serve, with the arm, the
            recipe and what to write.
    """
    texts: dict[str, list[str]] = {}
    for test in study.data.test.sets.values():
        for language, part in load_test_data(test, locations).items():
            texts.setdefault(language, []).extend(text for example in part.examples for text in _texts(example))
    for checkpoint in dict.fromkeys(checkpoints.values()):
        for line in _checkpoint_notes(study, checkpoint, texts):
            note(f"model {Path(checkpoint.name).name}: {line}")
    for arm, checkpoint in checkpoints.items():
        recipes = {possible.mixture.recipe.name for possible in possible_mixtures(study, arm)}
        if not recipes:
            continue
        served = checkpoint.family.served_recipes(checkpoint.directory)
        for recipe in sorted(recipes.difference(served)):
            others = " or ".join(served)
            real = RECIPES[recipe].suited_model
            other = {"FacebookAI/xlm-roberta-base": TOY}.get(real, TOY_TEXT_TO_TEXT) if study.uses_toy else real
            reason = RECIPES[recipe].refusal
            another = (
                "" if study.task_benchmark.of_pairs and not RECIPES[recipe].beside_pairs else f", or model: {other}"
            )
            raise ModelError(
                f"arms.{arm}.mixture.recipe: model {study.arms[arm].model or study.model} cannot be trained with "
                f"{recipe}, which {reason}; write recipe: {others}{another}"
            )


def _texts(example: Example | SentencePair) -> tuple[str, ...]:
    """What of an example shows whether a model can read its language."""
    return (example.context,) if isinstance(example, Example) else (example.first, example.second)


def _checkpoint_notes(study: Study, checkpoint: Checkpoint, texts: Mapping[str, Sequence[str]]) -> list[str]:
    """Check a checkpoint; say what looks wrong about one that can be used."""
    family, directory = checkpoint.family, checkpoint.directory
    family.check(directory, checkpoint.traits(study.lengths).lengths)
    notes = family.notes(directory, checkpoint.tokenizer)
    check_values(directory)
    return [*notes, *unknown_notes(checkpoint.tokenizer, texts)]
