"""All errors that a user may see.

    XlingualError
    ├── StudyFileError    an invalid study file
    ├── ExtensionError    an extension that cannot be used, from an installed package
    ├── DataError         a missing, short or malformed data source
    ├── ModelError        a checkpoint that cannot be loaded or has no usable head
    ├── RecordError       a broken or foreign record in a study's directory
    │   ├── RecordLocked  a record that another process is writing
    │   └── StorageError  a place that cannot be written: full, read-only or gone
    ├── PlacementError    a trial that does not fit the cluster
    ├── NodeError         a node of a cluster that lacks what the driver has
    ├── StageError        a stage that cannot continue (for example, no trial of an arm finished)
    ├── OutOfMemory       a training that does not fit into a device's memory
    └── TrialDiverged     a loss that is no longer finite

An error's message says what was asked, what was found and what to write instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


class XlingualError(Exception):
    """An error whose text is the whole message for the user."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows in place of a traceback."""
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake in a study file: its location, and what to write instead."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class StudyFileError(XlingualError):
    """An invalid study file; lists every problem found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[StudyFileError], tuple[tuple[Problem, ...]]]:
        return (StudyFileError, (self.problems,))


class ExtensionError(XlingualError):
    """An extension that cannot be used, from an installed package."""


class DataError(XlingualError):
    """A missing, short or malformed data source."""


class ModelError(XlingualError):
    """A checkpoint that cannot be loaded or has no usable head."""


class RecordError(XlingualError):
    """A broken or foreign record in a study's directory."""


class RecordLocked(RecordError):
    """A record that another process is writing."""


class StorageError(RecordError):
    """A place that cannot be written; `errno` is that of the operating system's error."""

    errno: int | None = None


class PlacementError(XlingualError):
    """A trial that does not fit the cluster."""


class NodeError(XlingualError):
    """A node of a cluster that lacks what the driver has, or has something else."""


class StageError(XlingualError):
    """A stage of a study that cannot continue."""


class OutOfMemory(XlingualError):
    """A training that does not fit into a device's memory.

    Args:
        message: see above.
        thrift: what spares memory in the next try, see `xlingual.training.memory`; None when nothing is left to spare.
    """

    def __init__(self, message: str, thrift: dict[str, Any] | None = None) -> None:
        self.thrift = thrift
        super().__init__(message)

    def __reduce__(self) -> tuple[type[OutOfMemory], tuple[str, dict[str, Any] | None]]:
        return (OutOfMemory, (str(self), self.thrift))


class TrialDiverged(XlingualError):
    """A training loss that is no longer finite."""
