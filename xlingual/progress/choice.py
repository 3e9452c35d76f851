"""Which view suits where the output goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from xlingual.activity import Activities, heard_by
from xlingual.progress.activities import activities_shown, redraws
from xlingual.progress.guard import Guarded
from xlingual.progress.json_lines import JsonLines
from xlingual.progress.live import LiveView
from xlingual.progress.plain import PlainView


@contextmanager
def study_shown(json: bool, console: Console, objective: str) -> Iterator[Guarded]:
    """Yield a study's view, and show what its driver is busy with: in a live table, else on standard error."""
    activities = Activities()
    with Preparing(choose_view(json, console, objective, activities), activities) as view:
        live = isinstance(view.view, LiveView)
        with heard_by(activities) if live else activities_shown(activities=activities, outermost=None):
            yield view


class Preparing(Guarded):
    """A view before whose first stage the study is being prepared."""

    def __init__(self, view: Guarded, activities: Activities) -> None:
        super().__init__(view.view)
        self._activities = activities
        self._preparing = activities.begin("preparing the study")
        if isinstance(view.view, LiveView):
            self._try(view.view.begin)

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Trials speak for themselves from here on."""
        self._activities.end(self._preparing)
        super().stage_started(stage, total, done)


def choose_view(
    json: bool, console: Console, objective: str = "dev.f1", activities: Activities | None = None
) -> Guarded:
    """A listener that writes to `console`: JSON lines if asked for, a live table on a terminal, else plain lines.

    `objective` is the study's, and names the trials' score. The listener never raises into the study, and is a context
    manager that closes itself.
    """
    if json:
        return Guarded(JsonLines(console.file))
    if redraws(console):
        return Guarded(LiveView(console, objective, activities=activities))
    return Guarded(PlainView(console.file, objective))
