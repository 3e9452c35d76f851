"""Simulated trials: a trainer without Ray, whose nodes, storage and driver fail according to a plan."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xlingual.records.files import write_json
from xlingual.records.layout import TrialDirectory
from xlingual.search.failures import OWN, PLACE, TO_MEND, UNKNOWN, Failure
from xlingual.search.queue import TrialQueue
from xlingual.seeds import stream_seed


class Killed(BaseException):
    """The sudden end of the driver, not caught by anything below."""


class Clock:
    """A manual clock."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Faults:
    """The faults, drawn from a seed.

    Attributes:
        chance: the random generator.
        share: share of attempts that fail before one of their reports, or at their end.
        kinds: kinds of these failures.
        own: share of configurations that diverge, always at the same report.
        most_unknown: maximum number of failures of unknown kind per configuration; None for no bound.
        outages: probability per second of an outage of up to half an hour, in which every attempt fails.
        kill: number of calls of listener and trainer after which the driver is killed; None for never.
    """

    chance: random.Random
    share: float = 0.0
    kinds: tuple[str, ...] = (PLACE, UNKNOWN)
    own: float = 0.0
    most_unknown: int | None = None
    outages: float = 0.0
    kill: int | None = None
    calls: int = 0
    out_until: float = 0.0
    unknown: dict[str, int] = field(default_factory=dict)

    def step(self) -> None:
        """Count a call; raises when the driver is to be killed."""
        self.calls += 1
        if self.kill is not None and self.calls >= self.kill:
            raise Killed

    def of_try(self, name: str, reports: int, now: float) -> tuple[int, Failure] | None:
        """Draw whether an attempt fails, before which report (`reports` for its end), and the error."""
        if now >= self.out_until and self.chance.random() < self.outages:
            self.out_until = now + self.chance.choice((30.0, 200.0, 1800.0))
        if now < self.out_until:
            return 0, Failure(PLACE, "place: an outage")
        if self.chance.random() >= self.share:
            return None
        kind = self.chance.choice(self.kinds)
        if kind == UNKNOWN:
            self.unknown[name] = self.unknown.get(name, 0) + 1
            if self.most_unknown is not None and self.unknown[name] > self.most_unknown:
                return None
        return self.chance.randint(0, reports), Failure(kind, f"{kind}: a made-up fault")


class KilledListener:
    """Hears everything, and is killed with the driver."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.notes: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *arguments: self.faults.step()

    def note(self, text: str) -> None:
        self.notes.append(text)
        self.faults.step()


@dataclass
class Try:
    """A running attempt: its item, the remaining reports, and where it fails."""

    item: dict[str, Any]
    scores: list[float]
    fault: tuple[int, Failure] | None
    diverges: int | None
    done: int = 0


@dataclass
class MadeUpTrainer:
    """Trains the items of a queue, as `train_all` does with Ray Tune.

    A configuration's scores are a function of it alone. A try hands over those of earlier tries again, and a report
    after which the driver is killed is kept by none.

    Attributes:
        faults: the faults.
        clock: clock of the queue; advances by a second whenever nothing can be done.
        reports: number of reports of a full trial.
        score: score of a full trial of an item; None to draw it from the fingerprint.
        tries: number of attempts, by fingerprint.
        handed: fingerprints in the order of their start.
    """

    faults: Faults
    clock: Clock = field(default_factory=Clock)
    reports: int = 4
    score: Callable[[dict[str, Any]], float] | None = None
    tries: dict[str, int] = field(default_factory=dict)
    handed: list[str] = field(default_factory=list)
    most_side_by_side: int = 0

    def __call__(self, queue: TrialQueue, task: Any, *, concurrent: int, driver: Mapping[str, float]) -> None:
        while not queue.done:
            self._run(queue, concurrent, task)
            queue.lose(Failure(UNKNOWN, "gone"))

    def _run(self, queue: TrialQueue, concurrent: int, task: Any) -> None:
        """Run a trainer until the queue is drained and all attempts have ended."""
        running: list[Try] = []
        finished = False
        while running or not finished:
            self.faults.step()
            while not finished and len(running) < concurrent:
                item = queue.next()
                if item is None:
                    finished = queue.drained
                    break
                running.append(self._begin(item, task))
            self.most_side_by_side = max(self.most_side_by_side, len(running))
            if running:
                chosen = self.faults.chance.choice(running)
                if not self._goes_on(queue, chosen):
                    running.remove(chosen)
            self.clock.now += 1.0
            assert self.clock.now < 1e6, "the trials do not end"

    def _begin(self, item: dict[str, Any], task: Any) -> Try:
        name = item["fingerprint"]
        if task is not None and not (written := TrialDirectory(task.storage / "trials" / name).configuration).exists():
            write_json(written, {"fingerprint": name, **item["configuration"]})
        self.tries[name] = self.tries.get(name, 0) + 1
        self.handed.append(name)
        chance = random.Random(stream_seed(0, "made up", name))
        whole = self.score(item) if self.score else 40.0 + 50.0 * chance.random()
        scores = [whole * (1 - math.exp(-2.0 * (n + 1))) for n in range(self.reports - 1)] + [whole]
        diverges = chance.randint(0, self.reports - 1) if chance.random() < self.faults.own else None
        return Try(item, scores, self.faults.of_try(name, self.reports, self.clock.now), diverges)

    def _goes_on(self, queue: TrialQueue, each: Try) -> bool:
        """Deliver an attempt's next report, or its end."""
        if each.fault is not None and each.fault[0] == each.done:
            if self.faults.chance.random() < 0.5:  # reported by the trial itself, like an exception
                queue.reported(each.item, {"failed": each.fault[1].reason, "kind": each.fault[1].kind})
            if each.fault[1].kind in (OWN, TO_MEND):
                queue.reported(each.item, {"failed": each.fault[1].reason, "kind": each.fault[1].kind})
                queue.returned(each.item)
            else:
                queue.failed(each.item, each.fault[1])
            return False
        if each.diverges == each.done:
            queue.reported(each.item, {"failed": "diverged"})
            queue.returned(each.item)
            return False
        if each.done == self.reports:
            queue.returned(each.item)
            return False
        if not queue.reported(each.item, self._report(each)):
            queue.returned(each.item)
            return False
        each.done += 1
        return True

    def _report(self, each: Try) -> dict[str, Any]:
        total = int(each.item["configuration"]["training"]["updates"])
        done = each.done + 1
        updates = total * done // self.reports
        share = done / self.reports
        return {"objective": each.scores[each.done], "updates": updates, "total_updates": total, "share": share}
