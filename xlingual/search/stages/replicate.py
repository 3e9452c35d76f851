"""Replicates: each arm's chosen configuration, trained again under seeds that the search did not use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlingual.records.files import read_json
from xlingual.records.state import StudyState, read_state
from xlingual.search.bench import Bench
from xlingual.search.queue import ReplicateSource
from xlingual.study import TrialConfiguration


def replicate(bench: Bench) -> None:
    """Train each arm's chosen configuration under every seed.

    Raises:
        StageError: when some are to be tried again by the next command.
    """
    state = read_state(bench.directory)
    items = replicate_items(bench, state)
    missing = [item for item in items if not _replicated(state, item)]
    if not missing:
        return
    bench.begin("replicate", len(items), len(items) - len(missing))
    queue = bench.train(ReplicateSource(missing), bench.journalist("replicate"), keep_model=True)
    queue.check_ended("replicate")
    bench.end("replicate")


def replicate_items(bench: Bench, state: StudyState) -> list[dict[str, Any]]:
    """List every arm's chosen configuration under every seed, the seeds outermost."""
    items = []
    for seed in replicate_seeds(bench.study.search.seed, bench.study.replicates.seeds):
        for arm, chosen in state.chosen.items():
            content = read_json(bench.directory.trial(chosen).configuration)
            content.pop("fingerprint")
            configuration = TrialConfiguration.model_validate({**content, "seed": seed})
            items.append(
                {
                    "arm": arm,
                    "seed": seed,
                    "chosen": chosen,
                    "fingerprint": configuration.fingerprint,
                    "configuration": configuration.canonical(),
                }
            )
    return items


def replicate_seeds(search_seed: int, count: int) -> list[int]:
    """Seeds of the replicates: never the search's own, and the same first ones however many there are."""
    return [1000 * (search_seed + 1) + index for index in range(1, count + 1)]


def _replicated(state: StudyState, item: Mapping[str, Any]) -> bool:
    return any(r.fingerprint == item["fingerprint"] and r.arm == item["arm"] and not r.unfinished
               for r in state.replicates)  # fmt: skip
