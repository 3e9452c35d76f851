"""A model's files of the hub, or of the hub's cache on this machine."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from xlingual.activity import doing
from xlingual.data.hub_connection import fetch_elsewhere, hub_or_caches, why_offline
from xlingual.errors import ModelError

COMMIT = re.compile("[0-9a-f]{40}")
"""How the hub names a commit, and its cache the folder of one."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM}


def download(repository: str, revision: str | None, patterns: Sequence[str]) -> Path:
    """Bring those files of a model here that match a pattern; return their directory.

    Args:
        repository: hub id.
        revision: branch, tag, commit or `refs/pr/N`; None for the main branch.
        patterns: of file names; files in folders are left out.

    Raises:
        ModelError: when it is absent, gated, or can neither be reached nor is in the cache.
    """
    from huggingface_hub import snapshot_download

    asked = {"revision": revision, "allow_patterns": list(patterns), "ignore_patterns": ["*/*"]}
    try:
        with doing(f"downloading {repository}"), hub_or_caches():
            try:
                return Path(snapshot_download(repository, **asked))
            except Exception:
                if revision is None or not COMMIT.fullmatch(revision):
                    raise
                # the library asks for a commit's list of files, where a copied cache lacks it, and for nothing else
                with suppress(Exception):
                    return Path(snapshot_download(repository, local_files_only=True, **asked))
                raise
    except Exception as error:  # of the hub's library, of what it speaks HTTP with, of the disk
        name = repository if revision is None else f"{repository}@{revision}"
        raise ModelError(f"model {name!r}: {_problem(error, repository, revision)}") from error


def names_on_hub(repository: str, revision: str | None) -> Callable[[], list[str]]:
    """A look-up of the names of a model's files, those that were not downloaded included; empty where it fails."""

    def look_up() -> list[str]:
        from huggingface_hub import HfApi

        try:
            with hub_or_caches():
                return [name for name in HfApi().list_repo_files(repository, revision=revision) if "/" not in name]
        except Exception:  # it only serves to say more in a message
            return []

    return look_up


def _problem(error: Exception, repository: str, revision: str | None) -> str:
    """What went wrong and what to do, in one line."""
    from huggingface_hub import errors as hub

    elsewhere = "write a hub id, or the path of a directory with its files"
    if isinstance(error, hub.HFValidationError):
        return f"neither a local directory nor a hub id (OWNER/NAME); {elsewhere}"
    if isinstance(error, hub.GatedRepoError):
        return (
            "gated on the hub: accept its terms there and log in with `hf auth login`, or write the path of a "
            "directory with its files"
        )
    if isinstance(error, hub.RevisionNotFoundError):
        return f"no revision {revision!r} of it on the hub; write a branch, a tag or a commit: {repository}@main"
    status = _status(error)
    if isinstance(error, hub.RepositoryNotFoundError) or status in (401, 404):
        return (
            "neither a local directory nor a model on the hub that can be read from here (a private one needs "
            f"`hf auth login`); {elsewhere}"
        )
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return f"cannot be written to the hub's cache ({error.strerror}: {error.filename}); set HF_HOME to a directory"
    if status is not None:
        return f"the hub refused it (HTTP status {status}); try again later, or {elsewhere}"
    part = "only in part" if isinstance(error, hub.IncompleteSnapshotError) else "not"
    return (
        f"not a local directory, {part} in the hub's cache, and {why_offline()}; "
        f"{fetch_elsewhere(repository, revision=revision)}, or write the path of a directory with its files"
    )


def _status(error: BaseException | None) -> int | None:
    """HTTP status that an error, or what it came from, was answered with."""
    while error is not None:
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status is not None:
            return int(status)
        error = error.__cause__
    return None
