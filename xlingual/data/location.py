"""Where a data source lies: a file or directory of this machine, or a data set of the hub."""

from __future__ import annotations

import re
from pathlib import Path

from xlingual.errors import DataError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_FILE_ENDINGS = (".json", ".jsonl", ".ndjson", ".gz", ".parquet", ".zip", ".csv", ".txt")


def local_path(source: str) -> Path | None:
    """Path of a source that lies on this machine, or None when the source is a hub id.

    What exists is local; else a name that reads like `owner/name` is a hub id. Raises DataError when it is neither.
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
    """Whether the directory is laid out like a data set of the hub: it holds Parquet files."""
    return next(directory.rglob("*.parquet"), None) is not None


def is_saved(directory: Path) -> bool:
    """Whether the directory was written by `save_to_disk` of `datasets`: one split, or several by name."""
    return (directory / "dataset_dict.json").is_file() or (
        (directory / "state.json").is_file() and (directory / "dataset_info.json").is_file()
    )


def contents(directory: Path, most: int = 12) -> str:
    """The names in a directory as a phrase for an error message."""
    names = sorted(path.name for path in directory.iterdir())
    shown = ", ".join(names[:most]) or "nothing"
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
