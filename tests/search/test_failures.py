from __future__ import annotations

import errno
import pickle
from pathlib import Path
from typing import Any

import pytest
from ray import exceptions as of_ray
from ray.train import WorkerGroupError

from xlingual.errors import DataError, ModelError, RecordLocked, TrialDiverged
from xlingual.records.storage import storage_error
from xlingual.search.attempts import LONGEST_PAUSE, PATIENCE, PAUSES, Attempts, is_final
from xlingual.search.failures import OWN, PLACE, TO_MEND, UNKNOWN, Failure, failure_of


def died(text: str = "The worker process died.", preempted: bool = False) -> of_ray.RayActorError:
    return of_ray.RayActorError("id", f"The actor died unexpectedly.\n{text}", preempted=preempted)


FAILURES: tuple[tuple[BaseException, str], ...] = (
    (TrialDiverged("diverged at update 3"), OWN),
    (ModelError("model x: not there"), TO_MEND),
    (DataError("no rows"), TO_MEND),
    (RecordLocked("another process writes here"), PLACE),
    (of_ray.ActorUnavailableError("rpc failed", None), PLACE),
    (of_ray.NodeDiedError("gone"), PLACE),
    (of_ray.OwnerDiedError("a" * 56, None, ""), PLACE),
    (of_ray.ObjectLostError("a" * 56, None, ""), PLACE),
    (of_ray.WorkerCrashedError(), PLACE),
    (of_ray.RpcError("deadline"), PLACE),
    (OSError(errno.ENOSPC, "No space left on device"), PLACE),
    (storage_error(Path("/study"), errno.ENOSPC), PLACE),
    (storage_error(Path("/study"), errno.EACCES), TO_MEND),
    (OSError(errno.ESTALE, "Stale file handle"), PLACE),
    (FileNotFoundError(errno.ENOENT, "no such file"), UNKNOWN),
    (died(), UNKNOWN),
    (died("The actor died because its node has died."), PLACE),
    (died(preempted=True), PLACE),
    (of_ray.OutOfMemoryError("too much"), UNKNOWN),
    (ValueError("what is this"), UNKNOWN),
)


@pytest.mark.parametrize(("error", "kind"), FAILURES, ids=lambda value: getattr(type(value), "__name__", None))
def test_what_failed_is_of_one_kind_however_ray_wraps_it(error: Any, kind: str) -> None:
    assert failure_of(error).kind == kind
    assert failure_of(of_ray.RayTaskError("f", "Traceback ...", error)).kind == kind
    assert failure_of(WorkerGroupError("a worker failed", {1: error})).kind == kind
    assert "\n" not in failure_of(error).reason


def test_of_several_workers_the_one_that_failed_first_is_named() -> None:
    others = {0: RuntimeError("Connection closed by peer"), 2: died()}
    assert failure_of(WorkerGroupError("", {**others, 1: TrialDiverged("diverged")})) == Failure(OWN, "diverged")
    assert failure_of(WorkerGroupError("", {**others, 1: of_ray.NodeDiedError("gone")})).kind == PLACE
    assert failure_of(WorkerGroupError("", others)).kind == UNKNOWN


def test_a_failure_survives_the_way_between_processes() -> None:
    sent = pickle.loads(pickle.dumps(WorkerGroupError("a worker failed", {0: RecordLocked("held")})))
    assert failure_of(sent) == Failure(PLACE, "held")


def pauses(kind: str, step: float = 0.0) -> list[float]:
    attempts, now, found = Attempts(), 0.0, []
    while (pause := attempts.pause(Failure(kind, ""), now)) is not None:
        found.append(pause)
        now += pause + step
    return found


def test_what_is_unknown_is_tried_a_counted_number_of_times_and_a_place_for_a_time() -> None:
    assert pauses(UNKNOWN) == list(PAUSES)
    assert sum(PAUSES) > 60  # a fault of a minute does not use up all attempts
    waited = pauses(PLACE)
    assert PATIENCE <= sum(waited) < PATIENCE + LONGEST_PAUSE
    assert waited == sorted(waited) and waited[-1] == LONGEST_PAUSE
    assert pauses(OWN) == pauses(TO_MEND) == []


def test_a_trial_that_comes_further_begins_to_count_again() -> None:
    attempts, unknown = Attempts(), Failure(UNKNOWN, "")
    for _ in PAUSES:
        assert attempts.pause(unknown, 0.0) is not None
    attempts.progressed()
    assert [attempts.pause(unknown, 0.0) for _ in (*PAUSES, 0)] == [*PAUSES, None]


def test_only_what_the_trial_did_or_nobody_knows_is_final() -> None:
    assert [is_final(Failure(kind, "")) for kind in (OWN, TO_MEND, PLACE, UNKNOWN)] == [True, False, False, True]
