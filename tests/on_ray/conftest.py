"""Studies on the tiny task, each run once through Ray for all tests that only read the results."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from xlingual.errors import DataError
from xlingual.records import journal
from xlingual.records.layout import StudyDirectory
from xlingual.search.listener import ClusterUse, TrialView
from xlingual.study import load_study

WriteStudy = Callable[..., Path]


class Recorder:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.stages: list[tuple[str, int, int]] = []
        self.trials: list[TrialView] = []
        self.tested: list[tuple[str, int]] = []
        self.notes: list[str] = []
        self.plans: list[tuple[int, dict[str, str]]] = []

    def recorded(self, *_: Any) -> None:
        pass

    def cluster_used(self, use: ClusterUse) -> None:
        pass

    def stage_started(self, stage: str, total: int, done: int) -> None:
        self.stages.append((stage, total, done))

    def stage_ended(self, stage: str) -> None:
        self.stages.append((f"{stage} ended", 0, 0))

    def trial_changed(self, trial: TrialView) -> None:
        self.trials.append(trial)

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        self.tested.append((arm, seed))

    def plan_changed(self, total: int, held: Any) -> None:
        self.plans.append((total, dict(held)))

    def note(self, text: str) -> None:
        self.notes.append(text)

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """One embedded Ray for the whole session."""
    from xlingual.search.cluster import connected
    from xlingual.search.placement import Demand

    with warnings.catch_warnings(), connected("local", Demand(2, 1, 0)):
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(scope="session")
def drive_study() -> Callable[..., tuple[StudyDirectory, Recorder]]:
    """Run a study file to a stage in the session's Ray."""
    from xlingual.search.driver import drive, study_path

    def run(path: Path, *overrides: str, until: str = "report", address: str = "local") -> Any:
        study, recorder = load_study(path, overrides), Recorder()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            directory = drive(study, study_path(study, None), until=until, address=address, listener=recorder)
        return directory, recorder

    return run


@pytest.fixture(scope="session")
def finished(ray_cluster: None, write_study: WriteStudy, drive_study: Any) -> tuple[Path, StudyDirectory, Recorder]:
    """A study that completed all stages; its folder has a space and other letters, its files Windows line ends."""
    path = write_study("finished", folder="my study é 研究")
    for file in (path, path.parent / "data" / "train.json", path.parent / "data" / "faq" / "deu.jsonl"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    directory, recorder = drive_study(path)
    return path, directory, recorder


class Sealed(NamedTuple):
    """A study whose test set could not be read before the test stage, and its records at that time.

    Attributes:
        path: path of its file.
        directory: its records, up to the replicates.
        ledger: the ledger when the replicates had been trained.
        refusal: the error of the run that continued to the test stage.
        content: the real files of the test set; before, they had the answer `the` to every question.
    """

    path: Path
    directory: StudyDirectory
    ledger: list[dict[str, Any]]
    refusal: DataError
    content: dict[Path, bytes]


@pytest.fixture(scope="session")
def sealed(ray_cluster: None, write_study: WriteStudy, drive_study: Any) -> Sealed:
    """Searched in one run and replicated in the next, with `precision: auto` and one trial at a time."""
    path = write_study(
        "sealed", search={"trials_per_arm": 1}, replicates={"searches": 1, "seeds": 1}, scaling={"concurrent_trials": 1}
    )
    asked = ("training.precision=auto",)
    files = list((path.parent / "data" / "xquad").iterdir())
    content = {file: file.read_bytes() for file in files}
    for file in files:
        file.write_text(json.dumps(_with_answers(json.loads(content[file]), "the")))

    def refuse(*_: Any, **__: Any) -> Any:
        raise DataError("the test set is sealed")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("xlingual.preparation.inputs.load_test_data", refuse)
        patched.setattr("xlingual.search.examiner.load_test_data", refuse)
        drive_study(path, *asked, until="search")
        directory, _ = drive_study(path, *asked, until="replicate")
        ledger = journal.read(directory.ledger)
        with pytest.raises(DataError) as refusal:
            drive_study(path, *asked)
    for file in files:
        file.write_bytes(content[file])
    return Sealed(path, directory, ledger, refusal.value, content)


def _with_answers(test: dict[str, Any], answer: str) -> dict[str, Any]:
    """The same paragraphs and questions, all with the same answer."""
    questions = (qa for article in test["data"] for paragraph in article["paragraphs"] for qa in paragraph["qas"])
    for question in questions:
        question["answers"] = [{"text": answer, "answer_start": 0}]
    return test
