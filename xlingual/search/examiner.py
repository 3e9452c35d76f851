"""Lets replicates answer the questions of a test set: in Ray tasks, or as a test makes it up."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import ray

from xlingual.families import Checkpoint, ScoringSet
from xlingual.preparation.inputs import load_test_data, scoring_sets
from xlingual.preparation.sealed_test_set import source_of
from xlingual.records.attached import url_of
from xlingual.records.state import ReplicateState
from xlingual.search.answer_tasks import find_candidates
from xlingual.search.failures import Failure, failure_of
from xlingual.search.placement import Demand, elsewhere
from xlingual.search.study_guard import TEST, check_sources, unread_test_sets
from xlingual.search.waiting import first_ready
from xlingual.study.test_sets import TestSet
from xlingual.tasks import Candidates

if TYPE_CHECKING:
    from xlingual.search.study_context import StudyContext


class AnswerFailed(Exception):
    """A share of a replicate's answers was not found."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class Examiner(Protocol):
    """Opens test sets and asks replicates for their answers."""

    def open(
        self, context: StudyContext, test: TestSet, checkpoint: Checkpoint, keys: Sequence[str]
    ) -> Mapping[str, ScoringSet]:
        """Open a sealed test set, and check that it is the one of earlier readings; the questions of some keys."""

    def ask(
        self, context: StudyContext, replicate: ReplicateState, share: tuple[int, int], avoided: Sequence[str]
    ) -> Any:
        """Ask a replicate for a share (number, of how many) of the answers to what was opened last; a reference."""

    def first(self, references: Sequence[Any], what: str, tell: Callable[[str], None]) -> Any:
        """Wait for the first of some references; `what` is answered, for people."""

    def answers(self, reference: Any) -> dict[str, Candidates]:
        """Return what was found.

        Raises:
            AnswerFailed: when nothing was.
        """


class RayExaminer:
    """Asks in Ray tasks."""

    def __init__(self) -> None:
        self._questions: Any = None

    def open(
        self, context: StudyContext, test: TestSet, checkpoint: Checkpoint, keys: Sequence[str]
    ) -> Mapping[str, ScoringSet]:
        """See `Examiner`."""
        examples = load_test_data(test, context.locations, crossed=True)
        found = {f"{TEST}{test.name}": source_of(examples)}
        check_sources(context.directory, found, unread_test_sets(context.directory))
        lengths = checkpoint.traits(context.study.lengths).lengths
        asked = {key: examples[key] for key in keys}
        questions = scoring_sets(checkpoint, asked, lengths, context.directory.features)
        self._questions = ray.put(questions)
        return questions

    def ask(
        self, context: StudyContext, replicate: ReplicateState, share: tuple[int, int], avoided: Sequence[str]
    ) -> Any:
        """See `Examiner`; Ray starts as many such tasks as there is room for."""
        where = {"label_selector": elsewhere(avoided)} if avoided else {}
        demand, lengths = context.demand, context.traits[replicate.arm].lengths
        directory, url = context.directory.trial(replicate.fingerprint), url_of(context.directory.path)
        task = answer_task(demand).options(**where)
        return task.remote(directory, context.task, self._questions, lengths, demand, share, url)

    def first(self, references: Sequence[Any], what: str, tell: Callable[[str], None]) -> Any:
        """See `Examiner`."""
        return first_ready(references, what, tell)

    def answers(self, reference: Any) -> dict[str, Candidates]:
        """See `Examiner`."""
        try:
            found: dict[str, Candidates] = ray.get(reference)
            return found
        except ray.exceptions.RayError as error:
            raise AnswerFailed(failure_of(error)) from error


def answer_task(demand: Demand) -> Any:
    """Make the Ray task that finds answers, with what a worker of a trial has.

    A process that scored on a GPU answers once: it would keep the GPU's memory and go on with its first device. Ray
    sees to that by itself only where the GPUs stand in `ray.remote`, not in `options`.
    """
    calls = 1 if demand.gpus_per_worker > 0 else 0  # 0: any number
    resources = {"num_cpus": demand.cpus_per_worker, "num_gpus": demand.gpus_per_worker}
    return ray.remote(**resources, max_calls=calls)(find_candidates)
