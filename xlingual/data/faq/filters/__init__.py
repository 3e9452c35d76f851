"""Filters of FAQ rows: each a small class, all of them counted."""

from xlingual.data.faq.filters.faq_filter import RULES, FaqFilter

__all__ = ["RULES", "FaqFilter"]
