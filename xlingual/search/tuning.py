"""Ray Tune trains what a `TrialQueue` hands out: a searcher, a trial scheduler and a callback that only translate."""

from __future__ import annotations

import functools
import logging
import pickle
import shutil
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ray import tune
from ray.tune import Callback
from ray.tune.schedulers import FIFOScheduler
from ray.tune.search import Searcher

from xlingual.records.storage import writing
from xlingual.search.failures import PLACE, Failure, failure_of
from xlingual.search.placement import elsewhere
from xlingual.search.queue import TrialQueue
from xlingual.search.recording_callback import Item
from xlingual.search.trial import TrialTask, train_driver_fn


@dataclass(frozen=True, slots=True)
class Handed:
    """An item on its way through Tune, which would copy it and keep statistics of every number in it."""

    item: Item

    def __deepcopy__(self, memo: dict[int, Any]) -> Handed:
        return self


def item_of(config: dict[str, Any]) -> Item:
    """The item in what Tune calls a trial's configuration."""
    handed: Handed = config["item"]
    return handed.item


def train_handed(config: dict[str, Any], task: TrialTask) -> None:
    """Train what was handed out: Tune's function."""
    train_driver_fn(item_of(config), task)


def train_all(queue: TrialQueue, task: TrialTask, *, concurrent: int, driver: dict[str, float]) -> None:
    """Train what a queue hands out, until it has nothing more; what happens to each is in the journal afterwards.

    Tune tries nothing again by itself: whether another try follows is the queue's to say, whatever failed.

    Args:
        queue: hands out items.
        task: what the trials share.
        concurrent: trials side by side at most, of those that the queue hands out.
        driver: resources of the driver of a trial that has several workers.
    """
    logging.getLogger("ray.tune").setLevel(logging.ERROR)
    logging.getLogger("ray.train").setLevel(logging.ERROR)
    while not queue.done:
        reason = "Ray Tune ended without it"
        try:
            _tune(queue, task, concurrent, driver)
        except TuneFailed as error:
            if not queue.trains:  # nothing would be counted, nor waited for
                raise
            reason = str(error)
        queue.lose(Failure(PLACE, reason))


def _tune(queue: TrialQueue, task: TrialTask, concurrent: int, driver: dict[str, float]) -> None:
    asked = tuple((task.demand.per_worker if task.demand.is_alone else driver).items())
    trainable = tune.with_resources(
        tune.with_parameters(train_handed, task=task),
        lambda config: bundle_elsewhere(asked, tuple(item_of(config)["avoid"])),
    )
    scratch, kept = task.storage / "ray", FirstError()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tuner = tune.Tuner(
            trainable,
            tune_config=tune.TuneConfig(
                search_alg=QueueSearcher(queue, kept),
                scheduler=QueueScheduler(queue, kept),
                num_samples=-1,
                max_concurrent_trials=concurrent,
                # Killing the actor is what ends the Ray Train workers of a trial that the scheduler stopped.
                reuse_actors=task.demand.is_alone,
                trial_dirname_creator=lambda trial: str(trial.trial_id),
            ),
            run_config=tune.RunConfig(
                name=uuid.uuid4().hex[:8],
                storage_path=str(scratch),
                callbacks=[QueueCallback(queue, kept)],
                verbose=0,
                progress_reporter=NoReporter(),
                failure_config=tune.FailureConfig(max_failures=0),
            ),
        )
        try:
            with writing(scratch, reads=True):  # Tune keeps a state of its own there
                kept.instead_of_tunes(tuner.fit)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


class NoReporter(tune.ProgressReporter):
    """In place of Tune's own, which empties the cell of a notebook at the start, whatever `verbose` says."""

    def should_report(self, trials: list[Any], done: bool = False) -> bool:
        """Never."""
        return False

    def report(self, trials: list[Any], done: bool, *sys_info: dict[str, Any]) -> None:
        """Show nothing."""


@functools.lru_cache(maxsize=64)
def bundle_elsewhere(asked: tuple[tuple[str, float], ...], avoided: tuple[str, ...]) -> tune.PlacementGroupFactory:
    """Ask for resources on any node but some; cached, for Tune compares requests slowly unless they are one object."""
    where = {"bundle_label_selector": [elsewhere(avoided)]} if avoided else {}
    return tune.PlacementGroupFactory([dict(asked)], **where)


class TuneFailed(Exception):
    """Ray Tune raised an error of its own, and all that it trained is gone."""


class FirstError:
    """The first error of this program in what Tune calls: Tune itself makes a traceback's text of it."""

    def __init__(self) -> None:
        self._error: Exception | None = None

    @contextmanager
    def keeping(self) -> Iterator[None]:
        """Keep the error that ends the context, if one does."""
        try:
            yield
        except Exception as error:
            self._error = self._error or error
            raise

    def instead_of_tunes(self, run: Callable[[], object]) -> None:
        """Run, and raise the kept error in place of whatever Tune makes of it.

        Raises:
            TuneFailed: when Tune fails and none is kept.
        """
        try:
            run()
        except Exception as error:
            if self._error is not None:
                raise self._error from None
            raise TuneFailed(f"Ray Tune failed: {failure_of(error).reason}") from error


class QueueSearcher(Searcher):
    """Asks the queue for what comes next. Tune may pickle it, but nothing is kept there: the records are the truth."""

    def __init__(self, queue: TrialQueue, kept: FirstError) -> None:
        super().__init__()
        self._queue, self._kept = queue, kept
        self._items: dict[str, Item] = {}

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def suggest(self, trial_id: str) -> Any:
        """Hand out the next item; None while there is none for now."""
        with self._kept.keeping():
            item = self._queue.next()
        if item is None:
            return Searcher.FINISHED if self._queue.done else None  # more may be asked for while the last ones train
        self._items[trial_id] = item
        return {"item": Handed(item)}

    def on_trial_complete(self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False) -> None:
        """Tell the queue that a try came to its end; of one that failed the callback tells more."""
        if not error:
            with self._kept.keeping():
                self._queue.returned(self._items.pop(trial_id))

    def save(self, checkpoint_path: str) -> None:
        """Save nothing."""

    def restore(self, checkpoint_path: str) -> None:
        """Restore nothing."""


class QueueScheduler(FIFOScheduler):
    """Hands reports to the queue, which says whether a trial goes on."""

    def __init__(self, queue: TrialQueue, kept: FirstError) -> None:
        super().__init__()
        self._queue, self._kept = queue, kept

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def on_trial_result(self, tune_controller: Any, trial: Any, result: dict[str, Any]) -> str:
        """Hand a report on; the last one comes a second time when its function ended, as done."""
        with self._kept.keeping():
            goes_on = result.get("done") or self._queue.reported(item_of(trial.config), result)
        return str(self.CONTINUE if goes_on else self.STOP)


class QueueCallback(Callback):
    """Tells the queue of tries that failed, and lets Tune forget what it would only write to its own state."""

    def __init__(self, queue: TrialQueue, kept: FirstError) -> None:
        self._queue, self._kept = queue, kept

    def __getstate__(self) -> dict[str, Any]:
        return {}

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Forget the statistics of its reports: pickled number by number, 4 ms a trial with 30 numbers a report."""
        trial.run_metadata.metric_analysis.clear()
        trial.run_metadata.metric_n_steps.clear()

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Tell what Ray says of it."""
        with self._kept.keeping():
            self._queue.failed(item_of(trial.config), failure_of(_error_of(trial)))


def _error_of(trial: Any) -> BaseException:
    """Read what Tune kept of a trial's error on the driver's own disk."""
    try:
        with open(trial.pickled_error_file, "rb") as stream:
            error = pickle.load(stream)
    except Exception as lost:
        error = RuntimeError(f"Ray keeps no error of it ({lost})")
    return error if isinstance(error, BaseException) else RuntimeError(str(error))
