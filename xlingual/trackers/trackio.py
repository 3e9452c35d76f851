"""trackio: a local SQLite file for each project, which `trackio show` displays.

Rows are inserted by their own identity, which trackio's database holds unique, so that sending again adds nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from xlingual.trackers.run import Destination, Outcome, TrackedRun

DIGEST = "xlingual_digest"
"""In a run's configuration, written with its last rows in one transaction."""


class TrackioTracker:
    """A project of trackio on this machine.

    Args:
        destination: `at` is a directory; None for `TRACKIO_DIR`, or trackio's own.

    Raises:
        RuntimeError: when this process uses trackio in another directory.
    """

    def __init__(self, destination: Destination) -> None:
        wanted = Path(destination.at).expanduser().resolve() if destination.at else None
        if wanted is not None:
            os.environ["TRACKIO_DIR"] = str(wanted)  # read when trackio is imported
        import trackio

        self._trackio: Any = trackio
        if wanted is not None and Path(trackio.TRACKIO_DIR).resolve() != wanted:
            raise RuntimeError(f"this process uses trackio in {trackio.TRACKIO_DIR} already, so not in {wanted}")
        self._project = destination.group

    @property
    def place(self) -> str:
        """The project and its directory."""
        return f"project {self._project} in {self._trackio.TRACKIO_DIR}"

    def known(self) -> Mapping[str, str]:
        """The digests in the configurations of the project's runs."""
        configurations = self._trackio.SQLiteStorage.get_all_run_configs(self._project)
        return {run: one[DIGEST] for run, one in configurations.items() if DIGEST in one}

    def send(self, run: TrackedRun) -> Outcome:
        """Insert the rows that are not there, and the configuration, in one transaction."""
        if run.is_empty:
            return "waiting"
        rows = list(_rows(run))
        if run.table is not None:
            data = [dict(zip(run.table.columns, row, strict=True)) for row in run.table.rows]
            table = self._trackio.Table(data=data)._to_dict(self._project, run.name, run.last_step)
            rows.append((f"table {run.digest}", run.last_step, run.ended or run.started, {"results": table}))
        self._trackio.SQLiteStorage.bulk_log(
            project=self._project,
            run=run.name,
            run_id=run.id,
            metrics_list=[values for *_, values in rows],
            steps=[step for _, step, _, _ in rows],
            timestamps=[_iso(time) for _, _, time, _ in rows],
            log_ids=[f"{run.id}/{key}" for key, *_ in rows],
            config={
                **run.configuration,
                "state": run.state,
                **({"reason": run.reason} if run.reason else {}),
                DIGEST: run.digest,
                "_Group": run.arm or None,
                "_Created": _iso(run.started),
            },
        )
        return "sent"

    def close(self) -> None:
        """Do nothing: every row is in its file."""


def _rows(run: TrackedRun) -> Iterator[tuple[str, int, float, dict[str, Any]]]:
    """Identity, step, time and values of each row; a run that failed at once has one, or trackio would not list it."""
    if not run.points:
        yield "begun", 0, run.started, {"updates": 0}
    for point in run.points:
        yield point.key, point.step, point.time, dict(point.values)


def _iso(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).isoformat()
