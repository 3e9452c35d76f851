"""Arguments for Ray Tune, and its handling of errors."""

from __future__ import annotations

from typing import Any

import pytest
from ray.tune.error import TuneError

from xlingual.errors import StorageError
from xlingual.search.failures import UNKNOWN
from xlingual.search.tuning import FirstError, Handed, QueueCallback, QueueScheduler, QueueSearcher, TuneFailed


class FullDisk:
    """A queue whose records cannot be written."""

    def __init__(self) -> None:
        self.next = self.reported = self.failed = self.returned = self._fail

    def _fail(self, *arguments: Any) -> Any:
        raise StorageError("/studies/mine: nothing can be written there (No space left on device)")


class Trial:
    """What Tune passes on about a trial."""

    config: dict[str, Any] = {"item": Handed({})}  # noqa: RUF012
    pickled_error_file = "/absent"


@pytest.mark.parametrize(
    "call",
    [
        lambda queue, kept: QueueSearcher(queue, kept).suggest("a"),
        lambda queue, kept: QueueScheduler(queue, kept).on_trial_result(None, Trial(), {"kind": UNKNOWN}),
        lambda queue, kept: QueueCallback(queue, kept).on_trial_error(0, [], Trial()),
    ],
)
def test_records_that_cannot_be_written_end_the_search_with_their_own_line(call: Any) -> None:
    kept = FirstError()

    def fit() -> None:
        try:
            call(FullDisk(), kept)
        except StorageError as error:
            raise TuneError(f"Traceback (most recent call last): ... {error}") from None

    with pytest.raises(StorageError, match=r"^/studies/mine: nothing can be written there"):
        kept.instead_of_tunes(fit)


def test_an_error_of_tune_itself_is_told_from_those_of_this_program() -> None:
    def fit() -> None:
        raise TuneError("its own")

    with pytest.raises(TuneFailed, match=r"^Ray Tune failed: TuneError: its own$"):
        FirstError().instead_of_tunes(fit)
