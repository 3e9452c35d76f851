"""What kind of model a study names, found without downloading anything."""

from __future__ import annotations

import re
from dataclasses import dataclass

from xlingual.errors import XlingualError
from xlingual.models.checkpoint_directory import present_checkpoint
from xlingual.study import Lengths, Study
from xlingual.study.data import TOY, TOY_TEXT_TO_TEXT
from xlingual.tasks.named import task_of

_NAMED_T5 = re.compile(r"(^|[-_./])(m|um|by|flan-?)?t5($|[-_./@])", re.IGNORECASE)
"""Names of models that are T5's relatives: google/mt5-base, google/byt5-small, google-t5/t5-base."""


@dataclass(frozen=True, slots=True)
class ModelKind:
    """What is known of a model before it is loaded.

    Attributes:
        lengths: of its inputs in a study, which also tell its family; None in them where only its files would say.
        guessed: whether its family was told by its name, as its files are not on this machine.
    """

    lengths: Lengths
    guessed: bool = False


def model_kind(model: str, study: Study) -> ModelKind:
    """Determine the kind of a study's model: from its files if they are on this machine, else from its name.

    Args:
        model: hub id or directory.
        study: its lengths are those of the inputs.
    """
    if model in (TOY, TOY_TEXT_TO_TEXT):
        return ModelKind(study.text_to_text if model == TOY_TEXT_TO_TEXT else study.encoder_lengths)
    directory = present_checkpoint(model)
    if directory is not None:
        from xlingual.families import Checkpoint  # takes seconds, which other plans need not wait

        try:
            return ModelKind(Checkpoint.at(directory, task_of(study.task_benchmark)).traits(study.lengths).lengths)
        except XlingualError:  # told when the model is loaded
            pass
    return ModelKind(study.text_to_text if _NAMED_T5.search(model) else study.encoder_lengths, guessed=True)
