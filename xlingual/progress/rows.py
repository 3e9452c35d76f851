"""Which trials a screen has room for."""

from __future__ import annotations

from collections.abc import Sequence

from xlingual.search.listener import TrialView


def choose_rows(trials: Sequence[TrialView], limit: int) -> list[TrialView]:
    """At most `limit` trials: the running ones, then the best finished, then the latest of the ended.

    `trials` stand in the order of their last event. Half of the room beside the running ones goes to the best, by
    development score; waiting trials come last.
    """
    running = sorted((trial for trial in trials if trial.state == "running"), key=_by_name)
    waiting = [trial for trial in trials if trial.state == "waiting"]
    ended = [trial for trial in trials if trial.state not in ("running", "waiting")]
    room = max(0, limit - len(running))
    ranked = sorted(
        (trial for trial in ended if trial.state == "finished" and trial.objective is not None), key=_by_score
    )
    best = ranked[: (room + 1) // 2]
    latest = [trial for trial in reversed(ended) if trial not in best]
    return [*running, *best, *latest, *waiting][: max(0, limit)]


def _by_name(trial: TrialView) -> tuple[str, int, str]:
    return trial.arm, len(trial.key), trial.key


def _by_score(trial: TrialView) -> float:
    return -(trial.objective or 0.0)
