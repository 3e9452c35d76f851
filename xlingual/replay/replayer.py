"""Trains recorded trials again, in a folder of their own, and compares them with their records."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from xlingual.activity import Activity, doing
from xlingual.errors import RecordError
from xlingual.families import Checkpoint
from xlingual.preparation.inputs import (
    Locations,
    StudyData,
    load_study_data,
    load_test_data,
    locate,
    resolve_models,
    scoring_sets,
    sources_of,
    trial_inputs,
)
from xlingual.preparation.sealed_test_set import source_of
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records import journal
from xlingual.records.attached import fetch_folder
from xlingual.records.layout import StudyDirectory, TrialDirectory
from xlingual.records.lock import hold
from xlingual.records.state import StudyState
from xlingual.replay.comparison import Comparison, Row, compare_training, until_stopped
from xlingual.replay.environment import OtherEnvironment, other_environment
from xlingual.replay.recorded_trials import RecordedTrial
from xlingual.search.answer_tasks import find_candidates
from xlingual.search.listener import ClusterUse, TrialView
from xlingual.search.queue import ReplicateSource, TrialQueue
from xlingual.search.recording_callback import RecordingCallback, record_reading
from xlingual.search.study_context import demand_of, execution_of
from xlingual.search.study_guard import TEST, recorded_commits, recorded_rows
from xlingual.search.training_here import train_here
from xlingual.search.trial import TrialTask
from xlingual.study import Study, TrialConfiguration
from xlingual.study.study_file import study_of_record
from xlingual.study.test_sets import TestSet
from xlingual.tasks import merge
from xlingual.tasks.named import task_of
from xlingual.training.memory import Thrift


@dataclass(frozen=True, slots=True)
class Replay:
    """A trial that was trained again.

    Attributes:
        trial: as recorded.
        comparison: with the records.
        environment: what differs there between the two trainings.
    """

    trial: RecordedTrial
    comparison: Comparison
    environment: list[OtherEnvironment] = field(default_factory=list)

    @property
    def is_equal(self) -> bool:
        """Whether all that was compared is equal to the bit."""
        return self.comparison.difference is None

    def as_json(self) -> dict[str, Any]:
        """What was found, for a program."""
        found, item = self.comparison, self.trial.item
        return {
            "trial": self.trial.key,
            **{name: item[name] for name in ("arm", "search", "number", "seed", "fingerprint") if name in item},
            "equal": self.is_equal,
            "compared": found.counts,
            "not_compared": found.left_out,
            "difference": None if found.difference is None else asdict(found.difference),
            "environment": [asdict(one) for one in self.environment],
        }


class StopAfter:
    """Stops a trial where the records say that a trial scheduler did: after so many reports."""

    def __init__(self, reports: int) -> None:
        self._left = reports

    def goes_on(self, search: Hashable, name: str, step: int, objective: float) -> bool:
        """Count a report, and say whether the trial goes on."""
        self._left -= 1
        return self._left > 0


class Replayer:
    """Trains trials of one study again; data and models are loaded once.

    Args:
        directory: the study's, of which nothing is changed but that readings of the test set are put into its ledger.
        state: read from it.
        scratch: folder that the trainings are written to.
        test: whether the answers of replicates that were scored on test sets are compared, too.
        tell: takes what a trial tells its user.
    """

    def __init__(
        self,
        directory: StudyDirectory,
        state: StudyState,
        scratch: Path,
        *,
        test: bool = False,
        tell: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.study: Study = study_of_record(state.study)
        self._directory, self._state, self._scratch = directory, state, StudyDirectory(scratch)
        self._test, self._tell = test, tell
        self._inputs: dict[str, TrialInputs] = {}

    def replay(self, trial: RecordedTrial) -> Replay:
        """Train a trial again, and compare it with its records.

        Raises:
            XlingualError: when its data or model is not what it was trained with, or it cannot be trained here.
        """
        plain = trial.configuration()
        configuration = TrialConfiguration.model_validate(plain)
        checkpoint = self._checkpoint(trial.item["arm"])
        self._check_sources(trial, configuration, checkpoint)
        ended = self._train(trial, plain, checkpoint)
        replayed, found = self._scratch.trial(configuration.fingerprint), Comparison()
        compare_training(found, trial.records, replayed, trial.stopped_after)
        for name, recorded in (("state", trial.state), ("reason", trial.reason)):
            found.value("end of the training", name, recorded, ended[name])
        if trial.is_replicate and trial.state == "finished":
            fetch_folder(trial.records.model)
            found.models(trial.records.model, replayed.model)
            self._compare_answers(trial, checkpoint, replayed, found)
        differs = found.difference is not None
        return Replay(trial, found, other_environment(self._directory, trial.records, replayed) if differs else [])

    def _checkpoint(self, arm: str) -> Checkpoint:
        of_arm = replace(self._locations, models={arm: self._locations.models[arm]})
        return resolve_models(of_arm, task_of(self.study.task_benchmark), recorded_commits(self._directory))[arm]

    @cached_property
    def _locations(self) -> Locations:
        return locate(self.study, self._directory.path.parent)

    @cached_property
    def _data(self) -> StudyData:
        return load_study_data(self.study, self._locations, self._directory.faq, recorded_rows(self._directory))

    def _check_sources(self, trial: RecordedTrial, configuration: TrialConfiguration, checkpoint: Checkpoint) -> None:
        """Refuse to train on other data, or another model, than the trial was trained on."""
        now = sources_of(checkpoint, self._data)
        if configuration.mixture is not None:
            now["faq"] = now.get(configuration.mixture.variant, "absent")
        then = configuration.sources
        other = [
            f"{name} ({then[name]} then, {now.get(name, 'absent')} now)" for name in then if now.get(name) != then[name]
        ]
        if other:
            raise RecordError(
                f"{self._directory.path}: trial {trial.key} cannot be trained again: the content of {', '.join(other)} "
                "is not what it was trained on. Restore it, or use the version of xlingual that environment.jsonl names"
            )

    def _train(self, trial: RecordedTrial, plain: dict[str, Any], checkpoint: Checkpoint) -> dict[str, Any]:
        """Train in the scratch folder; how it ended, as a journal says it."""
        start = (journal.read(trial.records.environment) or [{}])[-1]
        demand, execution = demand_of(self.study), execution_of(self.study)
        workers = int(start.get("workers", demand.workers))
        task = TrialTask(
            storage=self._scratch.path,
            url=None,
            demand=replace(demand, workers=workers, most=workers),
            models={trial.item["arm"]: checkpoint.pinned},
            inputs={checkpoint.pinned: self._inputs_of(checkpoint)},
            keep_model=trial.is_replicate,
            execution=replace(execution, threads=int(start.get("threads", execution.threads))),
        )
        reports = len(until_stopped(journal.read(trial.records.reports), trial.stopped_after))
        if self.study.oracle:  # its development data is the test set
            self._record_reading("replay (oracle)", self.study.data.test.set, trial)
        with doing(f"training {trial.key} again", int(plain["training"]["updates"])) as activity:
            queue = TrialQueue(
                ReplicateSource([{**trial.item, "configuration": plain}]),
                RecordingCallback(
                    self._scratch, Watcher(activity, self._tell), kind="replicate" if trial.is_replicate else "trial"
                ),
                concurrent=1,
                full_budget=int(self.study.training.updates),
                scheduler=StopAfter(reports) if trial.state == "pruned" else None,
            )
            train_here(queue, task, thrift=Thrift.of(start))
        queue.check_ended("replay")
        return journal.read(self._scratch.journal)[-1]

    def _record_reading(self, purpose: str, test_set: str, trial: RecordedTrial, **more: Any) -> None:
        """Put a reading into the study's ledger, before it happens."""
        with hold(self._directory.lock):
            record_reading(self._directory, purpose, test_set, trial.item["arm"], trial.item["fingerprint"], **more)

    def _inputs_of(self, checkpoint: Checkpoint) -> TrialInputs:
        if checkpoint.name not in self._inputs:
            made = trial_inputs(checkpoint, self.study, self._data, self._directory.features)
            self._inputs = {checkpoint.name: made}  # of one model at a time
        return self._inputs[checkpoint.name]

    def _compare_answers(
        self, trial: RecordedTrial, checkpoint: Checkpoint, replayed: TrialDirectory, found: Comparison
    ) -> None:
        """Compare answers to the test sets that the replicate was scored on; each is a reading, for the ledger."""
        if not trial.sets or found.difference is not None:
            return
        if not self._test:
            found.left_out.append("the answers to the test set (--test compares them, too)")
            return
        for name, test in self.study.data.test.sets.items():
            if name not in trial.sets:
                continue
            keys = trial.sets[name] or test.keys
            with doing(f"answering {name}"):
                rows = self._answers(trial, test, keys, checkpoint, replayed)
            for key, answers in rows.items():
                recorded = journal.read(trial.records.predictions(name, key))
                found.rows("test answers", recorded, answers, partial(_answer_of, f"{name}, {key}"))

    def _answers(
        self,
        trial: RecordedTrial,
        test: TestSet,
        keys: Sequence[str],
        checkpoint: Checkpoint,
        replayed: TrialDirectory,
    ) -> dict[str, list[dict[str, Any]]]:
        """By language, the rows of a replayed model's answers to a test set, as the test stage writes them."""
        examples = load_test_data(test, self._locations, crossed=True)
        known = self._state.sources.get(f"{TEST}{test.name}", {}).get("languages", {})
        other = [key for key, value in source_of(examples)["languages"].items() if known.get(key, value) != value]
        if other:
            raise RecordError(
                f"{self._directory.path}: the content of test set {test.name} in {', '.join(other)} is not what the "
                "replicates were scored on; restore it, or leave --test out"
            )
        lengths, task = checkpoint.traits(self.study.lengths).lengths, task_of(test.benchmark)
        questions = scoring_sets(checkpoint, {key: examples[key] for key in keys}, lengths, self._directory.features)
        self._record_reading("replay", test.name, trial, seed=trial.item["seed"], languages=list(keys))
        answered = find_candidates(replayed, task, questions, lengths, demand_of(self.study), (0, 1))
        extras = checkpoint.family.row_extras
        return {key: task.rows(asked.examples, merge([answered[key]]), extras) for key, asked in questions.items()}


def _answer_of(place: str, row: Row) -> str:
    return f"answer {row.get('id')} ({place})"


@dataclass
class Watcher:
    """Hears of a training, and shows how far it is."""

    activity: Activity
    tell: Callable[[str], None]

    def recorded(self, *_: Any) -> None:
        """Not told of in a replay."""

    def cluster_used(self, use: ClusterUse) -> None:
        """Not told of in a replay."""

    def stage_started(self, stage: str, total: int, done: int) -> None:
        """Not told of in a replay."""

    def stage_ended(self, stage: str) -> None:
        """Not told of in a replay."""

    def trial_changed(self, trial: TrialView) -> None:
        """Show how far the trial is."""
        self.activity.reach(trial.updates)

    def test_scored(self, arm: str, seed: int, test_set: str, language_scores: dict[str, dict[str, float]]) -> None:
        """Not told of in a replay."""

    def plan_changed(self, total: int, held: Mapping[str, str]) -> None:
        """Not told of in a replay."""

    def note(self, text: str) -> None:
        """Pass on what a trial tells its user."""
        self.tell(text)

    def close(self) -> None:
        """Nothing is open."""
