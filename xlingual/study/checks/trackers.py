"""Checks of trackers: what is named is installed, so that a study does not find out hours later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.trackers import TRACKERS


def tracker_is_installed(draft: Draft) -> Iterator[Finding]:
    """The library of each tracker is here."""
    written = draft.document.value.get("trackers")
    steps = written if isinstance(written, Mapping) else dict(enumerate(written)) if isinstance(written, list) else {}
    for step in steps:
        name = step if isinstance(written, Mapping) else steps[step]
        kind = TRACKERS.get(name) if isinstance(name, str) else None
        if kind is not None and not kind.installed:
            yield Finding(("trackers", step), kind.missing)


CHECKS = (tracker_is_installed,)
