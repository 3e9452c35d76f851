"""The project as it is sent to a cluster: its code and small files, without data, `.git` and environments."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from xlingual.errors import XlingualError
from xlingual.study import Study
from xlingual.task_metrics import counted

MOST_OF_FILE = 10_000_000
"""Bytes of the largest file that is sent; larger ones are data."""

MOST_OF_ALL = 100_000_000
MOST_FILES = 10_000
LEFT_OUT = ("__pycache__", "node_modules", "build", "dist", "site-packages")
STUDY_FILE = "study.yaml"
"""Name of the study file in the pack, whatever its own."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Files to send.

    Attributes:
        root: the project's directory.
        files: relative to it, sorted.
        large: those that are not sent for their size, with it in bytes.
        study_text: the study file.
    """

    root: Path
    files: tuple[str, ...]
    large: tuple[tuple[str, int], ...]
    study_text: str

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum((self.root / file).stat().st_size for file in self.files)

    def fingerprint(self, *more: str) -> str:
        """Hash what is sent, and what else decides the job."""
        hashed = hashlib.sha256()
        for text in (self.study_text, *more):
            hashed.update(hashlib.sha256(text.encode()).digest())
        for file in self.files:
            hashed.update(file.encode() + b"\0" + hashlib.sha256((self.root / file).read_bytes()).digest())
        return hashed.hexdigest()[:12]

    def archive(self, beside: Mapping[str, str]) -> bytes:
        """Pack the files below `project/`, and texts by name beside it; the same give the same bytes."""
        made = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=made, mode="wb", mtime=0, compresslevel=6) as zipped,
            tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            for file in self.files:
                content = (self.root / file).read_bytes()
                mode = 0o755 if os.access(self.root / file, os.X_OK) else 0o644
                _add(tar, f"project/{file}", content, mode)
            _add(tar, f"project/{STUDY_FILE}", self.study_text.encode(), 0o644)
            for name, text in beside.items():
                _add(tar, name, text.encode(), 0o644)
        return made.getvalue()

    def in_words(self) -> Iterator[str]:
        """Say what is sent and what is not, a line each."""
        yield f"sending {counted(len(self.files), 'files')} of {self.root}, {sized(self.size)}"
        if self.large:
            named = ", ".join(f"{file} ({sized(size)})" for file, size in self.large[:5])
            more = f" and {counted(len(self.large) - 5, 'others')}" if len(self.large) > 5 else ""
            yield f"not sent, since larger than {sized(MOST_OF_FILE)}: {named}{more}"


def pack(root: Path, study: Study) -> Pack:
    """Choose what is sent of a project.

    Left out are hidden files, environments, records of studies, what git ignores, and files that are too large. What
    the study names by a relative path is sent even where git ignores it.

    Args:
        root: the project's directory, which is the current one: paths in study files begin there.
        study: to run.

    Raises:
        XlingualError: when it is too much, or when the study needs a file that is not sent.
    """
    named = dict(local_paths(root, study))
    found = {*_listed(root), *(file for path in named.values() for file in _below(root, path))}
    sizes = {file: (root / file).stat().st_size for file in found}
    large = tuple(
        sorted(((file, size) for file, size in sizes.items() if size > MOST_OF_FILE), key=lambda one: (-one[1], one[0]))
    )
    _check_named(named, dict(large))
    files = tuple(sorted(found - {file for file, _ in large} - {STUDY_FILE}))
    _check_size(root, {file: sizes[file] for file in files})
    return Pack(root, files, large, study.source_text)


def local_paths(root: Path, study: Study) -> Iterator[tuple[str, str]]:
    """Yield the keys of a study whose value is a file or folder of the project, with its path."""
    for key, text in _texts(study.model_dump(mode="json")):
        if key in ("name", "question", "storage") or "://" in text or not ("/" in text or "." in text):
            continue
        plain = text.partition("{")[0].rpartition("/")[0] if "{" in text else text
        path = PurePosixPath(plain)
        if plain and not path.is_absolute() and ".." not in path.parts and (root / path).exists():
            yield key, str(path)


def sized(size: float) -> str:
    """Say a size: "3.4 MB", "12 kB"."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _texts(below, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below, key)
    elif isinstance(value, str):
        yield key, value


def _listed(root: Path) -> Iterator[str]:
    """List the project's files: those that git does not ignore, or all where there is no git."""
    command = ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(command, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        yield from _below(root, ".")
        return
    paths = [PurePosixPath(os.fsdecode(name)) for name in done.stdout.split(b"\0") if name]
    folders = {folder for path in paths for folder in path.parents if folder.parts}
    closed = {folder for folder in folders if _is_left_out(root, folder)}
    for path in paths:
        if not closed & set(path.parents) and not _is_left_out(root, path) and (root / path).is_file():
            yield str(path)


def _below(root: Path, path: str) -> Iterator[str]:
    """Yield the files below a path, without going into what is left out."""
    if (root / path).is_file():
        yield str(PurePosixPath(path))
        return
    for folder, folders, files in os.walk(root / path):
        here = PurePosixPath(Path(folder).relative_to(root))
        folders[:] = [name for name in folders if not _is_left_out(root, here / name)]
        yield from (str(here / name) for name in files if not _is_left_out(root, here / name))


def _is_left_out(root: Path, path: PurePosixPath) -> bool:
    """Whether a file or folder is no part of the project, by its own name and content."""
    if path.name.startswith(".") or path.name in LEFT_OUT or path.name.endswith(".egg-info"):
        return True
    return any((root / path / mark).exists() for mark in ("pyvenv.cfg", "journal.jsonl"))


def _check_named(named: dict[str, str], large: dict[str, int]) -> None:
    for key, path in named.items():
        inside = [size for file, size in large.items() if file == path or file.startswith(f"{path}/")]
        if inside:
            raise XlingualError(
                f"{key}: {path} ({sized(sum(inside))}) is too large to be sent with the project; put it on storage "
                f"that the cluster reads, and name that place, for example --set {key}=/mnt/data/{path}"
            )


def _check_size(root: Path, sizes: dict[str, int]) -> None:
    total = sum(sizes.values())
    if total <= MOST_OF_ALL and len(sizes) <= MOST_FILES:
        return
    folders: Counter[str] = Counter()
    for file, size in sizes.items():
        folders[file.partition("/")[0] + ("/" if "/" in file else "")] += size
    largest = ", ".join(f"{name} ({sized(size)})" for name, size in folders.most_common(3))
    raise XlingualError(
        f"{root}: {counted(len(sizes), 'files')} of {sized(total)} would be sent, at most {MOST_FILES} of "
        f"{sized(MOST_OF_ALL)} are; the largest: {largest}. Run this from the project's own directory, or name in "
        ".gitignore what the study does not need"
    )


def _add(tar: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = len(content), mode
    tar.addfile(about, io.BytesIO(content))
