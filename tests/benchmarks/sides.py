"""Both sides of a training, made from one settings dictionary: the same examples, windows, updates and schedule.

Settings: `model`, `train`, `dev`, `train_examples`, `dev_examples` (None: all), `max_length`, `stride`,
`max_answer_tokens`, `updates`, `batch`, `micro_batch` (None: the package's default), `learning_rate`, `seed`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hf_recipe

from xlingual.data.examples import Example

Settings = dict[str, Any]

SCHEDULE = {"warmup_share": 0.0, "weight_decay": 0.0, "clip_norm": 1.0}
"""The defaults of `TrainingArguments` as settings of this package."""


def load_examples(settings: Settings) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Training and development examples: the same on both sides."""
    from xlingual.data.development import load_source
    from xlingual.study.benchmarks import BENCHMARKS

    train, development = load_source(
        BENCHMARKS["xquad"],
        settings["train"],
        settings["dev"],
        language="en",
        train_examples=settings["train_examples"],
        dev_examples=settings["dev_examples"],
    )
    return train.examples, development.examples


def lengths(settings: Settings) -> dict[str, int]:
    """How windows are cut."""
    return {name: settings[name] for name in ("max_length", "stride")}


def reference_features(examples: Sequence[Example], settings: Settings) -> Any:
    """Training windows of the recipe."""
    tokenizer = hf_recipe.load_tokenizer(settings["model"])
    return hf_recipe.train_features(hf_recipe.as_dataset(examples), tokenizer, **lengths(settings))


def reference_trainer(settings: Settings, features: Any, folder: str) -> Any:
    """The recipe's trainer, ready to train."""
    return hf_recipe.make_trainer(
        hf_recipe.load_model(settings["model"], settings["seed"]),
        folder,
        features,
        max_steps=settings["updates"],
        per_device_train_batch_size=settings["batch"],
        learning_rate=settings["learning_rate"],
        seed=settings["seed"],
    )


def our_windows(examples: Sequence[Example], settings: Settings) -> Any:
    """Windows of this package."""
    from xlingual.models.encoder import load_tokenizer
    from xlingual.tokens.windows import make_windows

    return make_windows(load_tokenizer(Path(settings["model"])), examples, **lengths(settings))


def our_inputs(examples: Sequence[Example], development: Sequence[Example], settings: Settings) -> Any:
    """What a trial of this package trains on and is scored on; its token ids counted once, as a study does."""
    from xlingual.families import ScoringSet
    from xlingual.models.encoder import load_tokenizer
    from xlingual.preparation.trial_inputs import TrialInputs

    return TrialInputs(
        train=our_windows(examples, settings),
        faq={},
        development={"dev": {"en": ScoringSet(tuple(development), our_windows(development, settings))}},
        pad_token=int(load_tokenizer(Path(settings["model"])).pad_token_id),
    ).counted()


def our_configuration(settings: Settings) -> Any:
    """The trial configuration equivalent to the recipe."""
    from xlingual.study import TrialConfiguration

    training = {name: settings[name] for name in ("updates", "learning_rate")} | SCHEDULE
    training |= {"batch_size": settings["batch"], "reports": settings.get("reports", 1)}
    training["precision"] = our_precision(settings)
    if settings.get("micro_batch"):
        training["micro_batch_size"] = settings["micro_batch"]
    windows = lengths(settings) | {"max_answer_tokens": settings["max_answer_tokens"]}
    sources = {"model": "m", "train": "t", "dev": "d"}
    return TrialConfiguration.model_validate(
        {"sources": sources, "windows": windows, "training": training, "seed": settings["seed"]}
    )


def our_precision(settings: Settings) -> str:
    """The precision that is asked for (`fp32`, as the recipe's, by default); `auto` is what a study would choose."""
    from xlingual.models.encoder import encoder_widths
    from xlingual.training.hardware import bf16_speedup, cpu_precision

    asked = str(settings.get("precision") or "fp32")
    return cpu_precision(bf16_speedup(*encoder_widths(Path(settings["model"])))) if asked == "auto" else asked


def train_ours(settings: Settings, inputs: Any, *, keep_model: Path | None = None) -> list[dict[str, Any]]:
    """Train a trial as a study does, in this process; return its reports. The model is kept in a folder if named."""
    from xlingual.families import Checkpoint
    from xlingual.records.layout import TrialDirectory
    from xlingual.training.freed_memory import keep_freed_memory
    from xlingual.training.loop import train_trial
    from xlingual.training.worker import SoloWorker

    keep_freed_memory()  # as a trial's actor does
    configuration, worker = our_configuration(settings), SoloWorker()
    with tempfile.TemporaryDirectory() as folder:
        directory = TrialDirectory(Path(folder) / configuration.fingerprint)
        model = Path(settings["model"])
        train_trial(configuration, inputs, Checkpoint.at(model), directory, worker, keep_model=keep_model is not None)
        if keep_model is not None:
            directory.model.rename(keep_model)
    return worker.reports
