"""The nodes that a study may use: a node that cannot do its part is left out, and what failed there is not the trial's.

A node with a fault of its own fails fast, is free again at once, and so draws one trial after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol

from xlingual.errors import PlacementError
from xlingual.records.attached import refresh, url_of
from xlingual.records.layout import StudyDirectory
from xlingual.records.lost import check_records, lost_records
from xlingual.records.state import read_state
from xlingual.search.concurrency import Concurrency
from xlingual.search.failures import OWN, PLACE, TO_MEND, Failure
from xlingual.search.placement import Resources, slots
from xlingual.search.survey import Node, Survey


class Place(Protocol):
    """Where tries run, as the queue that hands them out sees it."""

    def avoid(self, failed_on: str = "") -> list[str]:
        """Ids of nodes on which the next try must not run; `failed_on` is where the last one did."""

    def blame(self, failure: Failure, avoided: Sequence[str]) -> Failure:
        """Tell whether a node did it; `avoided` are the nodes on which the try could not run."""

    def lost(self, fingerprint: str, updates: int) -> str | None:
        """Tell what is missing here of the records of a try that came to its last update; None when nothing is."""

    def check_records(self) -> None:
        """Raise RecordError where records of finished trials are gone."""


class Here:
    """A single machine: what fails is the trial's doing, and what is written arrives.

    Args:
        directory: the study's; None keeps no records (made-up trials).
    """

    def __init__(self, directory: StudyDirectory | None = None) -> None:
        self.directory = directory

    def avoid(self, failed_on: str = "") -> list[str]:
        """Avoid nothing."""
        return []

    def blame(self, failure: Failure, avoided: Sequence[str]) -> Failure:
        """Blame no node."""
        return failure

    def lost(self, fingerprint: str, updates: int) -> str | None:
        """Look for the records of a try that came to its last update."""
        if self.directory is None:
            return None
        trial = self.directory.trial(fingerprint)
        refresh(trial.path)
        return lost_records(trial, updates)

    def check_records(self) -> None:
        """See whether the records of all finished trials are there.

        Raises:
            RecordError: names those that are not.
        """
        if self.directory:
            refresh(self.directory.path)
            check_records(self.directory, read_state(self.directory))


class Nodes(Here):
    """Looks at the nodes of a cluster at the start, when some joined and after each failure; leaves out faulty ones.

    Args:
        directory: the study's.
        concurrency: decides how many trials run side by side on the nodes that are not left out.
        tell: takes a line.
        ask: looks at the nodes of some ids, or at all.
    """

    def __init__(
        self,
        directory: StudyDirectory,
        concurrency: Concurrency,
        tell: Callable[[str], None],
        ask: Callable[[Path, Collection[str] | None], Survey],
    ) -> None:
        super().__init__(directory)
        self._concurrency, self._demand = concurrency, concurrency.demand
        self._study, self._tell, self._ask = directory.path, tell, ask
        self._found: tuple[Node, ...] = ()
        self._left_out: dict[str, str] = {}
        self._trials = 0
        self._lock = threading.Lock()  # the watch of the cluster looks too

    @property
    def usable(self) -> list[Resources]:
        """Resources of the nodes that are not left out."""
        return [node.resources for node in self._found if node.key not in self._left_out]

    @property
    def any_left_out(self) -> bool:
        """Whether some node is left out."""
        return bool(self._left_out)

    @property
    def may_come(self) -> bool:
        """Whether the cluster is known to add nodes by itself."""
        return self._concurrency.growth is not None and bool(self._concurrency.growth.types)

    def trials(self) -> int:
        """How many trials run side by side now."""
        return self._trials

    def check(self) -> None:
        """Look for the first time.

        Raises:
            PlacementError: when the driver cannot write, or too few nodes can do their part.
        """
        survey = self.look()
        if survey.storage is not None:
            raise PlacementError(f"{survey.storage}; name another directory with --storage")
        if not self._has_room() and self._concurrency.room(self._present) >= 1:
            raise PlacementError(
                f"too few nodes can take part in a trial of {self._demand}: {self._faults()}{self._advice()}"
            )

    def look(self) -> Survey:
        """Look at all nodes, and tell which are left out from now on and which no longer."""
        with self._lock:
            survey = self._ask(self._study, None)
            if survey.storage is None:
                self._take_in(survey.nodes, survey.nodes)
            return survey

    def follow(self, alive: Collection[str]) -> None:
        """Take in that nodes came or went, and look at those that came.

        Args:
            alive: ids of the nodes that are there now.
        """
        new = set(alive) - {node.key for node in self._found}
        survey = self._ask(self._study, new) if new else Survey(())  # a node may take minutes to get the model
        if survey.storage is not None:
            return
        with self._lock:
            stay = tuple(node for node in self._found if node.key in alive and node.key not in new)
            if new or len(stay) < len(self._found):
                self._take_in(survey.nodes, (*stay, *survey.nodes))

    def avoid(self, failed_on: str = "") -> list[str]:
        """Ids of the nodes that are left out, and where the last try failed if there is room elsewhere."""
        avoided = {*self._left_out, *([failed_on] if failed_on else [])}
        rest = [node.resources for node in self._found if node.key not in avoided]
        return sorted(avoided if slots(rest, self._demand) >= self._demand.workers else self._left_out)

    def blame(self, failure: Failure, avoided: Sequence[str]) -> Failure:
        """Look at all nodes; a failure while one has a fault on which the try may have run is the node's."""
        if failure.kind == OWN:
            return failure
        survey = self.look()
        if survey.storage is not None:
            return Failure(PLACE, survey.storage)
        guilty = [node for node in survey.nodes if node.fault is not None and node.key not in avoided]
        if not guilty:
            return failure
        if not self._has_room():
            return Failure(TO_MEND, f"no node is left on which a trial can run: {self._faults()}")
        return Failure(PLACE, f"node {guilty[0].name}: {guilty[0].fault}")

    @property
    def _present(self) -> list[Resources]:
        return [node.resources for node in self._found]

    def _has_room(self) -> bool:
        return self._concurrency.room(self.usable, self._present) >= 1

    def _take_in(self, looked_at: Sequence[Node], found: tuple[Node, ...]) -> None:
        """Know the nodes that are there, after a look at some of them."""
        self._found = found
        for node in looked_at:
            before = self._left_out.pop(node.key, None)
            if node.fault is not None:
                self._left_out[node.key] = node.fault
                if before is None:
                    self._tell(f"node {node.name} is left out: {node.fault}")
            elif before is not None:
                self._tell(f"node {node.name} is used again")
        self._count()

    def ask(self, trials: int | str) -> None:
        """Take in that another number of trials side by side was asked for."""
        with self._lock:
            self._concurrency.asked = trials
            self._count()

    def _count(self) -> None:
        trials = self._concurrency.trials(self.usable, self._present)
        if trials != self._trials:
            self._trials = trials
            self._tell(self._concurrency.text(self.usable, self._present))

    def _advice(self) -> str:
        """What to write where storage is at fault; other faults say themselves what to do."""
        place = url_of(self._study) or str(self._study)
        if not any(node.fault is not None and node.fault.startswith(f"{place} ") for node in self._found):
            return ""
        return ". With several nodes the study's directory has to be one that all of them see: name it with --storage"

    def _faults(self) -> str:
        return "; ".join(f"node {node.name}: {node.fault}" for node in self._found if node.fault is not None)
