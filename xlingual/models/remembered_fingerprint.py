"""A checkpoint's fingerprint, hashed once on a machine for all its processes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from xlingual.errors import RecordError
from xlingual.models.checkpoint_directory import checkpoint_files, checkpoint_fingerprint
from xlingual.records.files import read_json, write_json


def remembered_fingerprint(directory: Path, folder: Path) -> str:
    """Hash a checkpoint's content, unless that was done here before and its files are the same still.

    Files are taken for the same when their names, sizes, times of change and places on the disk are. Processes that
    ask at the same time should hold a lock.

    Args:
        directory: the checkpoint's.
        folder: on this machine's own disk, where fingerprints are kept.
    """
    files = {path.name: path.stat() for path in checkpoint_files(directory)}
    now = {name: [one.st_size, one.st_mtime_ns, one.st_ino] for name, one in files.items()}
    memory = folder / f"{hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]}.json"
    known = _read(memory)
    if known.get("files") == now:
        return str(known["fingerprint"])
    fingerprint = checkpoint_fingerprint(directory)
    write_json(memory, {"directory": str(directory), "files": now, "fingerprint": fingerprint})
    return fingerprint


def _read(memory: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = read_json(memory) if memory.exists() else {}
    except (RecordError, ValueError):
        return {}
    return found
