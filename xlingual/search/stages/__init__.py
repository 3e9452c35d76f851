"""The stages of a study: search, replicate, test. Each does what its records say is missing, and nothing else."""

from __future__ import annotations

from xlingual.search.stages.replicate import replicate
from xlingual.search.stages.search import search
from xlingual.search.stages.test import test

__all__ = ["replicate", "search", "test"]
