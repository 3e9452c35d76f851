"""What a trial's examples are trained for: answers, and the losses that recipes bring with them.

A recipe with a loss of its own adds its objective to `OF_RECIPES`; other recipes train answers.
"""

from __future__ import annotations

from xlingual.study import TrialConfiguration
from xlingual.training.objectives.answers import Spans, Texts
from xlingual.training.objectives.contrastive import Contrastive
from xlingual.training.objectives.masked_language_model import MaskedLanguageModel
from xlingual.training.objectives.objective import Objective

_ANSWERS: dict[str, type[Objective]] = {one.name: one for one in (Spans, Texts)}

OF_RECIPES: dict[str, type[Objective]] = {one.name: one for one in (Contrastive, MaskedLanguageModel)}
"""Objectives of recipes with a loss of their own, by the recipe's name."""


def answering(configuration: TrialConfiguration) -> Objective:
    """The objective of a trial's questions with answers."""
    return _ANSWERS[configuration.lengths.answers](configuration)


def recipe_objective(configuration: TrialConfiguration) -> Objective:
    """The objective of a trial's FAQ examples: that of its recipe, or answers where the recipe has none."""
    assert configuration.mixture is not None, "a trial without a mixture has no recipe"
    own = OF_RECIPES.get(configuration.mixture.recipe.name)
    return own(configuration) if own else answering(configuration)


def objectives_of(configuration: TrialConfiguration) -> dict[str, Objective]:
    """All objectives of a trial by name."""
    every = [answering(configuration)]
    if configuration.mixture is not None:
        every.append(recipe_objective(configuration))
    return {one.name: one for one in every}


__all__ = ["OF_RECIPES", "Objective", "answering", "objectives_of", "recipe_objective"]
