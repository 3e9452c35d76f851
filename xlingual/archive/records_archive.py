"""Writes a study's records as one `.tar.gz`: no data, models, checkpoints, locks or caches, and always equal bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from xlingual.activity import doing
from xlingual.errors import RecordError
from xlingual.records.files import check_new, write_whole
from xlingual.records.layout import StudyDirectory, is_large, is_local
from xlingual.records.state import read_state
from xlingual.records.storage import unreadable

ENDINGS = (".tar.gz", ".tgz")
JOURNAL = "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive that was written.

    Attributes:
        study: name of the study, and of the archive's only folder.
        file: where it lies.
        files: how many it holds.
        bytes: its size.
        sha256: of its content, which is the same for the same records.
    """

    study: str
    file: str
    files: int
    bytes: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def write_archive(directory: StudyDirectory, target: Path) -> Archive:
    """Write the records of a study as one file.

    Args:
        directory: the study's; another process may be running it.
        target: the file, which must not be there.

    Raises:
        RecordError: when there is no study, or the file has another ending or is there already.
        StorageError: when something cannot be read or written.
    """
    check_new(target, ENDINGS, "an archive is a compressed tar file; write a name that ends in .tar.gz")
    name = read_state(directory).name
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise RecordError(f"{directory.study_json}: the study's name {name!r} cannot be that of a folder")
    counted = 0

    def write(partial: Path) -> None:
        nonlocal counted
        with (
            partial.open("wb") as raw,
            gzip.GzipFile("", "wb", compresslevel=6, fileobj=raw, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            for key, content in archived(directory):
                tar.addfile(_entry(f"{name}/{key}", len(content)), io.BytesIO(content))
                counted += 1

    with doing(f"writing {target.name}"):
        write_whole(target, write)
        content = target.read_bytes()
    return Archive(name, str(target), counted, len(content), hashlib.sha256(content).hexdigest())


def archived(directory: StudyDirectory) -> Iterator[tuple[str, bytes]]:
    """Yield the files of an archive by their path below the study's directory, in order, each with its content.

    The journal is read first: what its events name was written before them. A half-written last line is left out.
    """
    journal = _content(directory.journal) if directory.journal.exists() else b""
    paths = {path.relative_to(directory.path).as_posix(): path for path in directory.path.rglob("*")}
    for key in sorted(paths):
        if is_archived(key) and paths[key].is_file():
            yield key, journal if key == JOURNAL else _content(paths[key])


def is_archived(key: str) -> bool:
    """Whether a file, by its path below a study's directory, is part of an archive."""
    return not is_local(key) and not is_large(key) and "model" not in key.split("/")[:-1]


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    return content[: content.rfind(b"\n") + 1] if path.suffix == ".jsonl" else content


def _entry(name: str, size: int) -> tarfile.TarInfo:
    """A file's entry that says nothing of when, where and by whom it was written."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = size, 0o644, 0
    return entry
