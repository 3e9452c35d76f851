"""Families of models behind one interface, chosen from a checkpoint's own configuration."""

from xlingual.families.checkpoint import EXTRACTIVE, FAMILIES, TEXT_TO_TEXT, Checkpoint, family_of
from xlingual.families.family import Advice, Family, Inputs
from xlingual.families.scoring_set import ScoringSet
from xlingual.study import Lengths

__all__ = [
    "EXTRACTIVE",
    "FAMILIES",
    "TEXT_TO_TEXT",
    "Advice",
    "Checkpoint",
    "Family",
    "Inputs",
    "Lengths",
    "ScoringSet",
    "family_of",
]
