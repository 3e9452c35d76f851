"""Notes on arms that are trained otherwise than models of their family usually are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from xlingual.errors import XlingualError
from xlingual.models.checkpoint import present_checkpoint
from xlingual.study import Study
from xlingual.study.configuration import arm_space
from xlingual.study.space import largest, smallest, values

if TYPE_CHECKING:
    from xlingual.preparation.inputs import Locations


def advice_notes(study: Study, locations: Locations | None = None) -> list[str]:
    """Say which arms search learning rates wholly outside what their model's family is usually fine-tuned with.

    Arms of which the same is to be said stand in one sentence. Nothing is downloaded and no weights are read: nothing
    is said of a model that is neither in a local directory nor in the hub's cache, or that no family can be told of.

    Args:
        study: its definition.
        locations: where its models lie; None finds them by their names, as for a plan.
    """
    said: dict[str, list[str]] = {}
    for arm, definition in study.arms.items():
        model = locations.models[arm] if locations is not None else definition.model or study.model
        for note in _notes(study, arm, model):
            said.setdefault(note, []).append(arm)
    return [f"{', '.join(arms)}: {note}" for note, arms in said.items()]


def _notes(study: Study, arm: str, model: str) -> Iterator[str]:
    if study.uses_toy or (directory := present_checkpoint(model)) is None:
        return
    from xlingual.families import family_of  # takes seconds, which a plan of models that are elsewhere need not wait

    try:
        advice = family_of(directory).advice(directory)
    except XlingualError:  # told when the model is loaded
        return
    training = arm_space(study, arm)["training"]
    low, high = float(smallest(training["learning_rate"])), float(largest(training["learning_rate"]))
    usual_low, usual_high = advice.learning_rates
    if high < usual_low or low > usual_high:
        side = "below" if high < usual_low else "above"
        yield (
            f"learning rates lie {side} the usual {usual_low:g} to {usual_high:g} ({advice.source}); "
            "write training.learning_rate in the arm"
        )
    for precision in values(training["precision"]):
        if precision not in ("auto", *advice.precisions):
            yield f"models of this kind are not known to train in {precision}; usual: {' or '.join(advice.precisions)}"
