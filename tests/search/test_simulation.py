"""Simulated studies, each with faults of its own: what is promised holds in all of them.

The default run has some; `python tests/simulate.py --studies 10000 --jobs 2` has many, and `--seed N` repeats one.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from simulated_study import asked_by, run
from simulated_world import FAULTS

from xlingual.errors import RecordError
from xlingual.search.nodes import Here
from xlingual.search.queue import TrialQueue

STUDIES = 20
FIRST_OF_THESE = 1000
ENOUGH = 30


def test_what_is_promised_holds_whatever_goes_wrong(tmp_path: Path) -> None:
    happened: Counter[str] = Counter()
    for seed in range(FIRST_OF_THESE, FIRST_OF_THESE + STUDIES):
        try:
            happened += run(seed, tmp_path).world.happened
        except Exception as error:
            raise AssertionError(f"repeat it with: python tests/simulate.py --seed {seed}") from error
    assert len(happened) >= 12 and happened.total() > 100, happened


def test_a_study_follows_from_its_seed(tmp_path: Path) -> None:
    seed = next(seed for seed in range(ENOUGH) if asked_by(seed).plan.rate == 0.012)
    once, again = (run(seed, tmp_path / str(n)) for n in range(2))
    assert (once.ends, once.world.happened, once.world.now) == (again.ends, again.world.happened, again.world.now)


def test_every_fault_is_among_those_of_some_study() -> None:
    assert set().union(*(asked_by(seed).plan.faults for seed in range(ENOUGH))) == set(FAULTS)


def never(*_: Any, **__: Any) -> None:
    pass


def worst(trials: Any) -> Any:
    finished = [trial for trial in trials if trial.state == "finished"]
    return min(finished, key=lambda trial: trial.objective, default=None)


PLANTED: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "a stage ends although trials are to be tried again": lambda p: p.setattr(TrialQueue, "check_ended", never),
    "another than the best is chosen": lambda p: p.setattr(
        sys.modules["xlingual.search.stages.search"], "best_of", worst
    ),
    "records that did not arrive are not missed": lambda p: p.setattr(Here, "lost", never),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_a_planted_mistake_is_found(tmp_path: Path, planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[planted](monkeypatch)
    with pytest.raises((AssertionError, RecordError)):
        for seed in range(ENOUGH):
            run(seed, tmp_path)
