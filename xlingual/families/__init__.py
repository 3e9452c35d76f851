"""Families of models behind one interface, chosen from a checkpoint's own configuration."""

from __future__ import annotations

from pathlib import Path

from xlingual.activity import doing
from xlingual.families.extractive.extractive_family import Extractive
from xlingual.families.family import Advice, Family, Inputs
from xlingual.families.scoring_set import ScoringSet
from xlingual.families.text_to_text.text_to_text_family import TextToText
from xlingual.models.text_to_text import is_text_to_text
from xlingual.study import Lengths

EXTRACTIVE: Family = Extractive()
TEXT_TO_TEXT: Family = TextToText()
FAMILIES = {family.name: family for family in (EXTRACTIVE, TEXT_TO_TEXT)}
"""Every family by its name."""


@doing("looking at the model's kind")
def family_of(directory: Path) -> Family:
    """The family of a checkpoint, by its config.json.

    Args:
        directory: the checkpoint's, see `xlingual.models.checkpoint.resolve_checkpoint`.

    T5, mT5, umT5 and ByT5 write text, unless the checkpoint is one of theirs with a span head. Everything else is taken
    for an encoder, which says when it has no span head.

    Raises:
        ModelError: when the configuration cannot be read.
    """
    return TEXT_TO_TEXT if is_text_to_text(directory) else EXTRACTIVE


__all__ = ["EXTRACTIVE", "FAMILIES", "TEXT_TO_TEXT", "Advice", "Family", "Inputs", "Lengths", "ScoringSet", "family_of"]
