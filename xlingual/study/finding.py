"""A finding of a check."""

from __future__ import annotations

from dataclasses import dataclass

from xlingual.study.document import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem: the path in the study file that it concerns, and what to write instead."""

    path: Path
    message: str
