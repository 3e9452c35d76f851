"""What Ray needs here: a short path for its sockets, and, for a cluster, a token and the way there."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlingual.doctor.finding import OK, PROBLEM, WARNING, Finding
from xlingual.errors import PlacementError
from xlingual.search.embedded import ray_folder


def check_temporary_path(environment: Mapping[str, str], places: tuple[str, ...] | None = None) -> Finding:
    """See whether Ray's sockets and logs have a place.

    Args:
        environment: variables of this process.
        places: to try where TMPDIR will not do; None takes the usual ones.
    """
    name = "temporary path"
    try:
        folder = ray_folder(environment, *([places] if places else []))
    except PlacementError as error:
        found, _, write = str(error).rpartition("; ")
        return Finding(name, PROBLEM, found, write)
    asked = environment.get("RAY_TMPDIR") or environment.get("TMPDIR") or "/tmp"
    if folder is not None:
        return Finding(name, OK, f"TMPDIR={asked} does not suit Ray's sockets, so they go to {folder}")
    return Finding(name, OK, f"{asked} is short enough for Ray's sockets")


@dataclass(frozen=True, slots=True)
class Token:
    """Facts of this user's token.

    Attributes:
        place: where it is looked for, or the variable that holds it.
        is_there: whether there is one.
        is_open: whether other users may read it.
        mode: value of RAY_AUTH_MODE; empty where it is not set.
    """

    place: str
    is_there: bool
    is_open: bool
    mode: str

    @classmethod
    def here(cls, environment: Mapping[str, str] = os.environ) -> Token:
        """Look where Ray looks."""
        mode = environment.get("RAY_AUTH_MODE", "")
        if environment.get("RAY_AUTH_TOKEN"):
            return cls("RAY_AUTH_TOKEN", True, False, mode)
        place = Path(environment.get("RAY_AUTH_TOKEN_PATH") or "~/.ray/auth_token").expanduser()
        try:
            found = place.stat()
        except OSError:
            return cls(str(place), False, False, mode)
        return cls(str(place), True, bool(found.st_mode & (stat.S_IRGRP | stat.S_IROTH)), mode)


def check_token(token: Token) -> Finding:
    """See whether the token suits what the environment says of it."""
    name = "Ray token"
    if token.is_open:
        return Finding(name, WARNING, f"{token.place} can be read by other users", f"write `chmod 600 {token.place}`")
    if token.is_there:
        return Finding(name, OK, token.place)
    if token.mode == "token":
        found = f"RAY_AUTH_MODE=token is set, and no token is at {token.place}"
        write = "copy the one of the cluster's head node there, or unset RAY_AUTH_MODE where the cluster has none"
        return Finding(name, WARNING, found, write)
    return Finding(name, OK, "none, and studies on this machine need none")


@dataclass(frozen=True, slots=True)
class Cluster:
    """What a Ray cluster answered.

    Attributes:
        address: as asked.
        is_asked: whether the user named it, and not the environment.
        refusal: why it cannot be joined; None when it can.
        wants_token: whether it asks for a token.
    """

    address: str
    is_asked: bool
    refusal: str | None
    wants_token: bool

    @classmethod
    def at(cls, address: str, *, is_asked: bool) -> Cluster:
        """Ask it, in a process of its own."""
        from xlingual.search.joining import answer_of

        answer, refusal = answer_of(address)
        return cls(address, is_asked, refusal, answer.get("mode") == "token")


def check_cluster(cluster: Cluster | None) -> Finding:
    """See whether a cluster can be joined from here; None means that none is named and none runs on this machine."""
    name = "Ray cluster"
    if cluster is None:
        return Finding(name, OK, "none here; studies start Ray on this machine (--address HOST:PORT asks one)")
    if cluster.refusal is not None:
        found, _, write = cluster.refusal.rpartition("; ")
        return Finding(name, PROBLEM if cluster.is_asked else WARNING, found, write)
    if not cluster.wants_token and "RAY_AUTH_MODE" not in os.environ:
        found = f"{cluster.address} can be joined, and asks for no token: whoever reaches it runs code there"
        return Finding(name, WARNING, found, "start it with RAY_AUTH_MODE=token, as cluster.yaml does")
    return Finding(name, OK, f"{cluster.address} can be joined, with a token")
