"""Weights & Biases: runs on this disk, which `wandb sync` uploads. Nothing here logs in or needs a network.

A run is written as a whole when it is settled: its curve cannot be seen before it is uploaded anyway. A mark beside it
says what it holds; a folder without one was left by a killed process, and is written anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xlingual.trackers.run import Destination, Outcome, TrackedRun

MARK = "xlingual.json"


class WandbTracker:
    """A project of Weights & Biases, offline.

    Args:
        destination: `at` is the directory in which W&B makes its folder `wandb`; None for `WANDB_DIR`, or the working
            directory.
    """

    def __init__(self, destination: Destination) -> None:
        import wandb

        self._root = Path(destination.at or os.environ.get("WANDB_DIR") or ".").expanduser().absolute()
        self._root.mkdir(parents=True, exist_ok=True)
        self._wandb: Any = wandb
        self._settings = wandb.Settings(
            mode="offline",
            root_dir=str(self._root),
            silent=True,
            console="off",
            disable_git=True,
            save_code=False,
            x_disable_machine_info=True,
            x_disable_meta=True,
            x_disable_stats=True,
        )
        self._project, self._study = destination.group, destination.study

    @property
    def place(self) -> str:
        """The folder that `wandb sync` is given."""
        return f"project {self._project} in {self._settings.wandb_dir}"

    def known(self) -> Mapping[str, str]:
        """The digests on the marks; of a run in several parts that of the last."""
        folders = sorted(Path(self._settings.wandb_dir).glob(f"offline-run-*/{MARK}"))
        marks = (json.loads(mark.read_text(encoding="utf-8")) for mark in folders)
        return {mark["run"]: mark["digest"] for mark in marks}

    def send(self, run: TrackedRun) -> Outcome:
        """Write a run whole; or what is new of one that was written before, as W&B has it with resumed runs."""
        if not run.settled:
            return "waiting"
        before: list[str] = []
        for folder in sorted(Path(self._settings.wandb_dir).glob(f"offline-run-*-{run.id}")):
            mark = folder / MARK
            if mark.exists():
                before += json.loads(mark.read_text(encoding="utf-8"))["points"]
            elif not any(folder.glob("*.synced")):
                shutil.rmtree(folder)
        folder = self._written(run, before)
        content = {"run": run.id, "digest": run.digest, "points": [point.key for point in run.points]}
        partial = folder / f".{MARK}.partial"
        partial.write_text(json.dumps(content), encoding="utf-8")
        partial.replace(folder / MARK)
        return "sent"

    def close(self) -> None:
        """Do nothing: every run was finished, and W&B ends its own process with this one."""

    def _written(self, run: TrackedRun, before: list[str]) -> Path:
        made = self._wandb.init(
            project=self._project,
            id=run.id,
            name=run.name,
            group=run.arm or None,
            job_type=run.kind,
            config={"study": self._study, **run.configuration},
            resume="allow",
            reinit="create_new",
            settings=self._settings,
        )
        for point in sorted(run.points, key=lambda one: one.step):  # W&B takes no step below an earlier one
            if point.key not in before:
                made.log(dict(point.values), step=point.step)
        if run.table is not None:
            rows = [list(row) for row in run.table.rows]
            made.log({"results": self._wandb.Table(columns=list(run.table.columns), data=rows)}, step=run.last_step + 1)
        made.summary.update({"state": run.state, **({"reason": run.reason} if run.reason else {})})
        folder = Path(made.settings.sync_dir)
        made.finish(exit_code=1 if run.state == "failed" else 0)
        return folder
