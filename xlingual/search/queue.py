"""Hands out trials and decides whether they are retried: a stage ends when each of its trials did.

Ray Tune and a made-up trainer of the tests both work through a `TrialQueue`: they ask for the next item, hand reports
over, and say how a try ended. Whether another try follows is decided here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from xlingual.errors import StageError
from xlingual.records.events import search_of
from xlingual.records.requests import ENDED_BY_REQUEST
from xlingual.search.attempts import Attempts, is_final
from xlingual.search.endings import end_by_request, end_record
from xlingual.search.failures import OWN, PLACE, UNKNOWN, Failure
from xlingual.search.interruption import Interruption
from xlingual.search.nodes import Here, Place
from xlingual.search.recording_callback import Item, RecordingCallback, key_of, whole_updates
from xlingual.search.spent_budget import is_whole, spent

LOST = "its records did not arrive"
Limit: TypeAlias = int | Callable[[], int]
"""How many items are side by side at most: a number, or what tells it now."""


def limit_now(limit: Limit) -> int:
    """How many items may be side by side now."""
    return limit() if callable(limit) else limit


class Source(Protocol):
    """Where items come from that this command did not train yet."""

    @property
    def left(self) -> int:
        """How many more there are, at most, but for those of arms that are paused."""

    def next(self) -> Item | None:
        """Return the next one; None when there is none."""

    def ended(self, item: Item, record: Mapping[str, Any]) -> None:
        """Learn how an item ended, as the journal has it."""


@dataclass
class Open:
    """An item that did not end: its try that goes on, or the one to come; `reports` are those of all its tries."""

    item: Item
    ready_at: float = 0.0
    running: bool = False
    tries: int = 0
    attempts: Attempts = field(default_factory=Attempts)
    furthest: int = 0
    last: Mapping[str, Any] = field(default_factory=dict)
    reports: list[tuple[int, float]] = field(default_factory=list)
    stopped: bool = False
    interrupted: bool = False
    by_request: bool = False
    failure: Failure | None = None
    failed_on: str = ""

    def begin(self) -> None:
        """Begin a try; its reports of before come again."""
        self.running, self.stopped, self.by_request, self.failure, self.last = True, False, False, None, {}
        self.tries += 1

    def has(self, report: Mapping[str, Any]) -> bool:
        """Whether this try made a report already, which arrives again."""
        return bool(self.last) and int(report["updates"]) <= int(self.last["updates"])

    def report(self, report: Mapping[str, Any], step: int, objective: float) -> None:
        """Take a report in: one that no try made before begins the count of tries again."""
        self.last = report
        if not self.reports or step > self.reports[-1][0]:
            self.reports.append((step, objective))
        if int(report["updates"]) > self.furthest:
            self.furthest = int(report["updates"])
            self.attempts.progressed()


class Stopping(Protocol):
    """Decides whether a trial goes on after a report."""

    def goes_on(self, search: Hashable, name: str, step: int, objective: float) -> bool:
        """Take in a report of a trial, and say whether the trial goes on."""


class Requests(Protocol):
    """What is asked of the study from outside, as the queue sees it."""

    @property
    def stopped(self) -> Collection[str]:
        """The arms whose trials end."""

    def look(self) -> bool:
        """Take up what is new, and say whether anything was."""


Again: TypeAlias = Callable[[Collection[str]], Source]
"""Makes the source again from the records, without the items of these names, which did not end."""


class TrialQueue:
    """Hands out items, again where a try failed for a reason that another one may not meet.

    An item that waits for its next try keeps its place among those side by side: with one at a time no other one is
    drawn meanwhile, so that the search is the one that it would have been without the failure.

    Args:
        source: of items.
        recorder: keeps the records.
        concurrent: items side by side; where they become fewer, those that were handed out stay.
        full_budget: of a whole trial, see `xlingual.search.spent_budget`.
        scheduler: stops trials; None lets each come to its end.
        clock: seconds that only grow.
        place: where tries run.
        interruption: once it is asked for, nothing more is handed out, and a try ends at its next report, unfinished.
        requests: what is asked of the study meanwhile; None where nothing can be.
        again: makes the source again when something was.
    """

    def __init__(
        self,
        source: Source,
        recorder: RecordingCallback,
        *,
        concurrent: Limit,
        full_budget: int,
        scheduler: Stopping | None = None,
        clock: Callable[[], float] = time.monotonic,
        place: Place | None = None,
        interruption: Interruption | None = None,
        requests: Requests | None = None,
        again: Again | None = None,
    ) -> None:
        self._place, self._interruption = place or Here(), interruption or Interruption()
        self._requests, self._again = requests, again
        self._source, self._recorder, self._scheduler = source, recorder, scheduler
        self._concurrent, self._full_budget, self._clock = concurrent, full_budget, clock
        self._open: dict[str, Open] = {}
        self._set_aside: list[str] = []

    @property
    def drained(self) -> bool:
        """Whether nothing will be handed out unless a try that goes on fails."""
        if self._set_aside or self._interruption.asked:
            return True
        return self._source.left == 0 and all(each.running for each in self._open.values())

    @property
    def done(self) -> bool:
        """Whether nothing goes on and nothing will be handed out."""
        return self.drained and not self.trains

    @property
    def trains(self) -> bool:
        """Whether a try goes on."""
        return any(each.running for each in self._open.values())

    def next(self) -> Item | None:
        """Hand out an item; None while there is none, for now or (`drained`) for good."""
        self._look()
        if self._set_aside or self._interruption.asked:
            return None
        if len(self._open) < limit_now(self._concurrent) and (item := self._source.next()) is not None:
            self._open[key_of(item)] = Open(item)
            self._recorder.chosen_to_train(item)
        found = next((each for each in self._open.values() if self._may_begin(each)), None)
        if found is None:
            return None
        found.begin()
        self._recorder.started(found.item)
        return {**found.item, "try": found.tries, "avoid": self._place.avoid(found.failed_on)}

    def reported(self, item: Item, report: Mapping[str, Any]) -> bool:
        """Take a report of a try in, and say whether it goes on; one that arrives again or too late is ignored."""
        self._look()
        found = self._running(item)
        if found is None:
            return False
        if "failed" in report:
            found.failure = Failure(report.get("kind", OWN), str(report["failed"]))
            found.failed_on = report.get("node", "")
        if "note" in report:
            self._recorder.note(f"{key_of(item)}: {report['note']}")
        if "objective" not in report:
            return True
        if found.has(report):
            return not found.stopped
        step, objective = spent(report, self._full_budget), float(report["objective"])
        found.report(report, step, objective)
        self._recorder.reported(item, report)
        if self._scheduler is not None:
            found.stopped = not self._scheduler.goes_on(search_of(item), key_of(item), step, objective)
        if self._is_stopped(found):
            found.stopped = found.by_request = True
        if self._interruption.asked and not found.stopped and not self._whole(found):
            self._recorder.wait_until_saved(item)
            found.interrupted = True
        return not found.stopped and not found.interrupted

    def returned(self, item: Item) -> None:
        """Take in that a try came to its end, or was stopped by the trial scheduler."""
        found = self._running(item)
        if found is None:
            return
        updates, whole = int(found.last.get("updates", 0)), self._whole(found)
        if found.interrupted:
            found.running = False  # the next command goes on with it
        elif found.failure is not None:
            self.failed(item, found.failure)
        elif not whole and not found.stopped:
            self.failed(item, Failure(UNKNOWN, f"it ended after {updates} updates without a word"))
        elif (lost := self._place.lost(item["fingerprint"], updates)) is not None:
            self.failed(item, Failure(PLACE, f"it {'finished' if whole else 'was stopped'}, but {LOST}: {lost}"))
        elif whole:
            self._end(found, "finished", found.last, None)
        else:
            by = ENDED_BY_REQUEST if found.by_request else "stopped by the trial scheduler"
            self._end(found, "pruned", found.last, f"{by} after {updates} updates")

    def failed(self, item: Item, failure: Failure) -> None:
        """Take in that a try failed; another one follows, or the trial failed for good, or the stage stops here."""
        if (found := self._running(item)) is not None:
            self._failed(found, failure, item.get("avoid", ()))

    def lose(self, failure: Failure) -> None:
        """Take in that whoever trained is gone, and all tries that went on with it."""
        for found in [each for each in self._open.values() if each.running]:
            self._failed(found, failure, ())

    def _whole(self, found: Open) -> bool:
        """Whether a try made its last report."""
        report = {"total_updates": whole_updates(found.item), **found.last}
        return bool(found.last) and is_whole(report, self._full_budget)

    def _look(self) -> None:
        """Take up what was asked for; what is still to be handed out may be something else then."""
        if self._requests is None or self._interruption.asked or not self._requests.look():
            return
        for found in [each for each in self._open.values() if self._is_stopped(each) and not each.running]:
            self._end_stopped(found)
        if self._again is not None:
            self._source = self._again(frozenset(self._open))

    def _is_stopped(self, found: Open) -> bool:
        """Whether a trial is to end because its arm was stopped."""
        return self._requests is not None and "seed" not in found.item and found.item["arm"] in self._requests.stopped

    def _end_stopped(self, found: Open) -> None:
        """End a trial of an arm that was stopped, of which no try goes on."""
        self._end(found, **end_by_request(found.furthest, found.reports))

    def _running(self, item: Item) -> Open | None:
        """The item of a try, if this is the one that goes on: what is told of an earlier one comes too late."""
        found = self._open.get(key_of(item))
        return found if found is not None and found.running and found.tries == item["try"] else None

    def _failed(self, found: Open, failure: Failure, avoided: Sequence[str]) -> None:
        failure = found.failure or failure  # what a trial says of itself says more than that it is gone
        failure = self._place.blame(failure, avoided)
        found.running, found.failure = False, failure
        if self._is_stopped(found):
            self._end_stopped(found)
            return
        pause = found.attempts.pause(failure, self._clock())
        if pause is None and is_final(failure):
            self._end(found, "failed", {"updates": found.furthest}, self._reason(found))
        elif pause is None or self._set_aside:
            self._stop()
        else:
            found.ready_at = self._clock() + pause
            self._recorder.retried(found.item, failure.reason, pause)

    def check_ended(self, stage: str) -> None:
        """Let a stage end only when each of its trials did.

        Raises:
            StageError: when some are to be tried again by the next command.
            KeyboardInterrupt: when the user asked for an end before that.
        """
        if self._open or self._source.left:
            self._interruption.check()
        if self._set_aside:
            raise StageError(
                f"the {stage} stopped before its end: {'; '.join(self._set_aside)}. Nothing is chosen or read from the "
                "test set before every trial ended; mend the cause and run the same command again to go on"
            )

    def _may_begin(self, found: Open) -> bool:
        """Whether its time came, and none of another arm that is equal is being trained."""
        return (
            not found.running
            and found.ready_at <= self._clock()
            and not any(
                each.running and each.item["fingerprint"] == found.item["fingerprint"] for each in self._open.values()
            )
        )

    def _stop(self) -> None:
        """Set aside all that failed and did not end; nothing more begins, what goes on may end."""
        for found in [each for each in self._open.values() if each.failure is not None and not each.running]:
            reason = self._reason(found)
            self._set_aside.append(f"{key_of(found.item)}: {reason}")
            self._end(found, "failed", {"updates": found.furthest}, reason, retry=True)

    def _reason(self, found: Open) -> str:
        assert found.failure is not None
        own = found.failure.kind == OWN
        return found.failure.reason + ("" if own else self._recorder.traceback_of(found.item))

    def _end(
        self, found: Open, state: str, last: Mapping[str, Any], reason: str | None, *, retry: bool = False
    ) -> None:
        del self._open[key_of(found.item)]
        record = end_record(state, last, reason, found.reports, retry=retry)
        self._recorder.ended(found.item, record)
        if not retry:
            self._source.ended(found.item, record)


class ReplicateSource:
    """A fixed list of replicates, but for those of arms that are paused."""

    def __init__(self, items: list[Item], paused: Collection[str] = ()) -> None:
        self._items = [item for item in items if item["arm"] not in paused]

    @property
    def left(self) -> int:
        """How many more there are."""
        return len(self._items)

    def next(self) -> Item | None:
        """Return the next replicate."""
        return self._items.pop(0) if self._items else None

    def ended(self, item: Item, record: Mapping[str, Any]) -> None:
        """Learn nothing."""
