"""What the stages of a study work with."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from xlingual.errors import StageError
from xlingual.families import Checkpoint
from xlingual.preparation.inputs import Locations
from xlingual.records import journal
from xlingual.records.attached import url_of
from xlingual.records.control import paused_line
from xlingual.records.layout import StudyDirectory
from xlingual.records.state import StudyState, read_state
from xlingual.search.control import Control
from xlingual.search.examiner import Examiner, RayExaminer
from xlingual.search.interruption import TRAINING, Interruption
from xlingual.search.listener import Listener
from xlingual.search.nodes import Here, Place
from xlingual.search.own_node import Expected
from xlingual.search.placement import Demand
from xlingual.search.queue import Again, Limit, Source, TrialQueue, limit_now
from xlingual.search.recording_callback import RecordingCallback
from xlingual.search.scheduler import ArmScheduler
from xlingual.search.trial import TrialTask
from xlingual.study import FamilyDefaults, Study
from xlingual.tasks import QUESTION_ANSWERING, Task
from xlingual.training.execution import Execution

MOST = 10_000
"""Trials that a trainer may be asked to run side by side: the queue hands out fewer."""


class Trainer(Protocol):
    """Trains what a queue hands out, until it has nothing more."""

    def __call__(self, queue: TrialQueue, task: TrialTask, *, concurrent: int, driver: dict[str, float]) -> None:
        """See `xlingual.search.tuning.train_all`."""


@dataclass(frozen=True)
class StudyContext:
    """What a study works with once everything is in place.

    Attributes:
        study: its definition.
        directory: its records.
        listener: whoever watches.
        locations: where data and models lie.
        checkpoints: the models by arm.
        inputs: by model, a reference to `TrialInputs` in Ray's object store.
        sources: by arm, fingerprints of the data and the model that its trials use.
        traits: by arm, what its model's family decides.
        concurrent: trials side by side, which may change as nodes come and go.
        driver: resources of the driver of a trial that has several workers.
        precision: what `auto` means here; `auto` where each worker's GPU decides.
        trainer: trains what a stage hands out.
        clock: seconds that only grow.
        place: where tries run.
        task: scores what replicates answer.
        examiner: opens test sets and asks replicates for their answers.
        expected: what each node must have in common with the driver; None on this machine alone.
        interruption: whether the user asked for an end.
        control: takes up what is asked of the study meanwhile; None where nothing can be.
        ask: changes how many trials run side by side: a number, or `auto`.
    """

    study: Study
    directory: StudyDirectory
    listener: Listener
    locations: Locations
    checkpoints: Mapping[str, Checkpoint]
    inputs: dict[str, Any]
    sources: dict[str, dict[str, str]]
    traits: dict[str, FamilyDefaults]
    concurrent: Limit
    driver: dict[str, float]
    precision: str
    trainer: Trainer
    clock: Callable[[], float] = time.monotonic
    place: Place = field(default_factory=Here)
    task: Task = QUESTION_ANSWERING
    examiner: Examiner = field(default_factory=RayExaminer)
    expected: Expected | None = None
    interruption: Interruption = field(default_factory=Interruption)
    control: Control | None = None
    ask: Callable[[int | str], None] = lambda trials: None

    @property
    def parallel_trials(self) -> int:
        """Trials side by side now."""
        return limit_now(self.concurrent)

    @property
    def full_budget(self) -> int:
        """Updates of a whole trial, or passes of each example of an update where trials are equal in these."""
        return int(self.study.training.updates)

    @property
    def demand(self) -> Demand:
        """What one trial asks of the cluster."""
        return demand_of(self.study)

    def recorder(self, kind: str) -> RecordingCallback:
        """Make the keeper of the records of trials or replicates."""
        return RecordingCallback(
            self.directory,
            self.listener,
            kind=kind,
            opens=self.study.data.test.set if self.study.oracle else None,
        )

    def trial_task(self, *, keep_model: bool) -> TrialTask:
        """Make what the trials share."""
        return TrialTask(
            storage=self.directory.path,
            url=url_of(self.directory.path),
            demand=self.demand,
            models={arm: each.pinned for arm, each in self.checkpoints.items()},
            inputs={each.pinned: self.inputs[each.name] for each in self.checkpoints.values()},
            keep_model=keep_model,
            execution=execution_of(self.study),
            expected=self.expected,
        )

    def train(
        self,
        source: Source,
        recorder: RecordingCallback,
        scheduler: ArmScheduler | None = None,
        *,
        keep_model: bool,
        again: Again | None = None,
    ) -> TrialQueue:
        """Train all items of a source; what the queue that handed them out knows then.

        `again` makes the source again from the records, when something was asked for.
        """
        queue = TrialQueue(
            source,
            recorder,
            concurrent=self.concurrent,
            full_budget=self.full_budget,
            scheduler=scheduler,
            clock=self.clock,
            place=self.place,
            interruption=self.interruption,
            requests=self.control,
            again=again,
        )
        with self.interruption.drained(TRAINING):
            self.trainer(queue, self.trial_task(keep_model=keep_model), concurrent=MOST, driver=self.driver)
        return queue

    def event(self, event: str, **content: Any) -> None:
        """Append an event to the journal."""
        journal.append(self.directory.journal, {"event": event, "time": time.time(), **content})

    def begin(self, stage: str, total: int, done: int) -> None:
        """Write down and show that a stage begins; `done` of its `total` items were finished before."""
        self.event("stage_started", stage=stage)
        self.listener.stage_started(stage, total, done)

    def tell_plan(self, total: int, state: StudyState) -> None:
        """Show how many items the present stage has now, and the arms that are held, where something was asked for."""
        if state.asked:
            held = {**dict.fromkeys(state.held.paused, "paused"), **dict.fromkeys(state.held.stopped, "stopped")}
            self.listener.plan_changed(total, held)

    def check_not_paused(self, done: bool) -> None:
        """Let a stage that is not done end where arms are paused.

        Raises:
            StageError: says how to go on.
        """
        line = None if done else paused_line(self.directory, read_state(self.directory))
        if line is not None:
            raise StageError(line)

    def end(self, stage: str) -> None:
        """Write down and show that a stage has nothing left to do."""
        self.event("stage_ended", stage=stage)
        self.listener.stage_ended(stage)


def demand_of(study: Study) -> Demand:
    """What one trial of a study asks of the cluster."""
    scaling = study.scaling
    return Demand(scaling.least_workers, scaling.cpus_per_worker, scaling.gpus_per_worker, scaling.most_workers)


def execution_of(study: Study) -> Execution:
    """How a study's trials are computed; a worker has a thread a CPU, so that trials side by side do not fight."""
    scaling = study.scaling
    return Execution(
        threads=scaling.cpus_per_worker,
        compile=scaling.compile,
        activation_checkpointing=scaling.activation_checkpointing,
        deterministic=scaling.deterministic,
    )
