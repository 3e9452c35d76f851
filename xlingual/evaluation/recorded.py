"""What a study recorded of a checkpoint that lies in its directory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlingual.data.toy import ToyWorld, write_toy_world
from xlingual.errors import DataError
from xlingual.evaluation.result import ENGLISH, Scores
from xlingual.records import journal
from xlingual.records.files import read_json
from xlingual.records.layout import StudyDirectory, TrialDirectory
from xlingual.study.benchmarks import Benchmark
from xlingual.study.benchmarks.own import is_pattern
from xlingual.study.test_sets import RecordedTestSet, recorded_test_sets
from xlingual.task_metrics import Metric
from xlingual.tasks.named import task_of

TOY = "toy"
"""What a study, or a user, writes for data of the toy world."""


@dataclass(frozen=True)
class Recorded:
    """A replicate of a study.

    Attributes:
        study: its name.
        trial: the replicate's directory.
        sets: its test sets by name.
        source_language: two-letter code of its training data's language.
        toy: settings of its toy world.
    """

    study: str
    trial: TrialDirectory
    sets: Mapping[str, RecordedTestSet]
    source_language: str
    toy: Mapping[str, Any] = field(default_factory=dict)

    def test_set(self, benchmark: Benchmark) -> RecordedTestSet | None:
        """The study's test set that this is: by its name, or by the files of the user's own; None if it has none."""
        own = (one for one in self.sets.values() if is_pattern(one.source) and one.source == benchmark.source)
        return self.sets.get(benchmark.name) or next(own, None)

    def is_toy(self, benchmark: Benchmark) -> bool:
        """Whether the study's test set of this name is of its toy world."""
        recorded = self.test_set(benchmark)
        return recorded is not None and recorded.source == TOY

    def toy_data(self, benchmark: Benchmark) -> str:
        """The directory of a test set of the study's toy world, which is written if it is not there.

        Raises:
            DataError: when the toy world has no such test set, or cannot be written.
        """
        world = ToyWorld(**self.toy)
        storage = self.trial.path.parent.parent.parent
        paths = write_toy_world(storage / "toy_worlds" / world.fingerprint, world)
        found = getattr(paths, benchmark.name, None)
        if found is None:
            raise DataError(f"--data: the toy world has no {benchmark.title}; write --data with a source of it")
        return str(found)

    def scores(self, benchmark: Benchmark, ids: Mapping[str, Iterable[str]]) -> dict[str, Scores]:
        """Recorded test scores by language, where they are of the very questions with these ids."""
        found: dict[str, Scores] = {}
        recorded = self.test_set(benchmark)
        if recorded is None:
            return found
        for language, asked in ids.items():
            rows = journal.read(self.trial.predictions(recorded.name, language))
            if rows and [row.get("id") for row in rows] == list(asked):
                found[language] = task_of(benchmark).scores(rows)
        return found


def recorded_of(checkpoint: Path) -> Recorded | None:
    """The replicate whose model a checkpoint is: STORAGE/STUDY/trials/FINGERPRINT/model; None elsewhere."""
    trial = TrialDirectory(checkpoint.parent)
    study = StudyDirectory(trial.path.parent.parent)
    if checkpoint != trial.model or study.trial(trial.path.name) != trial or not study.study_json.is_file():
        return None
    said: dict[str, Any] = read_json(study.study_json)
    return Recorded(
        str(said.get("name")),
        trial,
        recorded_test_sets(said),
        said.get("data", {}).get("source_language", ENGLISH),
        said.get("toy") or {},
    )


def compared(study: str, recorded: Mapping[str, Scores], scores: Mapping[str, Scores], headline: Metric) -> list[str]:
    """Say in words whether the scores are the recorded ones, to the last digit."""
    key = headline.name
    same = [code for code, row in recorded.items() if all(scores[code].get(name) == row[name] for name in row)]
    other = [
        f"{code} {headline.title} {row[key]:.2f} then, {scores[code][key]:.2f} now"
        for code, row in recorded.items()
        if code not in same
    ]
    notes = []
    if same:
        notes.append(f"these are the test scores that study {study} recorded, to the last digit, in {', '.join(same)}")
    if other:
        notes.append(f"these are other test scores than study {study} recorded: {'; '.join(other)}")
    return notes
