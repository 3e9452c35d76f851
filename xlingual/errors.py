"""Every error that a user may see, as one list.

    XlingualError
    ├── StudyFileError    a study file that cannot be read as a study
    ├── ExtensionError    an installed package whose addition to xlingual cannot be used
    ├── DataError         a data source that is absent, short or malformed
    ├── ModelError        a checkpoint that cannot be loaded or has no usable head
    ├── RecordError       a broken or foreign record in a study's directory
    │   ├── RecordLocked  a record that another process writes now
    │   └── StorageError  a place that cannot be written: it is full, read-only, gone
    ├── PlacementError    a trial that does not fit the cluster
    ├── StageError        a stage that cannot go on (no trial of an arm finished, say)
    └── TrialDiverged     a loss that is no longer finite

The text of an error says what was asked, what was found and what to write instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class XlingualError(Exception):
    """An error whose text is the whole message for the user."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a study file: where it stands and what to write instead."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class StudyFileError(XlingualError):
    """A study file that cannot be read as a study; holds every problem that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[StudyFileError], tuple[tuple[Problem, ...]]]:
        return (StudyFileError, (self.problems,))


class ExtensionError(XlingualError):
    """An installed package whose addition to xlingual cannot be used."""


class DataError(XlingualError):
    """A data source that is absent, short or malformed."""


class ModelError(XlingualError):
    """A checkpoint that cannot be loaded or has no usable head."""


class RecordError(XlingualError):
    """A broken or foreign record in a study's directory."""


class RecordLocked(RecordError):
    """A record that another process writes now."""


class StorageError(RecordError):
    """A place that cannot be written; `errno` is the number of the operating system's error."""

    errno: int | None = None


class PlacementError(XlingualError):
    """A trial that does not fit the cluster."""


class StageError(XlingualError):
    """A stage of a study that cannot go on."""


class TrialDiverged(XlingualError):
    """A training loss that is no longer finite."""
