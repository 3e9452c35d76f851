"""The study of the robust training benchmark, with an arm per method, and its trials."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
import yaml

from xlingual.families import Checkpoint
from xlingual.preparation.inputs import load_study_data, locate, trial_inputs
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.layout import TrialDirectory
from xlingual.study import Study, TrialConfiguration, arm_space, build_configuration, load_study, passes_of
from xlingual.training.execution import Execution
from xlingual.training.freed_memory import keep_freed_memory, release_free_memory
from xlingual.training.loop import train_trial
from xlingual.training.model import TrainedModel
from xlingual.training.order import training_order
from xlingual.training.update import Updater
from xlingual.training.worker import SoloWorker

Settings = dict[str, Any]

PLAIN = "plain"
REPORTS = 5
ASCENT = {"step_size": 0.03, "start": 0.03, "radius": 0.1}
METHODS: dict[str, dict[str, dict[str, Any]]] = {
    "embedding_noise": {"embedding_noise": {"magnitude": 0.1}},
    "embedding_noise, 3 samples": {"embedding_noise": {"magnitude": 0.1, "samples": 3}},
    "freelb, 3 steps": {"adversarial": {"attack": "freelb", "steps": 3, **ASCENT}},
    "pgd, 2 steps": {"adversarial": {"attack": "pgd", "steps": 2, **ASCENT}},
    "prediction, 1 step": {"adversarial": {"attack": "pgd", "against": "prediction", "steps": 1, **ASCENT}},
    "consistency": {"consistency": {"magnitude": 0.1}},
    "word_substitution": {"word_substitution": {}},
    "code_switch": {"code_switch": {}},
    "subword_sampling": {"subword_sampling": {}},
    "averaging, last": {"averaging": {"kind": "last", "checkpoints": 3}},
    "averaging, running": {"averaging": {"kind": "running", "decay": 0.9}},
}
"""Arms by name; magnitudes in root mean squares of the word embeddings' elements."""


def definition(settings: Settings, equal: str) -> dict[str, Any]:
    """The study: plain training and an arm for each method that `settings` names.

    Args:
        settings: `model` (None: the toy world), `train`, `xquad`, `synonyms`, `dictionaries`, `max_length`, `stride`,
            `max_answer_tokens`, `dev_examples`, `updates`, `batch`, `learning_rate`, `precision`, `methods`.
        equal: `updates` or `passes`.
    """
    toy = settings["model"] is None
    test = {"source": "toy" if toy else settings["xquad"], "languages": ["en", "de"]}
    data = {"train": "toy" if toy else settings["train"], "test": test, "dev_examples": settings["dev_examples"]}
    data |= {name: settings[name] for name in ("synonyms", "dictionaries") if settings[name]}
    return {
        "name": "robust",
        "question": "What does each method cost, and what does it give?",
        "model": "toy" if toy else settings["model"],
        "data": data,
        "windows": {name: settings[name] for name in ("max_length", "stride", "max_answer_tokens")},
        "training": {
            "updates": settings["updates"],
            "batch_size": settings["batch"],
            "micro_batch_size": settings["batch"],
            "learning_rate": settings["learning_rate"],
            "precision": settings["precision"],
            "reports": REPORTS,
            "early_dev_questions": 1,
            **({"freeze_word_embeddings": True} if toy else {}),
        },
        "arms": {
            PLAIN: {"baseline": True},
            **{_arm(name): {"robust": METHODS[name]} for name in settings["methods"]},
        },
        "search": {"trials_per_arm": 1, "equal": equal},
    }


class Prepared(NamedTuple):
    """A study whose data are there."""

    studies: dict[str, Study]
    inputs: TrialInputs
    sources: dict[str, str]
    checkpoint: Checkpoint

    def configuration(self, method: str, seed: int, equal: str = "updates") -> TrialConfiguration:
        """The trial of a method."""
        study = self.studies[equal]
        return build_configuration(study, _arm(method), arm_space(study, _arm(method)), seed, self.sources)


@cache
def _prepared(text: str, folder: str) -> Prepared:
    settings = yaml.safe_load(text)
    studies = {}
    for equal in ("updates", "passes"):
        path = Path(folder) / f"{equal}.yaml"
        path.write_text(yaml.safe_dump(definition(settings, equal), sort_keys=False))
        studies[equal] = load_study(path)
    study = studies["updates"]
    locations = locate(study, Path(folder))
    data = load_study_data(study, locations, Path(folder) / "rows")
    (model,) = set(locations.models.values())
    sources = {name: str(source["fingerprint"]) for name, source in data.sources().items()} | {"model": "m"}
    checkpoint = Checkpoint.resolve(model)
    return Prepared(studies, trial_inputs(checkpoint, study, data), sources, checkpoint)


def prepared(settings: Settings) -> Prepared:
    """Load data and cut windows, once per process."""
    if not _folders:
        _folders.append(tempfile.TemporaryDirectory(prefix="xlingual-benchmark-"))
    return _prepared(yaml.safe_dump(settings), _folders[0].name)


_folders: list[tempfile.TemporaryDirectory[str]] = []


class Stepper:
    """A training whose updates are timed one by one."""

    def __init__(self, task: Prepared, method: str, device: str, clock: str) -> None:
        configuration, worker = task.configuration(method, seed=0), SoloWorker(torch.device(device))
        self._clock = time.process_time if clock == "cpu" else time.perf_counter
        order = training_order(configuration, task.inputs.train, {})
        self._model = TrainedModel(configuration, task.inputs, task.checkpoint, worker, Execution())
        self._updater = Updater(configuration, order, self._model, worker)
        self._cuda = device.startswith("cuda")

    def seconds(self, number: int) -> float:
        """Do an update, counted from 0."""
        began = self._clock()
        self._updater.update(number)
        self._model.average.after_update(number + 1)
        if self._cuda:
            torch.cuda.synchronize()
        return self._clock() - began


def pairs(settings: Settings, method: str) -> Iterator[tuple[float, float]]:
    """Yield seconds of plain training and of a method for one update after another, of the same windows.

    The two take turns in going first. The first update of each is left out, as it warms up.
    """
    task = prepared(settings)
    keep_freed_memory()  # as a trial's actor does
    sides = [Stepper(task, name, settings["device"], settings["clock"]) for name in (PLAIN, method)]
    for number in range(settings["runs"] + 1):
        first = number % 2
        seconds = {side: sides[side].seconds(number) for side in (first, 1 - first)}
        if number:
            yield seconds[0], seconds[1]
    sides.clear()
    release_free_memory()


def trained(settings: Settings, method: str, seed: int, equal: str) -> dict[str, Any]:
    """Train a trial to the end; return the scores of its last report."""
    task = prepared(settings)
    keep_freed_memory()
    configuration, worker = task.configuration(method, seed, equal), SoloWorker(torch.device(settings["device"]))
    with tempfile.TemporaryDirectory() as folder:
        directory = TrialDirectory(Path(folder) / "trial")
        train_trial(configuration, task.inputs, task.checkpoint, directory, worker, keep_model=False)
    release_free_memory()
    found = {name: worker.reports[-1][name] for name in ("f1", "exact_match", "loss", "updates")}
    return {"method": method, "seed": seed, "equal": equal, **found}


def passes(settings: Settings, method: str) -> int:
    """Passes of each example in an update."""
    return passes_of(prepared(settings).configuration(method, 0).robust)


def _arm(method: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in method)
