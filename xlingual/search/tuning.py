"""One call of Ray Tune: a queue of trials, a scheduler, a journalist."""

from __future__ import annotations

import logging
import shutil
import uuid
import warnings
from typing import Any

from xlingual.search.journalist import Journalist
from xlingual.search.placement import Demand
from xlingual.search.trial import TrialTask, train_driver_fn


def train_all(
    queue: Any,
    items: int,
    scheduler: Any | None,
    journalist: Journalist,
    task: TrialTask,
    *,
    concurrent: int,
    driver: dict[str, float],
) -> None:
    """Train every item of a queue; what happens to each is in the journal afterwards.

    Args:
        queue: a Tune searcher that hands out items (see `queue.py`).
        items: how many it will hand out.
        scheduler: Tune's trial scheduler; None lets every trial finish.
        journalist: callback that keeps the records.
        task: what the trials share.
        concurrent: trials side by side.
        driver: resources of the driver of a trial that has several workers.
    """
    from ray import tune

    if items == 0:
        return
    logging.getLogger("ray.tune").setLevel(logging.ERROR)
    logging.getLogger("ray.train").setLevel(logging.ERROR)
    trainable = tune.with_resources(tune.with_parameters(train_driver_fn, task=task), _resources(task.demand, driver))
    scratch = task.storage / "ray"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=queue,
                scheduler=scheduler,
                num_samples=items,
                max_concurrent_trials=concurrent,
                # Killing the actor is what ends the Ray Train workers of a trial that the scheduler stopped.
                reuse_actors=task.demand.workers == 1,
                trial_dirname_creator=lambda trial: str(trial.trial_id),
            ),
            run_config=tune.RunConfig(
                name=uuid.uuid4().hex[:8],
                storage_path=str(scratch),
                callbacks=[journalist],
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=task.worker_failures),
            ),
        )
        try:
            tuner.fit()
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _resources(demand: Demand, driver: dict[str, float]) -> dict[str, float]:
    return demand.per_worker if demand.workers == 1 else driver
