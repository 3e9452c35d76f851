"""One JSON object per event and line, for programs."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from typing import IO, Any

from xlingual.search.listener import ClusterUse, TrialView


def _utc() -> datetime:
    return datetime.now(timezone.utc)


class JsonLines:
    """Writes {"event": NAME, "time": ISO 8601 in UTC, ...} lines to a stream and flushes each."""

    def __init__(self, stream: IO[str], now: Callable[[], datetime] = _utc) -> None:
        self._stream = stream
        self._now = now

    def recorded(
        self, trials: Sequence[TrialView], scores: Mapping[tuple[str, int, str], Mapping[str, Mapping[str, float]]]
    ) -> None:
        """Write nothing: an earlier command wrote it."""

    def cluster_used(self, use: ClusterUse) -> None:
        """Write {"event": "cluster_used", "nodes", "used": {"CPU": ...}, "total": {...}}."""
        self._write("cluster_used", **dataclasses.asdict(use))

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Write {"event": "stage_started", "stage", "total", "done"}."""
        self._write("stage_started", stage=stage, total=total, done=done)

    def stage_ended(self, stage: str) -> None:
        """Write {"event": "stage_ended", "stage"}."""
        self._write("stage_ended", stage=stage)

    def trial_changed(self, trial: TrialView) -> None:
        """Write {"event": "trial_changed", ...every field of TrialView}."""
        self._write("trial_changed", **dataclasses.asdict(trial))

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Write {"event": "test_scored", "arm", "seed", "set", "scores": {language: {...}}}."""
        self._write("test_scored", arm=arm, seed=seed, set=test_set, scores=language_scores)

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Write {"event": "plan_changed", "total", "held": {arm: "paused" or "stopped"}}."""
        self._write("plan_changed", total=total, held=held)

    def note(self, text: str) -> None:
        """Write {"event": "note", "text"}."""
        self._write("note", text=text)

    def close(self) -> None:
        """Do nothing: every line is already flushed."""

    def _write(self, event: str, **fields: Any) -> None:
        record = {"event": event, "time": self._now().isoformat(), **fields}
        self._stream.write(json.dumps(_plain(record), ensure_ascii=False, allow_nan=False) + "\n")
        self._stream.flush()


def _plain(value: Any) -> Any:
    """Convert a value to strict JSON: non-finite numbers become null, unknown objects their text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, str) or value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return str(value)
