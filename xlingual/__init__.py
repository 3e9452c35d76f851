"""Hyperparameter studies for zero-shot cross-lingual question answering, distributed with Ray.

    >>> import xlingual
    >>> study = xlingual.run_study("studies/quickstart.yaml")
    >>> study.report()
    >>> study.to_dataframe().groupby(["arm", "language"]).f1.mean()

What is named here is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlingual.api.numbers import Numbers as Numbers
    from xlingual.api.opened_study import OpenedStudy as OpenedStudy
    from xlingual.api.opened_study import open_study as open_study
    from xlingual.api.running import StudyInterrupted as StudyInterrupted
    from xlingual.api.running import run_study as run_study
    from xlingual.api.scoring import evaluate as evaluate
    from xlingual.api.scoring import score as score
    from xlingual.errors import StudyFileError as StudyFileError
    from xlingual.errors import XlingualError as XlingualError
    from xlingual.study import Study as Study
    from xlingual.study import load_study as load_study

__version__ = "0.1.0"

_PLACES = {
    "Numbers": "xlingual.api.numbers",
    "OpenedStudy": "xlingual.api.opened_study",
    "Study": "xlingual.study",
    "StudyFileError": "xlingual.errors",
    "StudyInterrupted": "xlingual.api.running",
    "XlingualError": "xlingual.errors",
    "evaluate": "xlingual.api.scoring",
    "load_study": "xlingual.study",
    "open_study": "xlingual.api.opened_study",
    "run_study": "xlingual.api.running",
    "score": "xlingual.api.scoring",
}
"""Module of every name."""

__all__ = [
    "Numbers",
    "OpenedStudy",
    "Study",
    "StudyFileError",
    "StudyInterrupted",
    "XlingualError",
    "__version__",
    "evaluate",
    "load_study",
    "open_study",
    "run_study",
    "score",
]


if not TYPE_CHECKING:  # to a type checker, any other name is a mistake

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used."""
        if name not in _PLACES:
            raise AttributeError(f"module 'xlingual' has no attribute {name!r}")
        value = getattr(import_module(_PLACES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*(name for name in globals() if name.startswith("__")), *__all__})
