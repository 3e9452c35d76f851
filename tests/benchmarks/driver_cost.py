"""What one more trial costs the driver: its processor time and memory, and the records' size.

    python tests/benchmarks/driver_cost.py [--trials 250,500,1000] [--concurrent 4] [--searches 10] [--seconds 0.2]

A study's search stage runs on an embedded Ray as `xlingual run` runs it: draws of TPE after the startup, ASHA, the
queue, the journal, Ray Tune with reused actors. Only the trial itself is made up: it waits, reports four scores and
ends, so that little but the driver works. It waits for as long as an actor takes to start, as any real trial does: a
shorter one is over before its neighbour's actor is there, and with each trial one is asked for in vain. Figures are of
the process that drives; Ray's own processes are left out. `draws_ms` is the part of `driver_ms` that is Optuna's.

The goal, 17.5 ms a trial, is what Ray's own release tests allow Tune ("result throughput, single node").
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from harness import Timed, say

REPORTS = 4
GOAL = 17.5


def made_up_trial(config: dict[str, Any], task: Any) -> None:
    """Report scores that follow from the configuration alone: Tune's function."""
    from ray import tune

    item = config["item"].item
    updates = item["configuration"]["training"]["updates"]
    time.sleep(task.seconds)
    whole = 40.0 + 50.0 * random.Random(item["fingerprint"]).random()
    for done in range(1, REPORTS + 1):
        share = done / REPORTS
        tune.report(
            {
                "objective": whole * share,
                "updates": int(updates * share),
                "total_updates": updates,
                "share": share,
            }
        )


def study_file(folder: Path, trials: int, searches: int) -> Path:
    """Write a study whose arms have `trials` trials together, in `searches` searches each of at most 20."""
    path = folder / "study.yaml"
    learning_rate = {"learning_rate": {"log_uniform": [1e-5, 1e-2]}}
    content = {
        "name": f"cost_{trials}",
        "question": "What does a trial cost the driver?",
        "model": "toy",
        "data": {"train": "toy", "dev": "toy", "test": {"source": "toy", "languages": ["en"]}},
        "training": {"updates": 20, "reports": REPORTS, **learning_rate},
        "arms": {
            "plain": {"baseline": True},
            "noise": {
                "robust": {"embedding_noise": {"distribution": "gaussian", "magnitude": {"log_uniform": [1e-3, 1.0]}}}
            },
        },
        "search": {"trials_per_arm": trials // 2, "scheduler": "asha", "grace_share": 0.25},
        "replicates": {"searches": searches, "seeds": 1},
    }
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def cost_of(trials: int, searches: int, concurrent: int, seconds: float, folder: Path) -> dict[str, float]:
    """Run the search stage of a study; the driver's cost."""
    from xlingual.records.layout import StudyDirectory
    from xlingual.records.state import read_state
    from xlingual.search import tuning
    from xlingual.search.nodes import Here
    from xlingual.search.placement import Demand
    from xlingual.search.sampler import ArmSampler
    from xlingual.search.stages.search import search
    from xlingual.search.study_context import StudyContext
    from xlingual.search.study_guard import open_directory
    from xlingual.study import FamilyDefaults, load_study

    class Unlost(Here):
        """Made-up trials leave no records of their own."""

        def lost(self, fingerprint: str, updates: int) -> str | None:
            return None

        def check_records(self) -> None:
            return None

    def train(queue: Any, task: Any, *, concurrent: int, driver: dict[str, float]) -> None:
        light = SimpleNamespace(storage=task.storage, demand=Demand(1, 1.0, 0.0), seconds=seconds)
        tuning.train_handed = made_up_trial  # type: ignore[assignment]
        tuning.train_all(queue, light, concurrent=concurrent, driver=driver)

    study = load_study(study_file(folder, trials, searches))
    directory = StudyDirectory(folder / study.name)
    open_directory(study, directory)
    sources = {"model": "m", "train": "t", "dev": "d"}
    context = StudyContext(
        study=study,
        directory=directory,
        listener=Silent(),  # type: ignore[arg-type]
        locations=SimpleNamespace(models={}),  # type: ignore[arg-type]
        checkpoints={},
        inputs={},
        sources=dict.fromkeys(study.arms, sources),
        traits=dict.fromkeys(study.arms, FamilyDefaults(study.windows)),
        concurrent=concurrent,
        driver={},
        precision="fp32",
        trainer=train,
        place=Unlost(),
    )
    draws, draw = Timed(), ArmSampler.draw
    ArmSampler.draw = draws.timed(draw)  # type: ignore[method-assign]
    before, began = used(), time.perf_counter()
    search(context)
    wall, after = time.perf_counter() - began, used()
    ArmSampler.draw = draw  # type: ignore[method-assign]
    ended = sum(not trial.unfinished for trial in read_state(directory).trials)
    if ended != trials:
        raise SystemExit(f"{trials} trials asked, {ended} ended")
    return {
        "trials": trials,
        "driver_ms_per_trial": 1000 * (after["cpu"] - before["cpu"]) / trials,
        "draws_ms_per_trial": 1000 * draws.seconds / trials,
        "driver_kib_per_trial": (after["peak"] - before["peak"]) / trials,
        "journal_bytes_per_trial": directory.journal.stat().st_size / trials,
        "wall_ms_per_trial": 1000 * wall / trials,
    }


class Silent:
    """Hears everything and says nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None


def used() -> dict[str, float]:
    """Processor seconds of this process, and its peak memory in KiB."""
    found = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": found.ru_utime + found.ru_stime, "peak": float(found.ru_maxrss)}


def main() -> int:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--trials", default="250,500,1000", help="trials of the studies, by commas (250,500,1000)")
    made.add_argument("--searches", type=int, default=10, help="searches of each of the two arms (10)")
    made.add_argument("--concurrent", type=int, default=4, help="trials side by side (4)")
    made.add_argument("--seconds", type=float, default=0.2, help="that a trial waits (0.2)")
    made.add_argument("--json", type=Path, help="file for the figures")
    made.add_argument("--profile", type=Path, help="file for a profile of the driver, for pstats")
    options = made.parse_args()
    from xlingual.search.cluster import connected
    from xlingual.search.placement import Demand

    found = []
    folder = tempfile.TemporaryDirectory(prefix="xlingual-benchmark-", ignore_cleanup_errors=True)
    import ray

    ray.init(num_cpus=options.concurrent, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    with folder as storage, connected("local", Demand(1, 1, 0)):
        cost_of(20, 1, options.concurrent, 0.0, Path(storage))  # imports, first actors
        for trials in map(int, options.trials.split(",")):
            searches = max(1, min(options.searches, trials // 4))
            asked = (trials, searches, options.concurrent, options.seconds, Path(storage))
            one = Profiled(options.profile)(cost_of, *asked)
            say(", ".join(f"{name} {value:.4g}" for name, value in one.items()))
            found.append(one)
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    worst = max(one["driver_ms_per_trial"] for one in found)
    say(f"goal: {GOAL} ms a trial; the most was {worst:.1f} ms: {'reached' if worst <= GOAL else 'missed'}")
    return 0


class Profiled:
    """Calls a function, under a profiler where a file is given."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def __call__(self, call: Any, *arguments: Any) -> Any:
        if self.path is None:
            return call(*arguments)
        import cProfile

        profiler = cProfile.Profile(time.thread_time)
        try:
            return profiler.runcall(call, *arguments)
        finally:
            profiler.dump_stats(self.path)


if __name__ == "__main__":
    sys.exit(main())
