"""Names of the columns of sentence pairs, in headers of files and on the hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "first": ("sentence1", "premise"),
        "second": ("sentence2", "hypothesis", "hypo"),
        "label": ("label", "gold_label"),
        "id": ("id",),
        "language": ("language",),
    }
)
"""From the part of a pair to its names: those of PAWS-X, XNLI, MultiNLI and XTREME."""

NEEDED = ("first", "second", "label")


def columns_of(names: Sequence[str]) -> dict[str, str]:
    """From each part of a pair to the name of its column; a part without a column is left out.

    Args:
        names: of all columns.
    """
    found = {part: next((name for name in known if name in names), None) for part, known in NAMES.items()}
    return {part: name for part, name in found.items() if name is not None}


def lacking(columns: Mapping[str, str]) -> str:
    """What is missing of a pair's parts, in words: "sentence2 (or hypothesis, hypo)"; empty if nothing is."""
    return ", ".join(f"{NAMES[part][0]} (or {', '.join(NAMES[part][1:])})" for part in NEEDED if part not in columns)
