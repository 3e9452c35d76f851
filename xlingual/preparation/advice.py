"""Notes on arms trained with settings that are unusual for their model's family."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from xlingual.errors import XlingualError
from xlingual.models.checkpoint_directory import present_checkpoint
from xlingual.study import Study
from xlingual.study.configuration import arm_space
from xlingual.study.space import largest, smallest, values
from xlingual.tasks.named import task_of

if TYPE_CHECKING:
    from xlingual.families import Checkpoint


def advice_notes(study: Study, checkpoints: Mapping[str, Checkpoint] | None = None) -> list[str]:
    """Say which arms search learning rates wholly outside what their model's family is usually fine-tuned with.

    Arms with the same note share one sentence. Nothing is downloaded and no weights are read: nothing
    is said of a model that is neither in a local directory nor in the hub's cache, or that no family can be told of.

    Args:
        study: its definition.
        checkpoints: its models by arm; None looks for them by their names, as for a plan.
    """
    if study.uses_toy:
        return []
    said: dict[str, list[str]] = {}
    for arm, definition in study.arms.items():
        checkpoint = checkpoints[arm] if checkpoints is not None else _present(definition.model or study.model, study)
        for note in _notes(study, arm, checkpoint) if checkpoint else ():
            said.setdefault(note, []).append(arm)
    return [f"{', '.join(arms)}: {note}" for note, arms in said.items()]


def _present(model: str, study: Study) -> Checkpoint | None:
    """A model whose files are on this machine already, as far as they can be read."""
    if (directory := present_checkpoint(model)) is None:
        return None
    from xlingual.families import Checkpoint  # takes seconds, which a plan of models that are elsewhere need not wait

    try:
        return Checkpoint.at(directory, task_of(study.task_benchmark))
    except XlingualError:  # told when the model is loaded
        return None


def _notes(study: Study, arm: str, checkpoint: Checkpoint) -> Iterator[str]:
    advice = checkpoint.family.advice(checkpoint.directory)
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
