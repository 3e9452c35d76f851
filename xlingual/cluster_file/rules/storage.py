"""The study's records: on storage that all nodes share, or in an object store."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from xlingual.cluster_file.cluster import CLOUDS, ClusterFile
from xlingual.cluster_file.finding import Finding
from xlingual.cluster_file.shell import bound
from xlingual.errors import RecordError
from xlingual.records.remote import checked_url, is_url
from xlingual.study.document import Path

_MOUNTS = re.compile(r"\b(mount|s3fs|gcsfuse|mount-s3|goofys|juicefs|sshfs|rclone)\b")
_RUN_OPTIONS = ("run_options", "head_run_options", "worker_run_options")


def unshared(cluster: ClusterFile) -> Iterator[Finding]:
    """With workers besides the head, the records lie in an object store or on a file system that every node mounts."""
    place = cluster.storage
    if place is None or (cluster.most_workers == 0 and not is_url(place)):
        return
    remedy = "name a URL (s3://BUCKET/PREFIX), or a folder on a file system that all nodes mount, with --storage"
    found = f"the study's records go to {place}"
    if is_url(place):
        try:
            checked_url(place)
        except RecordError as error:
            told, _, remedy = str(error).partition("; ")
            yield cluster.finding(_mounting(cluster), f"the study's records cannot go to {told}", remedy)
    elif cluster.uses_docker:
        source = _bound_to(cluster, PurePosixPath(place))
        if source is None:
            yield cluster.finding(
                _mounting(cluster), f"{found}, and no -v option shares it with the containers", remedy
            )
        elif cluster.provider in CLOUDS and not _is_mounted(cluster, source):
            found += f", and no command mounts a file system at {source} on the nodes"
            yield cluster.finding(("initialization_commands",), found, "write a command that does")
    elif cluster.provider in CLOUDS and not _is_mounted(cluster, PurePosixPath(place)):
        yield cluster.finding(_mounting(cluster), f"{found}, which every node has for itself", remedy)


def unknown_storage_note(cluster: ClusterFile) -> str | None:
    """Say what cannot be told from here: whether one's own hosts share a folder; None where it can be."""
    if (
        cluster.storage is None
        or is_url(cluster.storage)
        or not cluster.is_local
        or cluster.uses_docker
        or not cluster.most_workers
    ):
        return None
    return f"the study's records go to {cluster.storage}, which must be a folder that all hosts share"


def _mounting(cluster: ClusterFile) -> Path:
    return ("docker", "run_options") if cluster.uses_docker else ("initialization_commands",)


def _bound_to(cluster: ClusterFile, place: PurePosixPath) -> PurePosixPath | None:
    """The host's folder for one of the containers; None where the container keeps it for itself."""
    options = [option for key in _RUN_OPTIONS for _, option in cluster.texts("docker", key)]
    for source, target in bound(options):
        if PurePosixPath(target) in (place, *place.parents):
            return PurePosixPath(source)
    return None


def _is_mounted(cluster: ClusterFile, place: PurePosixPath) -> bool:
    """Whether a command mounts a file system at the path or above it."""
    folders = {str(each) for each in (place, *place.parents)} - {"/", "."}
    commands = [*cluster.texts("initialization_commands"), *cluster.set_up()]
    return any(_MOUNTS.search(command) and folders & set(command.split()) for _, command in commands)


RULES = (unshared,)
