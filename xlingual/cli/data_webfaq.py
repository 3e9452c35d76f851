"""`xlingual data webfaq`: what the filters keep and drop of FAQ rows."""

from __future__ import annotations


def webfaq() -> None:
    """Show what the filters keep and drop of FAQ rows."""
