"""Whether studies can be written where they are to be: a directory, or a URL of an object store."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from xlingual.doctor.finding import OK, PROBLEM, WARNING, Finding
from xlingual.errors import RecordError
from xlingual.records.attached import check
from xlingual.records.remote import checked_url, is_url
from xlingual.search.storage_probe import StorageProbe

GIB = 1 << 30

LITTLE_ROOM = 5 * GIB
"""A checkpoint of a base-size model with AdamW's state takes 3.3 GB; each running trial keeps one."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Facts of a place.

    Attributes:
        place: directory or URL.
        refusal: why it cannot be written; None where it can.
        free: bytes left on its disk; None for a URL.
    """

    place: str
    refusal: str | None
    free: int | None

    @classmethod
    def at(cls, place: str) -> Storage:
        """Write a little there, and take it away again."""
        if is_url(place):
            return cls(place, _refusal_of_url(place), None)
        folder = Path(place).expanduser().absolute()
        made = [each for each in (folder, *folder.parents) if not each.exists()]
        with StorageProbe(folder).open() as fault:
            refusal = fault.replace(" there", "") if fault else None
        for each in made:
            with suppress(OSError):
                each.rmdir()
        there = next(each for each in (folder, *folder.parents) if each.exists())
        return cls(place, refusal, shutil.disk_usage(there).free)


def check_storage(storage: Storage) -> Finding:
    """See whether a study can be kept there."""
    if storage.refusal is not None:
        return Finding("storage", PROBLEM, f"{storage.place} {storage.refusal}", "name another one with --storage")
    if storage.free is None:
        return Finding("storage", OK, f"{storage.place} can be written")
    found = f"{storage.place} can be written, {storage.free / GIB:.1f} GiB free"
    if storage.free < LITTLE_ROOM:
        write = "make room: a running trial of a base-size model keeps 3.3 GB"
        return Finding("storage", WARNING, found, write)
    return Finding("storage", OK, found)


def _refusal_of_url(place: str) -> str | None:
    try:
        check(f"{checked_url(place)}/doctor", writes=True)
    except RecordError as error:
        return f"cannot be used ({str(error).removeprefix(f'{place}: ')})"
    return None
