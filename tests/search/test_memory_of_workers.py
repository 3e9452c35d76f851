"""Several workers begin again, with less memory, where a pass of one of them did not fit."""

from __future__ import annotations

import pytest
from ray.train import WorkerGroupError

from xlingual.errors import OutOfMemory
from xlingual.search.trial import train_with_less
from xlingual.training.memory import Thrift

RECOMPUTE = {"recompute": True, "tokens": None}
HALVED = {"recompute": False, "tokens": 64}


def failing(*errors: Exception | None) -> tuple[list[Thrift], object]:
    tries: list[Thrift] = []

    def train(thrift: Thrift) -> None:
        tries.append(thrift)
        if (error := errors[len(tries) - 1]) is not None:
            raise WorkerGroupError("workers failed", {0: RuntimeError("connection closed by peer"), 1: error})

    return tries, train


def test_each_try_spares_what_the_one_before_asked_for_and_all_before() -> None:
    tries, train = failing(OutOfMemory("small", RECOMPUTE), OutOfMemory("smaller", HALVED), None)
    told: list[str] = []
    train_with_less(train, told.append)  # type: ignore[arg-type]
    assert tries == [Thrift(), Thrift(recompute=True), Thrift(recompute=True, tokens=64)]
    assert told == ["small", "smaller"]


@pytest.mark.parametrize("error", [OutOfMemory("nothing is left to spare"), ValueError("something else")])
def test_what_less_memory_does_not_cure_is_not_tried_again(error: Exception) -> None:
    tries, train = failing(error)
    told: list[str] = []
    with pytest.raises(WorkerGroupError):
        train_with_less(train, told.append)  # type: ignore[arg-type]
    assert (tries, told) == ([Thrift()], [])
