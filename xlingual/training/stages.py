"""Stages of a training: FAQ examples alone, then English alone, where a mixture's schedule is `then`.

An intermediate task is a fine-tuning of its own (STILTs: Phang et al., arXiv 1811.01088; for cross-lingual transfer
arXiv 2005.13013), so each stage has its own learning-rate schedule and its own optimiser moments. The updates of both
together are those of every other arm.
"""

from __future__ import annotations

from xlingual.study import TrialConfiguration


def first_stage_updates(configuration: TrialConfiguration) -> int:
    """Updates that see FAQ examples only and come before all others; 0 unless the schedule is `then`."""
    mixture = configuration.mixture
    if mixture is None or mixture.schedule != "then":
        return 0
    return round(mixture.faq_share * configuration.training.updates)
