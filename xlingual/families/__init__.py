"""Families of models behind one interface, chosen from a checkpoint's own configuration and the task."""

from xlingual.families.checkpoint import EXTRACTIVE, TEXT_TO_TEXT, Checkpoint, family_for, family_of
from xlingual.families.family import Advice, Family, Inputs
from xlingual.families.scoring_set import ScoringSet
from xlingual.study import Lengths

__all__ = [
    "EXTRACTIVE",
    "TEXT_TO_TEXT",
    "Advice",
    "Checkpoint",
    "Family",
    "Inputs",
    "Lengths",
    "ScoringSet",
    "family_for",
    "family_of",
]
