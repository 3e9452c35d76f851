"""Files that `ray up` copies to the nodes: the project, the token, keys for ssh."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import PurePosixPath

from xlingual.cluster_file.cluster import HEAD_START, WORKER_START, ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.shell import assigned, installed
from xlingual.study.document import Path

_TOKEN = "~/.ray/auth_token"
_PROJECT = ("pyproject.toml", "README.md", "LICENSE", "xlingual")
"""What pip needs to install this project."""

_GENERATE = "run `ray get-auth-token --generate`, which writes it"


def missing_sources(cluster: ClusterFile) -> Iterator[Finding]:
    """What is to be copied is here."""
    written: dict[Path, str] = {("file_mounts", remote): local for remote, local in _mounts(cluster).items()}
    for key in ("ssh_private_key", "ssh_public_key"):
        if local := cluster.text("auth", key):
            written["auth", key] = local
    for path, local in written.items():
        if not cluster.here.path(local).exists():
            is_token = local == _TOKEN
            is_relative = not local.startswith(("/", "~"))
            elsewhere = "run this where it is, or correct the path" if is_relative else "correct the path"
            where = " in the current directory" if is_relative else ""
            yield cluster.finding(path, f"there is no {local}{where}", _GENERATE if is_token else elsewhere)


def no_token(cluster: ClusterFile) -> Iterator[Finding]:
    """The token goes to every node."""
    starts = [command for key in (HEAD_START, WORKER_START) for _, command in cluster.starts(key)]
    is_elsewhere = bool(starts) and all(assigned(command, "RAY_AUTH_TOKEN_PATH") for command in starts)
    if not is_elsewhere and not any(_is_token(remote) for remote in _mounts(cluster)):
        found = "the token is not copied to the nodes"
        yield cluster.finding(("file_mounts",), found, f"write {_TOKEN}: {_TOKEN}")


def token_for_all(cluster: ClusterFile) -> Iterator[Finding]:
    """Nobody else reads the token here, or finds it in the file."""
    for remote, local in _mounts(cluster).items():
        file = cluster.here.path(local)
        if not _is_token(remote) or not file.is_file():
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if mode & 0o077:
            found = f"other users of this machine can read the token {local} (mode {mode:03o})"
            yield cluster.finding(("file_mounts", remote), found, f"run `chmod 600 {local}`")
    for key in (HEAD_START, WORKER_START):
        for path, command in cluster.starts(key):
            if assigned(command, "RAY_AUTH_TOKEN"):
                found = "the token itself is written in this file"
                yield cluster.finding(path, found, f"delete RAY_AUTH_TOKEN, and copy the file {_TOKEN} to the nodes")


def incomplete_project(cluster: ClusterFile) -> Iterator[Finding]:
    """What pip installs from a folder of the node is copied there, whole."""
    for path, command in cluster.set_up():
        for each in installed(command):
            folder = PurePosixPath(each.path)
            if not each.path or _covers(cluster, folder):
                continue
            missing = [name for name in _PROJECT if not _covers(cluster, folder / name)]
            if len(missing) == len(_PROJECT):
                found = f"pip installs {each.path}, but nothing is copied there"
                yield cluster.finding(path, found, f"add {each.path} to file_mounts")
                continue
            for name in missing:
                found = f"pip needs {each.path}/{name} to install {each.path}, and it is not copied"
                yield cluster.finding(("file_mounts",), found, f"write {each.path}/{name}: {name}")


def no_project(cluster: ClusterFile) -> Iterator[Finding]:
    """Ray's own images lack this project, so something installs it."""
    images = [cluster.text("docker", key) or "" for key in ("image", "head_image", "worker_image")]
    of_ray = any(images) and all(image.startswith("rayproject/") for image in images if image)
    packages = [each for _, command in cluster.set_up() for each in installed(command)]
    if of_ray and not any("xlingual" in each.written for each in packages):
        found = "no command installs xlingual on the nodes"
        yield cluster.finding(
            ("setup_commands",), found, "write pip install -e ~/xlingual, and copy the project there with file_mounts"
        )


def _mounts(cluster: ClusterFile) -> dict[str, str]:
    return {remote: local for remote, local in cluster.mapping("file_mounts").items() if isinstance(local, str)}


def _is_token(remote: str) -> bool:
    return remote.endswith("/.ray/auth_token")


def _covers(cluster: ClusterFile, target: PurePosixPath) -> bool:
    """Whether a path of the nodes is copied there, itself or with a folder around it."""
    return any(PurePosixPath(remote) in (target, *target.parents) for remote in _mounts(cluster))


RULES = (missing_sources, no_token, token_for_all, incomplete_project, no_project)
