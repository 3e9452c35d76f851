"""Keeps a view's troubles away from the study: what is shown must never stop what is trained."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType

from xlingual.search.listener import Listener, TrialView

_log = logging.getLogger(__name__)


class Guarded:
    """Passes every event on to a view and swallows what the view raises, after one warning in the log.

    A context manager: leaving it closes the view. A KeyboardInterrupt passes; a SystemExit does not, for that is how
    rich answers a terminal that has gone.
    """

    def __init__(self, view: Listener) -> None:
        self.view = view
        self._warned = False

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Pass it on."""
        self._try(lambda: self.view.stage_started(stage, total, done))

    def stage_ended(self, stage: str) -> None:
        """Pass it on."""
        self._try(lambda: self.view.stage_ended(stage))

    def trial_changed(self, trial: TrialView) -> None:
        """Pass it on."""
        self._try(lambda: self.view.trial_changed(trial))

    def test_scored(self, arm: str, seed: int, language_scores: dict[str, dict[str, float]]) -> None:
        """Pass it on."""
        self._try(lambda: self.view.test_scored(arm, seed, language_scores))

    def note(self, text: str) -> None:
        """Pass it on."""
        self._try(lambda: self.view.note(text))

    def close(self) -> None:
        """Pass it on."""
        self._try(self.view.close)

    def __enter__(self) -> Guarded:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _try(self, tell: Callable[[], None]) -> None:
        try:
            tell()
        except (Exception, SystemExit) as error:
            if not self._warned:
                self._warned = True
                trace = not isinstance(error, (OSError, SystemExit))  # a reader that has gone is no mistake of ours
                _log.warning("The view of progress failed (%r); the study goes on.", error, exc_info=trace)
