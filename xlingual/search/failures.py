"""What made a trial fail, and so whether it is tried again: the one place that decides it.

    own       the trial's configuration did it (it diverged): never tried again
    to mend   a message for the user (`XlingualError`): another try now would end alike, the next command tries again
    place     where it ran did it (a node, storage, a lock, Ray itself): tried again for a time, never counted
    unknown   anything else, a worker's death among it: tried again, a counted number of times

`Attempts` (attempts.py) says how often and after what pause.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass

import ray.exceptions as of_ray
from ray.train.v2.api.exceptions import PreemptionError

from xlingual.errors import NodeError, RecordLocked, StorageError, TrialDiverged, XlingualError

OWN, TO_MEND, PLACE, UNKNOWN = "own", "to mend", "place", "unknown"

PLACES: tuple[type[BaseException], ...] = (
    NodeError,
    RecordLocked,
    of_ray.ActorUnavailableError,
    of_ray.ActorPlacementGroupRemoved,
    of_ray.TaskPlacementGroupRemoved,
    of_ray.LocalRayletDiedError,
    of_ray.NodeDiedError,
    of_ray.ObjectLostError,  # with it OwnerDiedError and ObjectFetchTimedOutError
    of_ray.ObjectStoreFullError,
    of_ray.OutOfDiskError,
    of_ray.RpcError,
    of_ray.WorkerCrashedError,
    PreemptionError,
)
STORAGE = frozenset(
    {
        errno.EDQUOT, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.EIO, errno.ENODEV, errno.ENOSPC, errno.ENOTCONN,
        errno.EREMOTEIO, errno.EROFS, errno.ESTALE, errno.ETIMEDOUT,
    }
)  # fmt: skip
"""Numbers of an `OSError` that speak of storage or the network, not of what was asked of them."""
OF_A_NODE = ("node has died", "node died", "node was terminated", "node was preempted")
"""In the text of an actor's death: its node went, not its process alone."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a trial failed: one of the four kinds, and a line for the user."""

    kind: str
    reason: str


def failure_of(error: BaseException) -> Failure:
    """Classify what a trial raised, or what Ray says of a trial that is gone.

    Several workers fail in several ways, most of them for the one that failed first: what a trial did itself goes
    before what its place did, and that before what is not known.
    """
    causes = list(causes_of(error))
    for kind in (OWN, TO_MEND, PLACE):
        for cause in causes:
            if _kind(cause) == kind:
                return Failure(kind, _line(cause))
    return Failure(UNKNOWN, _line(causes[-1]))


def _kind(error: BaseException) -> str:
    if isinstance(error, TrialDiverged):
        return OWN
    if isinstance(error, PLACES) or (isinstance(error, OSError | StorageError) and error.errno in STORAGE):
        return PLACE
    if isinstance(error, of_ray.RayActorError) and (error.preempted or any(text in str(error) for text in OF_A_NODE)):
        return PLACE
    return TO_MEND if isinstance(error, XlingualError) else UNKNOWN


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and all that it was raised for: Ray's wrappers, and each worker's of a group."""
    seen: list[BaseException] = []
    waiting = [error]
    while waiting:
        found = waiting.pop(0)
        if any(found is other for other in seen):
            continue
        seen.append(found)
        yield found
        workers = getattr(found, "worker_failures", None) or {}
        inner = [getattr(found, "cause", None), getattr(found, "controller_failure", None), found.__cause__]
        waiting += [each for each in (*inner, *workers.values()) if isinstance(each, BaseException)]


def _line(error: BaseException) -> str:
    """Tell an error in one line."""
    if isinstance(error, XlingualError):
        return str(error)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = lines[-1] if lines else ""
    name = type(error).__name__
    return told if name in told else f"{name}: {told}".removesuffix(": ")
