"""The overhead of a trial: this package's reused actor against a stock Tune function.

    python tests/benchmarks/trial_cost.py [--model DIR --train FILE.json] [--runs 5]

Both sides run in one embedded Ray, one trial at a time, and train the same trial: one worker, one update, one
development scoring, by the package's own `train_trial` on the same inputs in the object store. Only the vehicle
differs:

- reference: a Tune function that calls `TorchTrainer(...).fit()` with one worker, as Ray's guide has it;
- xlingual: `xlingual.search.tuning.train_all`, with which a study trains its trials (a reused actor).

A run is one start of Tune with `--trials` trials; the sides take turns. The cost of a trial is the time from the end of
the trial before it to its own end, both as Tune's callback sees them in the driver, less the seconds of its update. It
holds all that is not training: ending the one trial, starting the other, loading the model, one development scoring,
one checkpoint. A run's first trial, which starts Tune and, on our side, the actor, is left out on both sides.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import uuid
import warnings
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import ray
import sides
from harness import OURS, REFERENCE, Comparison, Task, chosen_task, interleaved, parser, publish, say
from ray.tune import Callback
from search_lines import NoRecords

from xlingual.search.recording_callback import key_of

ONE_WORKER = {"workers": 1, "cpus_per_worker": 1, "gpus_per_worker": 0}


class Clock(Callback):
    """Records the end of every trial, and its last report."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, dict[str, Any]]] = []

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **more: Any) -> None:
        self.ends.append((time.perf_counter(), dict(trial.last_result or {})))

    def costs(self) -> list[float]:
        """Seconds from one trial's end to the next one's, less the next one's training; the first trial has none."""
        if any("seconds" not in report for _, report in self.ends):
            raise SystemExit(f"a trial ended without a report: {self.ends}")
        pairs = zip(self.ends, self.ends[1:], strict=False)
        return [end - before - report["seconds"] for (before, _), (end, report) in pairs]


def trial_items(settings: sides.Settings, count: int) -> list[dict[str, Any]]:
    """Trials that differ by their seed."""
    made = []
    for _ in range(count):
        configuration = sides.our_configuration(settings | {"seed": uuid.uuid4().int % 2**31})
        canonical = configuration.canonical()
        made.append(
            {"arm": "arm", "number": len(made), "fingerprint": configuration.fingerprint, "configuration": canonical}
        )
    return made


def make_task(settings: sides.Settings, inputs: Any, folder: Path) -> Any:
    """The data shared by trials, like a study's."""
    from xlingual.search.placement import Demand
    from xlingual.search.trial import TrialTask
    from xlingual.training.execution import Execution

    model = settings["model"]
    execution = Execution(threads=ONE_WORKER["cpus_per_worker"])
    return TrialTask(folder, None, Demand(**ONE_WORKER), {"arm": model}, {model: inputs}, False, execution)


def train_with_ours(items: list[dict[str, Any]], task: Any, clock: Clock, concurrent: int = 1) -> None:
    """Train the items like a study."""
    from xlingual.search.queue import ReplicateSource, TrialQueue
    from xlingual.search.tuning import train_all

    class Timed(TrialQueue):
        """Reports every end to the clock."""

        def returned(self, item: dict[str, Any]) -> None:
            report = self._open[key_of(item)].last
            super().returned(item)
            clock.ends.append((time.perf_counter(), dict(report)))

    queue = Timed(ReplicateSource(items), NoRecords(), concurrent=concurrent, full_budget=1)  # type: ignore[arg-type]
    train_all(queue, task, concurrent=concurrent, driver={})


def stock_trial(config: dict[str, Any], task: Any) -> None:
    """The stock Tune function: a `TorchTrainer` with one worker."""
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer
    from ray.tune.integration.ray_train import TuneReportCallback

    from xlingual.search.trial import train_fn_per_worker

    TorchTrainer(
        train_fn_per_worker,
        train_loop_config={"config": config["item"], "task": task},
        scaling_config=ScalingConfig(num_workers=1),
        run_config=RunConfig(
            name=uuid.uuid4().hex, storage_path=str(task.storage / "train"), callbacks=[TuneReportCallback()]
        ),
    ).fit()


def tiny_settings(task: Task, options: argparse.Namespace) -> sides.Settings:
    """One update and one development scoring."""
    return asdict(task) | {
        "updates": 1,
        "batch": options.batch,
        "learning_rate": 3e-5,
        "train_examples": max(64, options.batch),
        "dev_examples": 8,
    }


def train_with_stock(items: list[dict[str, Any]], task: Any, clock: Clock) -> None:
    """Train the items with Tune's defaults."""
    from ray import tune

    tune.Tuner(
        tune.with_parameters(stock_trial, task=task),
        param_space={"item": tune.grid_search(items)},
        tune_config=tune.TuneConfig(max_concurrent_trials=1),
        run_config=tune.RunConfig(
            name=uuid.uuid4().hex, storage_path=str(task.storage / "tune"), callbacks=[clock], verbose=0
        ),
    ).fit()


def one_run(train: Any, settings: sides.Settings, task: Any, trials: int, number: int) -> list[float]:
    """Costs of the trials of one start of Tune, the first one left out, (trials - 1,)."""
    clock = Clock()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train(trial_items(settings, trials), task, clock)
    if len(clock.ends) != trials:
        raise SystemExit(f"started {trials} trials, {len(clock.ends)} finished")
    return clock.costs()


def main() -> int:
    made = parser(__doc__)
    made.add_argument("--trials", type=int, default=3, help="trials of a run, the first one not counted (3)")
    options = made.parse_args()
    from xlingual.search.cluster import connected
    from xlingual.search.placement import Demand

    folder = tempfile.TemporaryDirectory(prefix="xlingual-benchmark-", ignore_cleanup_errors=True)
    with chosen_task(options) as task, folder as storage, connected("local", Demand(2, 1, 0)):
        settings = tiny_settings(task, options)
        inputs = ray.put(sides.our_inputs(*sides.load_examples(settings), settings))
        shared = make_task(settings, inputs, Path(storage))
        vehicles = {REFERENCE: train_with_stock, OURS: train_with_ours}
        runs = interleaved(
            options.runs,
            {side: partial(one_run, train, settings, shared, options.trials) for side, train in vehicles.items()},
            say,
        )
    costs = [[sum(costs) / len(costs) for costs in runs[side]] for side in (REFERENCE, OURS)]
    rows = [Comparison("one more trial, seconds beside training", *costs, larger_is_better=False, goal=30)]
    longest = max(max(run) for run in runs[OURS])
    note = f"a run is the mean over {options.trials - 1} trials; the longest of {OURS} took {longest:.2f} s"
    publish(options, "fixed cost of a trial, 1 worker", rows, {"costs": runs}, note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
