"""Filters of FAQ rows (being written)."""

from __future__ import annotations

from xlingual.study.section import Section


class FaqFilters(Section):
    """Filters of FAQ rows."""
