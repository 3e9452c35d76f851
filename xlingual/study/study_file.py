"""From a study file to a checked study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from pydantic import ValidationError

from xlingual.errors import Problem, RecordError, StudyFileError, XlingualError
from xlingual.study.checks import check
from xlingual.study.document import Document
from xlingual.study.draft import draft_of
from xlingual.study.loader import read_document
from xlingual.study.problems import problems_of
from xlingual.study.schema import Study

_CLAIMS = (
    "this is a list of claims, not a study; run the studies that it names, then compare them by "
    "python analysis/claims.py STUDY_DIR ..."
)


def load_study(path: str | PathLike[str], overrides: Sequence[str] = ()) -> Study:
    """Read and check a study file; overrides such as "data.train=PATH" replace what it says.

    Raises StudyFileError with all problems at once, in the order of their lines, and XlingualError for overrides that
    are no list of texts.
    """
    if isinstance(overrides, str | Mapping):
        raise XlingualError(f"overrides: found {overrides!r}; write a list of texts, such as ['training.updates=100']")
    return study_of(read_document(path, overrides))


def study_of_record(plain: Mapping[str, Any]) -> Study:
    """Make a study of what its records say of it (study.json), which was checked when it was written.

    Raises:
        RecordError: when this version of the program cannot read it.
    """
    try:
        return Study.model_validate(plain)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise RecordError(
            f"the study's definition in its records cannot be read ({place}: {first['msg']}); use the version of "
            "xlingual that wrote it, which environment.jsonl names"
        ) from None


def study_of(document: Document) -> Study:
    """Check a document as a study; raises StudyFileError with all its problems."""
    if "claims" in document.value and "arms" not in document.value:
        raise StudyFileError([document.line_of(("claims",)).problem(_CLAIMS)])
    problems: list[Problem] = []
    study = None
    try:
        study = Study.model_validate(document.value)
    except ValidationError as error:
        problems.extend(problems_of(error, document))
    problems.extend(check(draft_of(document)))
    if study is None or problems:
        raise StudyFileError(sorted(dict.fromkeys(problems), key=lambda problem: (not problem.line, problem.line)))
    study._source_text = document.text
    return study
