"""Simulated trials: they write records like `xlingual.training.loop`, hold real leases, and fail as Ray's do."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray.exceptions as of_ray
from simulated_world import Machine, World

from xlingual.errors import DataError, XlingualError
from xlingual.records import journal
from xlingual.records.files import write_json, write_lines
from xlingual.records.layout import TrialDirectory
from xlingual.records.lease import Holder, Lease, lease
from xlingual.search.failures import OWN, PLACE, TO_MEND, UNKNOWN, Failure, failure_of
from xlingual.search.queue import TrialQueue
from xlingual.seeds import stream_seed


@dataclass(frozen=True)
class Course:
    """What becomes of a configuration, wherever and however often it is trained.

    Attributes:
        reports: of its training.
        diverges: at which report, if at all.
        raises: at which report, if at all.
    """

    reports: tuple[dict[str, Any], ...]
    diverges: int | None
    raises: int | None


def course_of(world: World, item: Mapping[str, Any]) -> Course:
    """Draw it from the fingerprint; objectives are rounded, so that some are equal."""
    training = item["configuration"]["training"]
    chance = random.Random(stream_seed(0, "course", item["fingerprint"]))
    total, count = int(training["updates"]), int(training["reports"])
    whole = 40.0 + 50.0 * chance.random()
    reports = tuple(
        {
            "updates": round(total * n / count),
            "total_updates": total,
            "share": n / count,
            "objective": round(whole * (n / count) ** 0.5 + chance.gauss(0.0, 2.0)),
            "loss": chance.random(),
        }
        for n in range(1, count + 1)
    )
    diverges, raises = (chance.random() < world.plan.share for _ in range(2))
    at = chance.randrange(count)
    return Course(
        reports,
        at if diverges and "trial diverges" in world.plan.faults else None,
        at if raises and "trial always raises" in world.plan.faults else None,
    )


@dataclass
class Process:
    """A process that trains an item on a machine."""

    world: World
    item: dict[str, Any]
    machine: Machine
    directory: TrialDirectory
    keep_model: bool
    course: Course
    pause: Callable[[float], None]
    key: str = ""
    stack: ExitStack = field(default_factory=ExitStack)
    held: Lease | None = None
    replayed: list[dict[str, Any]] = field(default_factory=list)
    done: int = 0

    def begin(self) -> None:
        """Take the trial's lease, and go on where its records end, as `train_trial` does."""
        self.key = self.machine.key
        own = {"clock": self.world.clock, "pause": self.pause, "beat": 1e9}
        self.held = self.stack.enter_context(
            lease(self.directory.lock, Holder(self.key, self.world.has_left), **own)  # type: ignore[arg-type]
        )
        if not self.directory.configuration.exists():
            with self.held.writing():
                content = {"fingerprint": self.item["fingerprint"], **self.item["configuration"]}
                write_json(self.directory.configuration, content)
        reports = journal.read(self.directory.reports)
        whole = bool(reports) and reports[-1]["updates"] == self.course.reports[-1]["updates"]
        if whole and (not self.keep_model or self.directory.model.is_dir()):
            with self.held.writing():
                self.directory.checkpoint.unlink(missing_ok=True)
            self.replayed = reports
        else:
            self._recover(self.held, reports)
        self.done = len(self.replayed)

    def _recover(self, held: Lease, reports: list[dict[str, Any]]) -> None:
        if self.directory.checkpoint.exists():
            self.replayed = json.loads(self.directory.checkpoint.read_text())
        if reports != self.replayed:
            with held.writing():
                write_lines(self.directory.reports, self.replayed)
        if len(self.replayed) == len(self.course.reports):
            self._finish()

    def train(self) -> dict[str, Any]:
        """Train up to the next report, and return it.

        Raises:
            XlingualError: when the records cannot be written, or are another process's now.
        """
        assert self.held is not None
        report = self.course.reports[self.done]
        with self.held.writing():
            write_json(self.directory.checkpoint, list(self.course.reports[: self.done + 1]))
            journal.append(self.directory.reports, report)
        self.done += 1
        if self.done == len(self.course.reports):
            self._finish()
        return report

    def _finish(self) -> None:
        assert self.held is not None
        with self.held.writing():
            if self.keep_model:
                self.directory.model.mkdir(exist_ok=True)
            self.directory.checkpoint.unlink(missing_ok=True)

    def beat(self) -> None:
        """Give a sign of life, where the lease is still this process's."""
        assert self.held is not None
        with suppress(OSError, ValueError):
            if json.loads(self.held.path.read_text())["token"] == self.held.token:
                os.utime(self.held.path, (self.world.now, self.world.now))

    def end(self) -> None:
        """Die: the operating system releases its locks."""
        self.stack.close()


@dataclass
class Trainer:
    """Trains what a queue hands out on the machines of a world, as `xlingual.search.tuning.train_all` does with Tune.

    Attributes:
        world: with its faults.
        running: processes that the driver waits for.
        strays: processes that nobody waits for, which may still write: of machines that were cut off, or left behind.
        waiting: items for which no machine has room.
        late: items and reports that may still arrive after their try ended.
    """

    world: World
    running: list[Process] = field(default_factory=list)
    strays: list[Process] = field(default_factory=list)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    late: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def __call__(self, queue: TrialQueue, task: Any, *, concurrent: int, driver: Mapping[str, float]) -> None:
        self.late.clear()
        while not queue.done:
            self._run(queue, task, concurrent)
            for process in self.running:
                process.end()
            self.running.clear()
            self.waiting.clear()
            queue.lose(Failure(PLACE, "Ray Tune ended without it"))

    def _run(self, queue: TrialQueue, task: Any, concurrent: int) -> None:
        world, finished = self.world, False
        while self.running or self.waiting or not finished:
            world.driver_step()
            while not finished and len(self.running) + len(self.waiting) < concurrent:
                item = queue.next()
                if item is None:
                    finished = queue.drained
                    break
                self.waiting.append(item)
            for item in list(self.waiting):
                self._place(queue, item, task)
            if self.running:
                self._go_on(queue, world.chance.choice(self.running))
            self.pass_time(1.0 if self.running else 5.0)
            self._machines_fail(queue)
            if world.strikes("report late", 10 * world.plan.rate) and self.late:
                queue.reported(*world.chance.choice(self.late))
            if world.strikes("Ray Tune ends"):
                return

    def pass_time(self, seconds: float) -> None:
        """Let time pass; what nobody waits for goes on meanwhile."""
        self.world.pass_time(seconds)
        for stray in list(self.strays):
            with self.world.elsewhere(stray.machine):
                self._stray(stray)

    def _stray(self, stray: Process) -> None:
        """One that was left behind trains on, until it is noticed, refused or at its end."""
        chance = self.world.chance
        stray.beat()
        try:
            ended = chance.random() < 0.05 or stray.done in (stray.course.diverges, stray.course.raises)
            ended = ended or stray.done == len(stray.course.reports)
            if not ended and chance.random() < 0.3:
                self.late.append((stray.item, stray.train()))
        except XlingualError:
            ended = True
        if ended:
            stray.end()
            self.strays.remove(stray)

    def _place(self, queue: TrialQueue, item: dict[str, Any], task: Any) -> None:
        """Start an item on a machine that has room, and is none of those to avoid."""
        world = self.world
        busy = [process.key for process in self.running]
        free = [
            machine
            for machine in world.alive()
            if not machine.cut and busy.count(machine.key) < machine.slots and machine.key not in item["avoid"]
        ]
        if not free:
            return
        self.waiting.remove(item)
        machine = world.chance.choice(free)
        own = world.root.parent / machine.key / task.storage.name if world.now < machine.alone_until else task.storage
        directory = TrialDirectory(Path(own) / "trials" / item["fingerprint"])
        process = Process(world, item, machine, directory, task.keep_model, course_of(world, item), self.pass_time)
        self.running.append(process)
        with self._trial(queue, process):
            if world.strikes("trial cannot be trained for now"):
                raise DataError("model x: cannot be downloaded now; connect and run the same command again")
            process.begin()

    def _go_on(self, queue: TrialQueue, process: Process) -> None:
        """Deliver the next report of a process, or its end."""
        world, course = self.world, process.course
        if process.machine.cut:
            return
        if process.replayed:
            return self._deliver(queue, process, process.replayed.pop(0))
        silent = world.may_count(process.item) and world.strikes("trial ends without a word")
        if process.done == len(course.reports) or silent:
            world.count(process.item, silent)
            self._end(process)
            return queue.returned(process.item)
        if course.diverges == process.done:
            queue.reported(process.item, {"failed": "the gradient is not finite", "kind": OWN})
            self._end(process)
            return queue.returned(process.item)
        report = None
        with self._trial(queue, process):
            if course.raises == process.done:
                raise ZeroDivisionError("always")
            if world.strikes("checkpoint lost"):
                process.directory.checkpoint.unlink(missing_ok=True)
            report = process.train()
        if report is not None:
            self._deliver(queue, process, report)

    def _deliver(self, queue: TrialQueue, process: Process, report: dict[str, Any]) -> None:
        goes_on = queue.reported(process.item, report)
        if self.world.strikes("report twice", 5 * self.world.plan.rate):
            goes_on = queue.reported(process.item, report) and goes_on
        self.late.append((process.item, report))
        last = process.done == len(process.course.reports) and not process.replayed
        if not goes_on or (last and self.world.chance.random() < 0.5):
            self._end(process)
            queue.returned(process.item)

    @contextmanager
    def _trial(self, queue: TrialQueue, process: Process) -> Iterator[None]:
        """Act as a trial's process, and fail like `train_driver_fn`."""
        try:
            with self.world.elsewhere(process.machine):
                yield
        except Exception as error:
            failure = failure_of(error)
            self._end(process)
            if failure.kind in (OWN, TO_MEND) or self.world.chance.random() < 0.5:
                queue.reported(process.item, {"failed": failure.reason, "kind": failure.kind, "node": process.key})
            if failure.kind in (OWN, TO_MEND):
                queue.returned(process.item)
            else:
                queue.failed(process.item, failure)

    def _end(self, process: Process) -> None:
        process.end()
        if process in self.running:
            self.running.remove(process)

    def _machines_fail(self, queue: TrialQueue) -> None:
        world = self.world
        for machine in world.machines:
            if machine.cut and world.chance.random() < 0.1:
                if world.chance.random() < 0.5:
                    machine.cut = False  # before anybody noticed
                else:
                    self._lose(
                        queue, machine, of_ray.RayActorError(error_msg="The actor died: its node died."), stray=True
                    )
            if world.now < machine.away_until or machine.cut:
                continue
            if world.strikes("node dies", world.plan.rate / 2):
                self._lose(queue, machine, of_ray.NodeDiedError("its node died"))
            elif world.strikes("node preempted", world.plan.rate / 2):
                self._lose(queue, machine, of_ray.RayActorError(error_msg="The actor is gone.", preempted=True))
            elif world.strikes("node cut off", world.plan.rate / 2):
                machine.cut = True
            elif world.strikes("node with storage of its own", world.plan.rate / 4):
                machine.alone_until = world.now + world.chance.choice((20.0, 400.0))
        for fault, error in (
            ("worker dies", of_ray.RayActorError(error_msg="The actor died unexpectedly before finishing this task.")),
            ("worker crashes", of_ray.WorkerCrashedError()),
            ("out of memory", of_ray.OutOfMemoryError("Task was killed due to the node running low on memory.")),
            ("call fails", of_ray.ActorUnavailableError("The actor is temporarily unavailable: RpcError", None)),
        ):
            if self.running and world.strikes(fault):
                process, failure = world.chance.choice(self.running), failure_of(error)
                if failure.kind == UNKNOWN and not world.may_count(process.item):
                    continue
                world.count(process.item, failure.kind == UNKNOWN)
                self._end(process)
                queue.failed(process.item, failure)

    def _lose(self, queue: TrialQueue, machine: Machine, error: Exception, *, stray: bool = False) -> None:
        """Take a machine out of the cluster; it comes back as another node."""
        lost = [process for process in self.running if process.machine is machine]
        machine.cut, machine.life = False, machine.life + 1
        machine.away_until = self.world.now + self.world.chance.choice((1.0, 20.0, 300.0))
        for process in lost:
            self.running.remove(process)
            if stray:
                self.strays.append(process)
            else:
                process.end()
        for process in lost:
            queue.failed(process.item, failure_of(error))

    def leave(self) -> None:
        """Lose the driver: some of what it started goes on for a while."""
        for process in self.running:
            if self.world.chance.random() < 0.5:
                self.strays.append(process)
            else:
                process.end()
        self.running.clear()
        self.waiting.clear()

    def end(self) -> None:
        """End every process."""
        for process in (*self.running, *self.strays):
            process.end()
        self.running.clear()
        self.strays.clear()
        self.waiting.clear()
