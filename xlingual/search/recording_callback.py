"""Writes down what happens to trials, and tells the listener."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any

from xlingual.records import journal
from xlingual.records.attached import exists, fetch, url_of
from xlingual.records.events import key_of
from xlingual.records.files import remove
from xlingual.records.layout import StudyDirectory
from xlingual.search.listener import Listener, TrialView
from xlingual.study.cost import passes_per_update

__all__ = ["Item", "RecordingCallback", "key_of", "label_of", "record_reading", "trial_view", "whole_updates"]

Item = dict[str, Any]
"""What is trained: `arm`, `fingerprint`, `configuration`, and `number` and `values` or `seed` and `chosen`; `search`
where the arm has several."""
KNOWN = ("arm", "search", "number", "values", "running", "fingerprint", "seed", "chosen")
PATIENCE = 60.0
"""Seconds that the writing of a checkpoint may take while the user waits for the command's end."""
NAMED = ("arm", "search", "number", "seed", "fingerprint")


def label_of(item: Mapping[str, Any]) -> str:
    """Name an item within its arm: "trial 3", "search 2, trial 3", "seed 10201" (which names its search, too)."""
    if "seed" in item:
        return f"seed {item['seed']}"
    return (f"search {item['search']}, " if "search" in item else "") + f"trial {item['number']}"


class RecordingCallback:
    """Appends what happens to a trial to the journal, and shows every change to the listener.

    Args:
        directory: the study's.
        listener: told of every change.
        kind: "trial" in the search, "replicate" afterwards: the prefix of the journal's events.
        opens: the test set that scoring a trial reads (an oracle's search), to be put in the ledger; None for none.
    """

    def __init__(
        self,
        directory: StudyDirectory,
        listener: Listener,
        *,
        kind: str,
        opens: str | None = None,
    ) -> None:
        self._directory, self._listener = directory, listener
        self._kind = kind
        self._opens = opens

    def chosen_to_train(self, item: Item) -> None:
        """Write down what is trained next, before it is: after a kill it is this one still."""
        self._append(f"{self._kind}_started", {name: item[name] for name in KNOWN if name in item})

    def started(self, item: Item) -> None:
        """Show that a try begins; an oracle's reads the test set."""
        if self._opens is not None:
            purpose = "search objective" if self._kind == "trial" else "replicate's reports"
            record_reading(self._directory, f"{purpose} (oracle)", self._opens, item["arm"], item["fingerprint"])
        resumed = exists(self._directory.trial(item["fingerprint"]).checkpoint)
        self._listener.trial_changed(trial_view(item, "running", {}, resumed=resumed))

    def reported(self, item: Item, report: Mapping[str, Any]) -> None:
        """Show a report."""
        self._listener.trial_changed(trial_view(item, "running", report))

    def note(self, text: str) -> None:
        """Show what a trial tells its user."""
        self._listener.note(text)

    def retried(self, item: Item, reason: str, pause: float) -> None:
        """Write down that a try failed and another one follows."""
        named = {name: item[name] for name in NAMED if name in item}
        self._append(f"{self._kind}_retried", named | {"reason": reason, "pause": pause})
        self._listener.note(f"{key_of(item)}: {reason}; tried again in {pause:.0f} s")

    def ended(self, item: Item, record: Mapping[str, Any]) -> None:
        """Write down how a trial ended: `state`, `objective`, `updates`, `reason`, `retry`, `reports`."""
        self._append(f"{self._kind}_ended", {name: item[name] for name in NAMED if name in item} | dict(record))
        self._listener.trial_changed(trial_view(item, record["state"], record, reason=record["reason"]))
        if record["state"] == "pruned":
            directory = self._directory.trial(item["fingerprint"])
            remove(directory.checkpoint)
            directory.remove_unfinished()  # its processes were killed, perhaps in the midst of a write

    def space_exhausted(self, of: Mapping[str, Any], trials: int, space: str) -> None:
        """Write down that a search found nothing in its arm's space that it had not drawn."""
        self._append("space_exhausted", {**of, "trials": trials, "space": space})
        name = f"{of['arm']}, search {of['search']}" if "search" in of else of["arm"]
        all_of_them = f"all {trials} configurations of its search space were drawn; its search ends with these"
        self._listener.note(f"{name}: {'nothing is searched, so one trial is all' if trials == 1 else all_of_them}")

    def wait_until_saved(self, item: Item, patience: float = PATIENCE) -> None:
        """Return once the checkpoint of a trial's last report is written, which its process does while it trains on."""
        trial, until = self._directory.trial(item["fingerprint"]), time.monotonic() + patience
        if url_of(self._directory.path) is not None:  # the files of another machine's mirror
            return
        while time.monotonic() < until:
            try:
                if trial.checkpoint.stat().st_mtime_ns >= trial.reports.stat().st_mtime_ns:
                    return
                time.sleep(0.05)
            except FileNotFoundError:
                if not trial.reports.exists():
                    return
                time.sleep(0.05)

    def traceback_of(self, item: Item) -> str:
        """Say where a trial's traceback lies."""
        where = self._directory.trial(item["fingerprint"]).path / "error.txt"
        fetch(where)
        where = where if where.exists() else self._directory.ray_output
        return f" (see {where.relative_to(self._directory.path)})" if where.exists() else ""

    def _append(self, event: str, content: dict[str, Any]) -> None:
        journal.append(self._directory.journal, {"event": event, "time": time.time(), **content})


def trial_view(
    item: Item, state: str, report: Mapping[str, Any], *, reason: str | None = None, resumed: bool = False
) -> TrialView:
    """Return an item as a watcher sees it after a report, which may be empty."""
    return TrialView(
        key=key_of(item),
        arm=item["arm"],
        label=label_of(item),
        state=state,
        updates=int(report.get("updates", 0)),
        total_updates=whole_updates(item),
        configuration=item["configuration"],
        objective=report.get("objective"),
        reason=reason,
        resumed=resumed,
        passes=passes_per_update(item["configuration"]),
    )


def whole_updates(item: Item) -> int:
    """Updates of a whole trial of an item's configuration; where trials are equal in passes they differ."""
    return int(item["configuration"]["training"]["updates"])


def record_reading(
    directory: StudyDirectory, purpose: str, test_set: str, arm: str, fingerprint: str, **more: Any
) -> None:
    """Append one reading of a sealed test set to the ledger, before it is read; `events` is the journal's length."""
    reading = {
        "time": time.time(),
        "events": journal.count(directory.journal),
        "purpose": purpose,
        "set": test_set,
        "command": " ".join(sys.argv),
        "arm": arm,
        "fingerprint": fingerprint,
        **more,
    }
    journal.append(directory.ledger, reading)
