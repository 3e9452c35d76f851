"""A checkpoint evaluated by several Ray workers."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest

from xlingual.errors import PlacementError
from xlingual.evaluation.checkpoint_evaluation import alone, evaluate_checkpoint
from xlingual.evaluation.evaluation_request import EvaluationRequest
from xlingual.records.state import read_state
from xlingual.search.evaluation_workers import crew_of, placed
from xlingual.search.placement import Demand
from xlingual.study.benchmarks import BENCHMARKS


def test_two_workers_answer_as_one(ray_cluster: None, finished: Any, tmp_path: Path) -> None:
    path, directory, _ = finished
    model = str(directory.trial(read_state(directory).replicates[0].fingerprint).model)
    kept = {number: tmp_path / str(number) for number in (1, 2)}
    asked = {
        number: EvaluationRequest(
            BENCHMARKS["xquad"], str(path.parent / "data" / "xquad"), "en,de,es", keep=kept[number]
        )
        for number in kept
    }
    one = evaluate_checkpoint(model, asked[1], crew=alone)
    heard: list[int] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        two = evaluate_checkpoint(model, asked[2], lambda done, total: heard.append(done), crew_of("local", 2))
    assert two.scores == one.scores
    assert (one.made_with["workers"], two.made_with["workers"]) == (1, 2)
    assert heard[-1] == 60 and len(heard) >= 2
    for language in ("en", "de", "es"):
        assert (kept[2] / f"{language}.jsonl").read_bytes() == (kept[1] / f"{language}.jsonl").read_bytes()


def test_workers_are_one_a_gpu_or_one_a_node() -> None:
    gpus = [{"CPU": 16.0, "GPU": 4.0}, {"CPU": 16.0, "GPU": 2.0}, {"CPU": 8.0}]
    assert placed(gpus, None) == (Demand(1, 1, 1), 6)
    assert placed(gpus, 3) == (Demand(1, 1, 1), 3)
    plain = [{"CPU": 8.0}, {"CPU": 4.0}, {"memory": 1.0}]
    assert placed(plain, None) == (Demand(1, 4, 0), 2)
    assert placed(plain, 3) == (Demand(1, 4, 0), 3)
    assert placed([{"CPU": 2.0}], 2) == (Demand(1, 1, 0), 2)
    for nodes, workers in ((gpus, 7), ([{"CPU": 2.0}], 3), ([], None), ([{"memory": 1.0}], 1)):
        with pytest.raises(PlacementError, match="room for"):
            placed(nodes, workers)


def test_this_process_answers_unless_more_is_asked() -> None:
    assert crew_of(None, None) is alone
    assert crew_of(None, 1) is alone
    assert crew_of(None, 2) is not alone
    assert crew_of("auto", None) is not alone
    with pytest.raises(PlacementError, match="--workers: found 0; write 1 or more"):
        crew_of(None, 0)
