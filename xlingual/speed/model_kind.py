"""What kind of model a study names, found without downloading anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from xlingual.errors import XlingualError
from xlingual.models.checkpoint import present_checkpoint
from xlingual.study import Study
from xlingual.study.data import TOY, TOY_TEXT_TO_TEXT

FamilyName = Literal["extractive", "text_to_text"]

_NAMED_T5 = re.compile(r"(^|[-_./])(m|um|by|flan-?)?t5($|[-_./@])", re.IGNORECASE)
"""Names of models that are T5's relatives: google/mt5-base, google/byt5-small, google-t5/t5-base."""


@dataclass(frozen=True, slots=True)
class ModelKind:
    """What is known of a model before it is loaded.

    Attributes:
        family: its name.
        max_length: most tokens of its inputs in a study; None where that cannot be told without its files.
        guessed: whether the family was told by the model's name, as its files are not on this machine.
    """

    family: FamilyName
    max_length: int | None = None
    guessed: bool = False


ENCODER = ModelKind("extractive")


def model_kind(model: str, study: Study) -> ModelKind:
    """Tell the kind of a study's model: by its files where they are on this machine, else by its name.

    Args:
        model: hub id or directory.
        study: its lengths are those of the inputs.
    """
    if model in (TOY, TOY_TEXT_TO_TEXT):
        return _named("text_to_text" if model == TOY_TEXT_TO_TEXT else "extractive", study, guessed=False)
    directory = present_checkpoint(model)
    if directory is not None:
        from xlingual.families import TEXT_TO_TEXT, family_of  # takes seconds, which other plans need not wait
        from xlingual.speed.input_spread import most_tokens

        try:
            family = family_of(directory)
            lengths = family.traits(directory, study.windows, study.text_to_text).lengths
            return ModelKind("text_to_text" if family is TEXT_TO_TEXT else "extractive", most_tokens(lengths))
        except XlingualError:  # told when the model is loaded
            pass
    return _named("text_to_text" if _NAMED_T5.search(model) else "extractive", study, guessed=True)


def _named(family: FamilyName, study: Study, *, guessed: bool) -> ModelKind:
    longest = study.windows.max_length if family == "extractive" else study.text_to_text.max_input_tokens
    return ModelKind(family, longest, guessed)
