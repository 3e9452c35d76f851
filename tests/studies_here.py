"""Real studies by the real driver, but trained and scored in this process: without Ray, one trial after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from xlingual.preparation.inputs import locate, sources_of, trial_inputs
from xlingual.records.layout import StudyDirectory
from xlingual.search import driver, examiner
from xlingual.search.answer_tasks import find_candidates
from xlingual.search.examiner import RayExaminer
from xlingual.search.study_context import StudyContext, demand_of
from xlingual.search.study_guard import check_sources, record_environment
from xlingual.search.training_here import train_here
from xlingual.study import load_study
from xlingual.tasks.named import task_of

ONE: dict[str, Any] = {
    "search": {"trials_per_arm": 1},
    "replicates": {"searches": 1, "seeds": 1},
    "scaling": {"concurrent_trials": 1},
}
"""Sections of a study of one trial and one replicate an arm."""


class Hearer:
    """Hears everything; keeps what a user would read."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: None

    def note(self, text: str) -> None:
        self.notes.append(text)


class Reference(list[Any]):
    """A value that a dictionary takes for a key."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class ExaminerHere(RayExaminer):
    """Asks in this process."""

    def ask(self, context: Any, replicate: Any, share: tuple[int, int], avoided: Sequence[str]) -> Any:
        directory, lengths = context.directory.trial(replicate.fingerprint), context.traits[replicate.arm].lengths
        found = find_candidates(directory, context.task, self._questions, lengths, context.demand, share)
        return Reference([found])

    def first(self, references: Sequence[Any], what: str, tell: Any) -> Any:
        return references[0]

    def answers(self, reference: Any) -> Any:
        return reference[0]


@contextmanager
def _prepared(study: Any, directory: StudyDirectory, address: str, listener: Any) -> Iterator[StudyContext]:
    locations = locate(study, directory.path.parent)
    test_sets, checkpoints = driver._look_ahead(study, locations, directory, listener)
    data = driver._load(study, directory, locations, checkpoints, test_sets, listener)
    each = dict.fromkeys(checkpoints.values())
    inputs = {one.name: trial_inputs(one, study, data, directory.features) for one in each}
    check_sources(directory, data.sources())
    record_environment(directory, address=address)
    yield StudyContext(
        study=study,
        directory=directory,
        listener=listener,
        locations=locations,
        checkpoints=checkpoints,
        inputs=inputs,
        sources={arm: sources_of(checkpoint, data) for arm, checkpoint in checkpoints.items()},
        traits={arm: checkpoint.traits(study.lengths) for arm, checkpoint in checkpoints.items()},
        concurrent=1,
        driver={},
        precision="fp32",
        trainer=lambda queue, task, *, concurrent, driver: train_here(queue, task),
        task=task_of(study.task_benchmark),
        examiner=ExaminerHere(),
    )


@contextmanager
def trained_here() -> Iterator[None]:
    """Let studies that are run within the context train and score in this process."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(driver, "_prepared", _prepared)
        patched.setattr(examiner.ray, "put", lambda value: value)
        yield


def run_here(path: Path, *overrides: str, until: str = "report") -> tuple[StudyDirectory, list[str]]:
    """Run a study file to a stage; its records, and the lines that its user reads."""
    study, hearer = load_study(path, overrides), Hearer()
    assert demand_of(study).is_alone
    with trained_here():
        directory = driver.drive(study, driver.study_path(study, None), until=until, address="none", listener=hearer)
    return directory, hearer.notes


def files_of(folder: Path) -> Mapping[str, bytes]:
    """Every file of a folder with its content, but for locks."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix not in (".lock", ".guard"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
