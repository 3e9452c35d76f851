from __future__ import annotations

from typing import Any

import pytest

from xlingual.search.opening import differing
from xlingual.study import load_study, resolved


@pytest.fixture(scope="module")
def study(write_study: Any) -> dict[str, Any]:
    return resolved(load_study(write_study("opening")))


def changed(write_study: Any, *overrides: str) -> dict[str, Any]:
    return resolved(load_study(write_study("opening"), overrides))


def compare(study: dict[str, Any], write_study: Any, *overrides: str) -> list[str]:
    return differing(study, changed(write_study, *overrides))


@pytest.mark.parametrize(
    "override",
    [
        "search.trials_per_arm=9",
        "replicates.seeds=5",
        "scaling.concurrent_trials=1",
        "question=Another wording",
        "arms.third={training: {weight_decay: 0.5}}",
    ],
)
def test_what_may_change(study: dict[str, Any], write_study: Any, override: str) -> None:
    assert compare(study, write_study, override) == []


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ("training.weight_decay=0.5", "training.weight_decay"),
        ("search.seed=1", "search.seed"),
        ("data.test.paragraphs=3", "data.test.paragraphs"),
        ("arms.both.robust.embedding_noise.magnitude=0.5", "arms.both.robust"),
    ],
)
def test_what_decides_numbers_may_not(study: dict[str, Any], write_study: Any, override: str, key: str) -> None:
    found = compare(study, write_study, override)
    assert found
    assert all(key in change or "arms." in change for change in found)
    assert any(change.startswith(key) for change in found)
