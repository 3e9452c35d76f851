"""The view of a study that suits the output; its failures never stop the study."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from types import TracebackType

from rich.console import Console

from xlingual.activity import Activities, heard_by, is_quiet, is_verbose
from xlingual.progress.activities import LOOK, activities_shown, every, redraws
from xlingual.progress.json_lines import JsonLines
from xlingual.progress.live import LiveView
from xlingual.progress.plain import PlainView
from xlingual.progress.score_names import DEFAULT_NAMES, ScoreNames
from xlingual.progress.silent import SilentView
from xlingual.progress.study_view import Scores
from xlingual.search.listener import ClusterUse, Listener, TrialView

_log = logging.getLogger(__name__)


class Guarded:
    """Forwards every event to a view and suppresses its exceptions, with one warning in the log.

    As a context manager it closes the view. A KeyboardInterrupt is raised; a SystemExit is not, because rich raises it
    when the terminal is gone.
    """

    def __init__(self, view: Listener) -> None:
        self.view = view
        self._warned = False
        self._lock = threading.RLock()  # a cluster's watch and the user's Ctrl-C are told by other threads

    def recorded(self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Scores]) -> None:
        """Forward to the view."""
        self._try(self.view.recorded, trials, scores)

    def cluster_used(self, use: ClusterUse) -> None:
        """Forward to the view."""
        self._try(self.view.cluster_used, use)

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Forward to the view."""
        self._try(self.view.stage_started, stage, total, done)

    def stage_ended(self, stage: str) -> None:
        """Forward to the view."""
        self._try(self.view.stage_ended, stage)

    def trial_changed(self, trial: TrialView) -> None:
        """Forward to the view."""
        self._try(self.view.trial_changed, trial)

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Forward to the view."""
        self._try(self.view.test_scored, arm, seed, test_set, language_scores)

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Forward to the view."""
        self._try(self.view.plan_changed, total, held)

    def note(self, text: str) -> None:
        """Forward to the view."""
        self._try(self.view.note, text)

    def close(self) -> None:
        """Forward to the view, whatever another thread is doing with it."""
        self._try(self.view.close, alone=False)

    def __enter__(self) -> Guarded:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def look(self) -> None:
        """Let a view of lines say that the study goes on, if it has been silent for long."""
        if isinstance(self.view, PlainView):
            self._try(self.view.look)

    def _try(self, tell: Callable[..., None], *args: object, alone: bool = True) -> None:
        try:
            with self._lock if alone else nullcontext():
                tell(*args)
        except (Exception, SystemExit) as error:
            if not self._warned:
                self._warned = True
                trace = not isinstance(error, (OSError, SystemExit))  # a reader that is gone is not a bug
                _log.warning("The progress view failed (%r); the study continues.", error, exc_info=trace)


@contextmanager
def study_shown(
    json: bool,
    console: Console,
    names: ScoreNames,
    first: str = "preparing the study",
    *,
    follows: bool = False,
) -> Iterator[Guarded]:
    """Yield a study's view, and show what its driver is doing in the live table, else on standard error.

    `first` is what is being done until the first stage begins; `follows` says whether another command runs the study.
    """
    activities = Activities()
    with Preparing(choose_view(json, console, names, activities, follows=follows), activities, first) as view:
        live = isinstance(view.view, LiveView)
        shown = heard_by(activities) if live else activities_shown(activities=activities, outermost=None)
        with shown, every(LOOK, view.look):
            yield view


class Preparing(Guarded):
    """A view that shows the study's preparation before its first stage."""

    def __init__(self, view: Guarded, activities: Activities, first: str) -> None:
        super().__init__(view.view)
        self._activities = activities
        self._preparing = activities.begin(first)
        if isinstance(view.view, LiveView):
            self._try(view.view.begin)
        elif isinstance(view.view, PlainView):
            self._try(view.view.note, first)  # at once, as loading PyTorch takes seconds

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """End the preparation; forward to the view."""
        self._activities.end(self._preparing)
        super().stage_started(stage, total, done)


def choose_view(
    json: bool,
    console: Console,
    names: ScoreNames = DEFAULT_NAMES,
    activities: Activities | None = None,
    *,
    follows: bool = False,
) -> Guarded:
    """A listener that writes to `console`: JSON lines if asked for, a live table on a terminal, else plain lines.

    Nothing where only results are told; plain lines where libraries' logs are, which would break a table.

    It never raises into the study, and is a context manager that closes itself.
    """
    if json:
        return Guarded(JsonLines(console.file))
    if is_quiet():
        return Guarded(SilentView())
    if redraws(console) and not is_verbose():
        return Guarded(LiveView(console, names, activities=activities, follows=follows))
    return Guarded(PlainView(console.file, names))
