"""Links from a page to the records that it was made from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from xlingual.records.attached import url_of
from xlingual.records.layout import StudyDirectory
from xlingual.report.summary import Summary

_FILES = {
    "study.yaml": "the study file as its author wrote it",
    "study.json": "the same with every default filled in",
    "journal.jsonl": "every decision and its outcome",
    "ledger.jsonl": "every reading of a test set",
    "sources.json": "counts and fingerprints of what was loaded",
    "contamination.jsonl": "what was dropped because it overlaps a test set",
    "environment.jsonl": "time, versions and hardware of each command",
}


@dataclass(frozen=True, slots=True)
class Link:
    """A record: its name, where it is as seen from the page (empty: not on this machine), and what it holds."""

    name: str
    target: str
    about: str


def record_links(place: StudyDirectory, summary: Summary, page: Path) -> list[Link]:
    """The files of a study, then the configuration that each search chose, by relative paths.

    The records of a study at a URL are named, without a link.
    """
    return [*_files(place, page), *_winners(place, summary, page)]


def _files(place: StudyDirectory, page: Path) -> Iterator[Link]:
    for name, about in _FILES.items():
        if (place.path / name).exists():
            yield _link(place.path / name, name, about, page)


def _winners(place: StudyDirectory, summary: Summary, page: Path) -> Iterator[Link]:
    for arm in summary.arms.values():
        for winner in arm.winners:
            path = place.trial(winner.fingerprint).path
            of = f"{arm.name}, search {winner.search}" if arm.searches > 1 else arm.name
            yield _link(path, f"trials/{winner.fingerprint}", f"what {of} chose: trial {winner.trial}", page)


def _link(path: Path, name: str, about: str, page: Path) -> Link:
    url = url_of(path)
    if url is not None:
        return Link(url, "", about)
    return Link(name, quote(Path(os.path.relpath(path.resolve(), page.resolve().parent)).as_posix()), about)
