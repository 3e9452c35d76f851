"""The test stage without Ray: which replicate reads which data."""

from __future__ import annotations

from xlingual.records.state import ReplicateState
from xlingual.search.stages.test import distinct


def test_arms_that_chose_the_same_configuration_are_read_for_once() -> None:
    """Otherwise, shares of a model's answers from several workers would be mixed with those of an identical model."""
    replicates = [
        ReplicateState(arm, seed, f"{model}-{seed}", model, "finished")
        for arm, model in (("plain", "x"), ("twin", "x"), ("other", "y"))
        for seed in (10101, 10102)
    ]
    found = distinct(replicates)
    assert [(one.arm, one.seed) for one in found] == [
        (arm, seed) for arm in ("plain", "other") for seed in (10101, 10102)
    ]
