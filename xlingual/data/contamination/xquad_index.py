"""Build the index of a test set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlingual.activity import doing
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.location import local_path
from xlingual.data.test_sets.xquad import stated_questions
from xlingual.languages import XQUAD_LANGUAGES


@doing("indexing the texts of the test set")
def index_of_test_set(source: str, languages: Sequence[str] | None = None) -> ContaminationIndex:
    """Index a test set: a directory with xquad.<code>.json files, a copy of the hub data set, or a hub id.

    Every question is indexed, even one that cannot be scored.

    Args:
        source: see `load_xquad`.
        languages: two-letter codes; None for all XQuAD languages of the source, whichever a study scores, because a
            copy in another language would do the same harm.

    Raises:
        DataError: when the source or a requested language is missing or malformed.
    """
    codes = list(languages) if languages is not None else available_languages(source)
    asked = stated_questions(source, codes)
    return ContaminationIndex.of(question for questions in asked.values() for question in questions)


def available_languages(source: str) -> list[str]:
    """The XQuAD languages of a local source; all of them for a hub id, or if none is recognised."""
    path = local_path(source)
    if path is None or not path.is_dir():
        return list(XQUAD_LANGUAGES)
    found = [code for code in XQUAD_LANGUAGES if (path / f"xquad.{code}.json").is_file() or _in_copy(path, code)]
    return found or list(XQUAD_LANGUAGES)


def _in_copy(directory: Path, code: str) -> bool:
    return any(f"xquad.{code}" in str(file.relative_to(directory)) for file in directory.rglob("*.parquet"))
