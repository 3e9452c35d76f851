"""Which folders of this process are mirrors of studies at URLs, and what that asks of those who read.

A folder that is attached to no URL is local (or on a shared file system), and nothing here does anything with it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from xlingual.activity import doing
from xlingual.errors import RecordError
from xlingual.records.layout import StudyDirectory
from xlingual.records.mirror import Mirror
from xlingual.records.remote import FIRST_PATIENCE, Remote, checked_url, is_url

_ATTACHED: dict[Path, Mirror] = {}


def attach(url: str, root: Path | None = None, remote: Remote | None = None) -> Path:
    """Make a folder of this process the mirror of a study at a URL, and return it.

    Args:
        url: STORAGE/NAME.
        root: the folder; usually in the user's cache, the same for all commands.
        remote: the objects, if they are not to be opened by the URL.

    Raises:
        RecordError: see `checked_url`; where the URL names a bucket alone.
    """
    url = checked_url(url)
    storage, _, name = url.rpartition("/")
    if storage.endswith("/"):
        raise RecordError(f"{url}: names no study; write STORAGE/NAME, for example {url}/NAME")
    root = root or cache_folder() / hashlib.sha256(storage.encode()).hexdigest()[:16] / name
    known = _ATTACHED.get(root)
    if known is None or known.remote.url != url or remote is not None:
        _ATTACHED[root] = Mirror(root, remote or Remote.at(url))
    return root


def detach(root: Path) -> None:
    """Make a folder one like any other again."""
    _ATTACHED.pop(root, None)


def cache_folder() -> Path:
    """Where mirrors lie: `xlingual/storage` of the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "xlingual" / "storage"


def study_directory(place: str) -> Path:
    """Return a study's directory; of one at a URL this machine's mirror, with all records that reports are made of.

    Raises:
        RecordError: when the URL cannot be used, or no study is there.
    """
    if not is_url(place):
        return Path(place)
    root = attach(place)
    url = url_of(root) or place
    with doing(f"reading {url}"):
        check(url)
        refresh(root)
    if not StudyDirectory(root).study_json.exists():
        raise RecordError(f"{url}: no study is there; write STORAGE/NAME")
    return root


def study_argument(place: str) -> Path:
    """The same as a type of `argparse`, which tells an error in one line."""
    try:
        return study_directory(place)
    except RecordError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def model_directory(place: str) -> str:
    """Return the name of a model; of one of a study at a URL, the directory to which it was fetched.

    Raises:
        RecordError: when the URL cannot be used, or no model of a study is there.
    """
    if not is_url(place):
        return place
    study, _, trial = place.rstrip("/").rpartition("/trials/")
    if not study or not trial.endswith("/model"):
        raise RecordError(f"{place}: no model of a study; write STORAGE/NAME/trials/FINGERPRINT/model")
    model = study_directory(study) / "trials" / trial
    fetch_folder(model)
    if not model.is_dir():
        raise RecordError(f"{place}: no model is there; `xlingual report {study}` names those that are")
    return str(model)


def mirrored(path: Path) -> tuple[Mirror, str] | None:
    """The mirror that a file or folder is of, and its key; None for a local one."""
    for mirror in _ATTACHED.values():
        if (key := mirror.key_of(path)) is not None:
            return mirror, "" if key == "." else key
    return None


def url_of(path: Path) -> str | None:
    """The URL of a mirror's folder or file; None of a local one."""
    found = mirrored(path)
    return "/".join(filter(None, (found[0].remote.url, found[1]))) if found else None


def check(url: str, *, writes: bool = False) -> None:
    """Ask a URL for something once, so that a wrong name or missing credentials are told within seconds.

    Args:
        url: of a study.
        writes: whether it will be written to.

    Raises:
        StorageError: names the URL, the reason and what to do.
    """
    remote = Remote.at(url, FIRST_PATIENCE)
    remote.check()
    if writes:
        remote.check_conditions()


def refresh(path: Path) -> None:
    """Bring a folder up to date, but for large files; a local one is."""
    _do(path, Mirror.refresh)


def fetch(path: Path) -> None:
    """Bring a file up to date, of any size; a local one is."""
    _do(path, Mirror.fetch)


def fetch_folder(path: Path) -> None:
    """Bring a folder of a model up to date; a local one is."""
    _do(path, Mirror.fetch_folder)


def exists(path: Path) -> bool:
    """Whether a file is there: in the store, where the folder is a mirror."""
    found = mirrored(path)
    return found[0].exists(found[1]) if found else path.exists()


def _do(path: Path, action: Callable[[Mirror, str], None]) -> None:
    found = mirrored(path)
    if found is not None:
        action(*found)
