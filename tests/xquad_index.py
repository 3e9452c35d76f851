"""The index of XQuAD alone, or of files in its layout."""

from __future__ import annotations

from collections.abc import Sequence

from xlingual.data.contamination import JointIndex, index_of_test_sets
from xlingual.study.benchmarks import BENCHMARKS


def index_of_xquad(source: str, languages: Sequence[str] | None = None) -> JointIndex:
    """Index a test set in XQuAD's layout."""
    return index_of_test_sets({"xquad": (BENCHMARKS["xquad"], source, languages)})
