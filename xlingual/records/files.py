"""Files that are written whole or not at all."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from xlingual.errors import RecordError
from xlingual.json_text import parsed
from xlingual.records.attached import mirrored
from xlingual.records.mirror import Mirror
from xlingual.records.storage import unreadable, writing
from xlingual.records.whole_file import Around, put_in_place


def check_new(target: Path, endings: tuple[str, ...], wanted: str) -> None:
    """Refuse to write a file for the user that is there already, or whose name does not say what it is.

    Args:
        target: the file.
        endings: of which its name has to have one.
        wanted: what the file is, and what to write: "an archive is a compressed tar file; write a name that ends in
            .tar.gz".

    Raises:
        RecordError: when either is so.
    """
    if not target.name.endswith(endings):
        raise RecordError(f"{target}: {wanted}")
    if target.exists() or target.is_symlink():
        raise RecordError(f"{target}: is there already, and nothing is overwritten; write another name, or delete it")


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then move it into place atomically.

    A reader sees the old file or the new one; a crash leaves at most a stray `.NAME.partial-*` file.

    Raises:
        StorageError: when the file cannot be written.
    """
    with writing(path):
        put_in_place(path, write, _pushed(path))


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    write_whole(path, lambda made: _write(made, content))


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN and infinity are refused."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read one JSON file.

    Raises:
        RecordError: when the file is absent, cannot be read or is not JSON; names the file and the line.
    """
    try:
        return parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordError(f"{path}: no such file; is this the directory of a study (STORAGE/NAME)?") from None
    except OSError as error:
        raise unreadable(path, error) from None
    except json.JSONDecodeError as error:
        raise RecordError(f"{path}:{error.lineno}: not JSON ({error.msg}); restore the file from a backup") from None
    except UnicodeDecodeError as error:
        raise RecordError(f"{path}: not UTF-8 text ({error.reason}); restore the file from a backup") from None


def write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write one JSON object a line, whole or not at all."""
    write_bytes(path, lines_of(rows))


def lines_of(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """One JSON object a line; NaN and infinity are refused."""
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows).encode()


def put_folder_in_place(source: Path, target: Path) -> None:
    """Move a folder into the place of another, whole or not at all."""
    found = mirrored(target)
    with found[0].putting_folder(found[1], source) if found else nullcontext():
        shutil.rmtree(target, ignore_errors=True)
        os.replace(source, target)


def remove(*paths: Path) -> None:
    """Remove files, there or not.

    Raises:
        StorageError: when one cannot be removed.
    """
    keys: dict[Mirror, list[str]] = {}
    for path in paths:
        if found := mirrored(path):
            keys.setdefault(found[0], []).append(found[1])
        else:
            path.unlink(missing_ok=True)
    for mirror, of_mirror in keys.items():
        mirror.remove(of_mirror)


def follow_umask(directory: Path) -> None:
    """Give the files of a directory the permissions that a new file gets there.

    Libraries write some for their owner alone (safetensors: 0600), so that nobody else can score or upload a model.
    """
    probe = directory / f".permissions-{os.getpid()}-{secrets.token_hex(4)}"
    probe.touch(exist_ok=False)  # reveals the umask and the directory's defaults without changing either
    try:
        for path in directory.iterdir():
            if path.is_file() and not path.is_symlink():
                shutil.copymode(probe, path)
    finally:
        probe.unlink()


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _pushed(path: Path) -> Around:
    """What is around the move of a file into its place: where it is a mirror's, the store gets it before."""
    found = mirrored(path)
    return partial(found[0].putting, found[1]) if found else nullcontext
