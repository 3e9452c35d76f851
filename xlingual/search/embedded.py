"""Starting Ray on this machine for the length of a command."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from xlingual.errors import PlacementError

LONGEST = 107 - len("/session_2026-01-01_00-00-00_000000_4194304/sockets/plasma_store")
"""Bytes of the path of Ray's folder: the path of a Unix socket below it has 107 at most."""

PLACES = ("/tmp", "/var/tmp", "/dev/shm")
"""For Ray's folder where TMPDIR is too long or cannot be written, as on clusters that give each job its own."""


def start(settings: Mapping[str, Any]) -> None:
    """Start Ray on this machine.

    Args:
        settings: what `ray.init` is told.

    Raises:
        PlacementError: one line that says why it does not start.
    """
    import ray

    folder = ray_folder(os.environ)
    try:
        with on_loopback():
            ray.init(address="local", **settings, **({"_temp_dir": folder} if folder else {}))
    except Exception as error:  # Ray raises plain ones
        raise PlacementError(_refusal(error, folder or "the folder of Ray's logs")) from error


@contextmanager
def on_loopback() -> Iterator[None]:
    """Let Ray, and the processes that it starts within, listen on 127.0.0.1 alone, as it does on Windows and macOS.

    On Linux it would take the address by which other machines see this one, and listen on all.
    """
    constants: Any = import_module("ray._private.ray_constants")
    before = constants.ENABLE_RAY_CLUSTER, os.environ.get(constants.ENABLE_RAY_CLUSTERS_ENV_VAR)
    constants.ENABLE_RAY_CLUSTER, os.environ[constants.ENABLE_RAY_CLUSTERS_ENV_VAR] = False, "0"
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = before[0]
        if before[1] is None:
            del os.environ[constants.ENABLE_RAY_CLUSTERS_ENV_VAR]
        else:
            os.environ[constants.ENABLE_RAY_CLUSTERS_ENV_VAR] = before[1]


def ray_folder(environment: Mapping[str, str], places: tuple[str, ...] = PLACES) -> str | None:
    """Choose the folder for Ray's sockets and logs; None leaves it to Ray.

    Args:
        environment: variables of this process.
        places: instead of TMPDIR, the first that will do.

    Raises:
        PlacementError: when RAY_TMPDIR will not do, which says where Ray shall write and nothing else.
    """
    for variable in ("RAY_TMPDIR", "TMPDIR"):
        asked = environment.get(variable)
        if asked is None:
            continue
        problem = _problem(asked)
        if problem is None:
            return None
        if variable == "RAY_TMPDIR":
            raise PlacementError(
                f"RAY_TMPDIR={asked}: Ray cannot keep its sockets and logs there ({problem}); write a short path that "
                "this user may write to, such as RAY_TMPDIR=/tmp, or unset it"
            )
        for place in places:
            if _problem(place) is None:
                return os.path.join(place, "ray")
        raise PlacementError(
            f"TMPDIR={asked}: Ray cannot keep its sockets and logs there ({problem}), nor in {', '.join(places)}; set "
            "RAY_TMPDIR to a short path that this user may write to"
        )
    return None


def _problem(place: str) -> str | None:
    """Say why a folder will not do for Ray's; None when it will."""
    folder = os.path.join(os.path.abspath(place), "ray")
    if len(os.fsencode(folder)) > LONGEST:
        return f"the path is {len(os.fsencode(folder)) - LONGEST} bytes too long for Unix sockets"
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return None
    except OSError as error:
        return os.strerror(error.errno or 0)


def _refusal(error: Exception, folder: str) -> str:
    told = " ".join(str(error).split())
    reason = f"{type(error).__name__}: {told}"[:300]
    if "timed out during startup" in told or "Timed out" in told or "timed out" in told:
        return (
            "Ray did not start on this machine in time, as happens under load; nothing is lost: run the same command "
            f"again when the machine is less busy ({reason})"
        )
    shared = os.statvfs("/dev/shm") if Path("/dev/shm").is_dir() else None
    room = f"; /dev/shm has {shared.f_bavail * shared.f_frsize >> 20} MiB left" if shared else ""
    return (
        f"Ray did not start on this machine ({reason}); {folder} may tell more{room}. Mend that and run the same "
        "command again, or join a cluster with --address"
    )
