"""The index of the test set of a study or command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlingual.activity import doing
from xlingual.data.contamination.index import ContaminationIndex
from xlingual.data.location import local_path
from xlingual.data.xquad import stated_questions
from xlingual.languages import XQUAD_LANGUAGES


@doing("indexing the texts of the test set")
def index_of_test_set(source: str, languages: Sequence[str] | None = None) -> ContaminationIndex:
    """Index a test set: a directory with xquad.<code>.json files, a copy of the hub's data set, or a hub id.

    Every question is in it, of those that cannot be scored, too.

    Args:
        source: as for `load_xquad`.
        languages: two-letter codes; None for all of XQuAD's that are there, whichever a study scores, as a copy in
            another language would do the same harm.

    Raises:
        DataError: when the source or a language that was asked for is absent or malformed.
    """
    codes = list(languages) if languages is not None else available_languages(source)
    asked = stated_questions(source, codes)
    return ContaminationIndex.of(question for questions in asked.values() for question in questions)


def available_languages(source: str) -> list[str]:
    """XQuAD's languages that a local source has; all of them for a hub id, and where none can be told."""
    path = local_path(source)
    if path is None or not path.is_dir():
        return list(XQUAD_LANGUAGES)
    there = [code for code in XQUAD_LANGUAGES if (path / f"xquad.{code}.json").is_file() or _in_copy(path, code)]
    return there or list(XQUAD_LANGUAGES)


def _in_copy(directory: Path, code: str) -> bool:
    return any(f"xquad.{code}" in str(file.relative_to(directory)) for file in directory.rglob("*.parquet"))
