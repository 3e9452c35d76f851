"""Filters of FAQ rows; each counts what it drops or changes."""

from xlingual.data.faq.filters.faq_filter import RULES, FaqFilter

__all__ = ["RULES", "FaqFilter"]
