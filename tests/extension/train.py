"""Trains one trial of a study twice, once cut off after its first report and gone on with; prints what came out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from xlingual.families import Checkpoint
from xlingual.preparation.inputs import load_study_data, locate, resolve_models, trial_inputs
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.progress.cells import robust
from xlingual.records import journal
from xlingual.records.layout import TrialDirectory
from xlingual.study import TrialConfiguration, build_configuration, load_study
from xlingual.training.loop import train_trial
from xlingual.training.worker import Report, SoloWorker

TRAINING = {"updates": 4, "reports": 2}
ROBUST = {"token_dropout": {"rate": 0.1, "draws": 2}, "reversal": {"rate": 0.3}}


class Cut(Exception):
    """Raised in the middle of a training."""


def main(study_file: str, folder: str) -> None:
    torch.set_num_threads(1)
    study = load_study(study_file)
    locations = locate(study, Path(folder))
    (model,) = set(resolve_models(locations).values())
    traits = model.traits(study.lengths)
    data = load_study_data(study, locations, Path(folder) / "rows")
    inputs, sources = trial_inputs(model, study, data), {name: "f" * 16 for name in ("model", "train", "dev")}

    def configured(**tree: Any) -> TrialConfiguration:
        training = study.training.model_dump() | TRAINING | tree.pop("training")
        drawn = {"training": training, "mixture": None, **tree}
        return build_configuration(study, "extended", drawn, 0, sources, traits)

    extended = configured(training={"optimizer": "sign_descent", "learning_rate": 3e-3}, robust=ROBUST)
    plain = configured(training={"optimizer": "adamw", "learning_rate": 3e-3}, robust=None)
    whole, _ = train(extended, inputs, model, Path(folder) / "whole")
    try:
        train(extended, inputs, model, Path(folder) / "cut", cut)
    except Cut:
        cut_reports, directory = train(extended, inputs, model, Path(folder) / "cut", keep_model=True)
    starts = journal.read(directory.environment)
    found = {
        "whole": whole,
        "cut": cut_reports,
        "plain": train(plain, inputs, model, Path(folder) / "plain")[0],
        "passes": [report["passes"] for report in whole],
        "starts": [start["from_update"] for start in starts],
        "rows_of_word_embeddings": starts[0]["rows_of_word_embeddings"],
        "perturbation": starts[0]["perturbation"],
        "text": robust(extended.canonical()),
        "card": (directory.model / "README.md").read_text(),
    }
    print(json.dumps(found))


def cut(_report: Report) -> None:
    raise Cut


def train(
    configuration: TrialConfiguration,
    inputs: TrialInputs,
    checkpoint: Checkpoint,
    path: Path,
    on_report: Callable[[Report], None] | None = None,
    *,
    keep_model: bool = False,
) -> tuple[list[Report], TrialDirectory]:
    """Train a configuration in a folder; return the reports without their times."""
    worker, directory = SoloWorker(on_report=on_report), TrialDirectory(path)
    train_trial(configuration, inputs, checkpoint, directory, worker, keep_model=keep_model)
    return [{key: value for key, value in one.items() if key != "seconds"} for one in worker.reports], directory


if __name__ == "__main__":
    main(*sys.argv[1:])
