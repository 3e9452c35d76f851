"""Whether a data source is a local file or directory, or a data set on the hub."""

from __future__ import annotations

import re
from pathlib import Path

from xlingual.errors import DataError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_FILE_ENDINGS = (".json", ".jsonl", ".ndjson", ".gz", ".parquet", ".zip", ".csv", ".txt")


def local_path(source: str) -> Path | None:
    """Path of a local source, or None when the source is a hub id.

    An existing path is local; otherwise a name such as `owner/name` is a hub id. Raises DataError when it is neither.
    """
    path = Path(source).expanduser()
    if path.exists():
        return path
    if _HUB_ID.fullmatch(source) and not source.lower().endswith(_FILE_ENDINGS):
        return None
    raise DataError(
        f"data source {source!r}: no such file or directory (looked at {path.absolute()}); "
        "write the path of an existing one, or a hub id such as rajpurkar/squad"
    )


def is_snapshot(directory: Path) -> bool:
    """Whether the directory has the layout of a hub data set: it holds Parquet files."""
    return next(directory.rglob("*.parquet"), None) is not None


def is_saved(directory: Path) -> bool:
    """Whether the directory was written by `save_to_disk` of `datasets`, with one split or several."""
    return (directory / "dataset_dict.json").is_file() or (
        (directory / "state.json").is_file() and (directory / "dataset_info.json").is_file()
    )


def contents(directory: Path, most: int = 12) -> str:
    """List the names in a directory, for an error message."""
    names = sorted(path.name for path in directory.iterdir())
    shown = ", ".join(names[:most]) or "nothing"
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
