"""`--storage` where a cluster is meant: one place for all nodes."""

from __future__ import annotations

from pathlib import PurePosixPath

from xlingual.errors import XlingualError


def absolute_storage(place: str, is_given: bool) -> str:
    """Return a directory of studies that is the same for all nodes.

    Raises:
        XlingualError: when it is relative: it would lie in the folder of the job.
    """
    if "://" in place or PurePosixPath(place).is_absolute():
        return place
    named = f"--storage {place}" if is_given else f"storage: {place}, as the study says,"
    raise XlingualError(
        f"{named} is relative, and a cluster needs one place for all nodes; write --storage with a URL such as "
        "s3://BUCKET/studies, or with the absolute path of a folder that every node shares"
    )
