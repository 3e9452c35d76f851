"""Layout of a study's directory.

STORAGE/NAME/
  study.yaml          the study file as its author wrote it
  study.json          the same with every default filled in
  environment.jsonl   one line a command: time, versions, hardware
  sources.json        what was loaded: counts and fingerprints
  contamination.jsonl what was dropped because it overlaps a test set
  journal.jsonl       what the driver decided and observed, one event a line
  ledger.jsonl        every reading of a test set
  requests/           what was asked of the study from outside, one file a request (see `records/requests.py`)
  driver.lock         held by the one driver that may write
  tracker-NAME.lock   held by the one process that sends the study to a tracker
  ray.log             what Ray itself wrote to standard error: warnings, traces of its processes
  trials/FINGERPRINT/ one trial configuration
    configuration.json  reports.jsonl  development.jsonl  checkpoint.pt  model/
    environment.jsonl  error.txt (the traceback of a failure)  training.lock
    predictions/SET/LANGUAGE.jsonl  predictions/SET/LANGUAGE.parquet (see `records/predictions.py`)
STORAGE/faq/          prepared FAQ rows of all studies; rebuilt if deleted
STORAGE/features/     windows of all studies, memory-mapped; rebuilt if deleted
STORAGE/toy_worlds/   data and models of toy studies; rebuilt if deleted
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

FOLDER_MARK = "xlingual.json"
"""File of a model's folder that is written last: a model without it is not there."""

_SMALL_OF_MODEL = (FOLDER_MARK, "config.json", "README.md")


def is_large(key: str) -> bool:
    """Whether a file, by its path below a study's directory, is one of those that only training and scoring need."""
    *folders, name = key.split("/")
    return name == "checkpoint.pt" or ("model" in folders and name not in _SMALL_OF_MODEL)


def is_local(key: str) -> bool:
    """Whether a file is made again on each machine: temporary ones, faster copies, locks, Ray's own."""
    parts = key.split("/")
    return (
        any(part.startswith(".") and part != "." for part in parts)
        or parts[0] in ("ray", "ray.log")
        or parts[-1].endswith((".parquet", ".lock", ".guard"))
    )


@dataclass(frozen=True, slots=True)
class TrialDirectory:
    """The files of one trial configuration; `path` ends in its fingerprint."""

    path: Path

    @property
    def configuration(self) -> Path:
        """Everything that determines the trial's numbers."""
        return self.path / "configuration.json"

    @property
    def reports(self) -> Path:
        """One line per development scoring."""
        return self.path / "reports.jsonl"

    @property
    def development(self) -> Path:
        """Every development question's last prediction."""
        return self.path / "development.jsonl"

    @property
    def checkpoint(self) -> Path:
        """The state from which an unfinished training resumes."""
        return self.path / "checkpoint.pt"

    def remove_unfinished(self) -> None:
        """Remove what a killed process had written of a checkpoint; nobody may be writing one."""
        for stray in self.path.glob(".checkpoint.pt.partial-*"):
            stray.unlink(missing_ok=True)

    @property
    def model(self) -> Path:
        """The trained model in `transformers` layout (replicates only)."""
        return self.path / "model"

    @property
    def environment(self) -> Path:
        """Device, precision and versions the trial ran with, one line per start."""
        return self.path / "environment.jsonl"

    @property
    def lock(self) -> Path:
        """Names the one process that trains the trial (see `records/lease.py`)."""
        return self.path / "training.lock"

    def predictions(self, test_set: str, language: str) -> Path:
        """Every test question's prediction and scores in one language of a test set; the Parquet copy is beside it.

        A pair of two languages `A-B` has a file of its own.
        """
        return self.path / "predictions" / test_set / f"{language}.jsonl"


@dataclass(frozen=True, slots=True)
class StudyDirectory:
    """The files of one study."""

    path: Path

    @property
    def study_yaml(self) -> Path:
        """The study file as its author wrote it."""
        return self.path / "study.yaml"

    @property
    def study_json(self) -> Path:
        """The study with every default filled in."""
        return self.path / "study.json"

    @property
    def environment(self) -> Path:
        """One line per command: time, versions, hardware."""
        return self.path / "environment.jsonl"

    @property
    def sources(self) -> Path:
        """What was loaded: counts and fingerprints."""
        return self.path / "sources.json"

    @property
    def contamination(self) -> Path:
        """What was dropped from the training data because it overlaps a test set, one piece a line."""
        return self.path / "contamination.jsonl"

    @property
    def faq(self) -> Path:
        """Prepared FAQ rows, shared by all studies of this storage."""
        return self.path.parent / "faq"

    @property
    def journal(self) -> Path:
        """What the driver decided and observed."""
        return self.path / "journal.jsonl"

    @property
    def ledger(self) -> Path:
        """Every reading of a test set."""
        return self.path / "ledger.jsonl"

    @property
    def requests(self) -> Path:
        """What was asked of the study from outside, one file a request."""
        return self.path / "requests"

    @property
    def lock(self) -> Path:
        """Held by the one driver that may write."""
        return self.path / "driver.lock"

    @property
    def ray_output(self) -> Path:
        """What Ray wrote to standard error while a driver was running."""
        return self.path / "ray.log"

    @property
    def features(self) -> Path:
        """Tokenised windows, shared by all studies of this storage."""
        return self.path.parent / "features"

    def trial(self, fingerprint: str) -> TrialDirectory:
        """The directory of one trial configuration."""
        return TrialDirectory(self.path / "trials" / fingerprint)
