"""What a trial's examples are trained for: answers, and the losses that recipes bring with them."""

from __future__ import annotations

from xlingual.extensions import resolve
from xlingual.study import TrialConfiguration
from xlingual.training.objectives.answers import Labels, Spans, Texts
from xlingual.training.objectives.objective import Objective

_ANSWERS: dict[str, type[Objective]] = {one.name: one for one in (Spans, Texts, Labels)}


def answering(configuration: TrialConfiguration) -> Objective:
    """The objective of a trial's questions with answers."""
    return _ANSWERS[configuration.lengths.answers](configuration)


def recipe_objective(configuration: TrialConfiguration) -> Objective:
    """The objective of a trial's FAQ examples: that of its recipe, or answers where the recipe has none."""
    assert configuration.mixture is not None, "a trial without a mixture has no recipe"
    recipe = configuration.mixture.recipe
    if recipe.settings.objective is None:
        return answering(configuration)
    own: type[Objective] = resolve(recipe.settings.objective, f"recipe {recipe.name}")
    return own(configuration)


def objectives_of(configuration: TrialConfiguration) -> dict[str, Objective]:
    """All objectives of a trial by name."""
    every = [answering(configuration)]
    if configuration.mixture is not None:
        every.append(recipe_objective(configuration))
    return {one.name: one for one in every}


__all__ = ["Objective", "answering", "objectives_of", "recipe_objective"]
