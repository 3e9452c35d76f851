"""What is shown while the library works: in a notebook, a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal, TypeAlias, get_args

from rich.console import Console

from xlingual.activity import Activities, heard_by
from xlingual.errors import XlingualError
from xlingual.progress import ScoreNames, study_shown
from xlingual.progress.activities import activities_shown
from xlingual.progress.notebook import NotebookView, drawn_again, notebook_output, work_shown
from xlingual.progress.silent import SilentView
from xlingual.progress.views import Guarded, Preparing
from xlingual.search.listener import Listener

Progress: TypeAlias = Literal["auto", "lines", "json", "none"]


def check_progress(progress: str) -> None:
    """Refuse a word that is no way of showing progress.

    Raises:
        XlingualError: names those that are.
    """
    if progress not in get_args(Progress):
        raise XlingualError(f"progress: found {progress!r}; write one of {', '.join(get_args(Progress))}")


@contextmanager
def study_told(progress: Progress, names: ScoreNames) -> Iterator[Listener]:
    """Yield the listener of a study.

    Args:
        progress: `auto` is one output of a notebook that is drawn again, a live table in a terminal, and lines
            elsewhere.
        names: what scores are called.
    """
    show = notebook_output() if progress == "auto" else None
    if progress == "none":
        yield SilentView()
    elif show is not None:
        activities = Activities()
        view = NotebookView(show, names, activities)
        preparing = Preparing(Guarded(view), activities, "preparing the study")
        with preparing, heard_by(activities), drawn_again(view):
            yield preparing
    else:
        console = Console(force_terminal=False) if progress == "lines" else Console()
        with study_shown(progress == "json", console, names) as told:
            yield told


@contextmanager
def work_told(progress: Progress) -> Iterator[None]:
    """Show what is being done within the context, unless `progress` is `none`; never on standard output."""
    with ExitStack() as stack:
        if progress != "none":
            show = notebook_output() if progress == "auto" else None
            stack.enter_context(activities_shown() if show is None else work_shown(show))
        yield
