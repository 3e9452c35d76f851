"""`xlingual data contamination`: which training data overlaps XQuAD."""

from __future__ import annotations


def contamination() -> None:
    """Show which training data overlaps XQuAD."""
