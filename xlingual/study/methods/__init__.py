"""The methods of robust training: one file for each, without torch, and the registry that joins them.

    method.py         what every method says of itself; a new one subclasses one of its kinds
    registry.py       all methods: those here and those of installed packages
    method_leaves.py  kinds of leaf that several methods share
    words.py          the data that methods draw words from
    setting_texts.py  short texts of settings

The registry is not imported here: it imports packages that import this face.
"""

from xlingual.study.derived import FIXED, MILDEST_HIGH, MILDEST_LOW, VOIDABLE
from xlingual.study.finding import Finding
from xlingual.study.leaves import Count, Flag, Languages, Real, Share
from xlingual.study.methods.method import (
    AveragingMethod,
    Method,
    PerturbingMethod,
    TextMethod,
    Void,
    Written,
)
from xlingual.study.methods.method_leaves import Distribution, Few, Magnitude, MethodWeight, PlaceName, Unit
from xlingual.study.methods.words import DICTIONARIES, SYNONYMS
from xlingual.study.section import LeafDoc, Section
from xlingual.study.space import largest, smallest, values

__all__ = [
    "DICTIONARIES",
    "FIXED",
    "MILDEST_HIGH",
    "MILDEST_LOW",
    "SYNONYMS",
    "VOIDABLE",
    "AveragingMethod",
    "Count",
    "Distribution",
    "Few",
    "Finding",
    "Flag",
    "Languages",
    "LeafDoc",
    "Magnitude",
    "Method",
    "MethodWeight",
    "PerturbingMethod",
    "PlaceName",
    "Real",
    "Section",
    "Share",
    "TextMethod",
    "Unit",
    "Void",
    "Written",
    "largest",
    "smallest",
    "values",
]
