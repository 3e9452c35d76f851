"""Model families that every robust training method must support: add a family with one entry of FAMILIES.

A family is a tiny checkpoint, a study for its trials, and a way to count its forward passes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from tiny_encoders import write_bert, write_deberta, write_rembert, write_xlm_roberta
from tiny_pairs import TASK, pair_set
from tiny_task import COLOURS, THINGS, questions, write_data
from torch import Tensor, nn

from xlingual.families import Checkpoint, family_of
from xlingual.models.masked_language_model import base_encoder
from xlingual.preparation.inputs import load_study_data, locate, resolve_models, trial_inputs
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.records.layout import TrialDirectory
from xlingual.study import (
    FamilyDefaults,
    PairSettings,
    Robust,
    Study,
    TrialConfiguration,
    build_configuration,
    load_study,
)
from xlingual.tasks import QUESTION_ANSWERING, Task
from xlingual.training.execution import Execution
from xlingual.training.loop import train_trial
from xlingual.training.model import TrainedModel
from xlingual.training.order import training_order
from xlingual.training.update import Updater
from xlingual.training.worker import Report, SoloWorker, Worker

SYNONYMS = {
    "house": ["home", "hut"],
    "car": ["van"],
    "tree": ["oak", "pine"],
    "cat": ["kitten"],
    "boat": ["ship"],
    "hat": ["cap"],
    "red": ["scarlet"],
    "is": ["was"],
    "colour": ["tint"],
}
DICTIONARIES = {
    "de": {"the": "das", "house": "haus", "tree": "baum", "cat": "katze", "is": "ist", "and": "und", "red": "rot"},
    "es": {"the": "la", "house": "casa", "car": "coche", "hat": "gorro", "is": "es", "and": "y", "which": "cual"},
}
WORDS = {
    "deu",
    "spa",
    *SYNONYMS,
    *(word for found in SYNONYMS.values() for word in found),
    *(word for found in DICTIONARIES.values() for pair in found.items() for word in pair),
}
"""Beside those of the tiny task."""

RECIPES: dict[str, dict[str, Any]] = {
    "passage": {"passage": {}},
    "contrastive": {"contrastive": {}},
    "masked_language_model": {"masked_language_model": {}},
    "generation": {"generation": {}},
}


@dataclass(frozen=True)
class ReadOnce(Checkpoint):
    """A checkpoint whose weights are read once for each seed; every model of it is a copy."""

    @cached_property
    def _read(self) -> dict[tuple[int, bool], nn.Module]:
        return {}

    def load(self, seed: int, *, trained_head: bool = False) -> nn.Module:
        """Load the model as `Checkpoint.load` does."""
        if (seed, trained_head) not in self._read:
            self._read[seed, trained_head] = super().load(seed, trained_head=trained_head)
        return deepcopy(self._read[seed, trained_head])


@dataclass(frozen=True)
class Family:
    """A tiny model of one kind, and its training data.

    Attributes:
        name: name of the family.
        checkpoint: its directory.
        study: a study with every kind of data that a method or recipe reads.
        inputs: inputs of the study.
        few: the same with eight training examples.
        sources: fingerprints of the study's sources.
        traits: of the model.
        body: maps a model to the module whose calls are forward passes; its first output is the hidden states.
        recipes: the recipes that the family supports.
        rate: a learning rate at which it memorises a few examples.
        task: that its models are trained for.
    """

    name: str
    checkpoint: Path
    study: Study
    inputs: TrialInputs
    few: TrialInputs
    sources: Mapping[str, str]
    traits: FamilyDefaults
    body: Callable[[nn.Module], nn.Module]
    recipes: tuple[str, ...]
    rate: float
    task: Task

    def configuration(
        self,
        robust: Mapping[str, Any] | None = None,
        *,
        recipe: str | None = None,
        seed: int = 0,
        by_hand: bool = False,
        **training: Any,
    ) -> TrialConfiguration:
        """A trial of the study.

        Args:
            robust: by method, its settings.
            recipe: recipe of the FAQ examples, half of all; None for English only.
            seed: seed of the trial.
            by_hand: whether to keep settings that have no effect.
            training: settings that differ from the study's.
        """
        mixture = {"faq_share": 0.5, "weights": {"de": 0.5, "es": 0.5}, "recipe": RECIPES[recipe]} if recipe else None
        tree: dict[str, Any] = {"training": self.study.training.model_dump() | training, "mixture": mixture}
        tree["robust"] = None if by_hand else robust
        built = build_configuration(self.study, "plain", tree, seed, self.sources, self.traits)
        return built.model_copy(update={"robust": Robust.model_validate(robust)}) if by_hand and robust else built

    def started(
        self, configuration: TrialConfiguration, worker: Worker | None = None, inputs: TrialInputs | None = None
    ) -> tuple[TrainedModel, Updater]:
        """A training before its first update."""
        worker, inputs = worker or SoloWorker(), inputs or self.inputs
        order = training_order(configuration, inputs.train, inputs.of_mixture(configuration.mixture))
        model = TrainedModel(configuration, inputs, self.resolved, worker, Execution())
        return model, Updater(configuration, order, model, worker)

    @cached_property
    def resolved(self) -> Checkpoint:
        """The checkpoint on the task."""
        return ReadOnce.at(self.checkpoint, self.task)

    @property
    def objective(self) -> str:
        """Of the task's examples."""
        return self.resolved.family.objective

    def weights(self, checkpoint: Path) -> dict[str, Tensor]:
        """Answers of the exported checkpoint."""
        return Checkpoint.at(checkpoint, self.task).load(0, trained_head=True).state_dict()

    def train(
        self, configuration: TrialConfiguration, path: Path, on_report: Callable[[Report], None] | None = None
    ) -> list[Report]:
        """Train to the end in a folder, where the model is saved too; return the reports without times."""
        worker = SoloWorker(on_report=on_report)
        train_trial(configuration, self.inputs, self.resolved, TrialDirectory(path), worker, keep_model=True)
        return [{name: value for name, value in report.items() if name != "seconds"} for report in worker.reports]


def encoder_family(directory: Path) -> Family:
    """A BERT with the tokenizer of XLM-R: pieces with probabilities, so that words have several segmentations."""
    write_bert(directory / "model", WORDS)
    return _family("encoder", directory, rate=6e-3)


def xlm_roberta_family(directory: Path) -> Family:
    """An XLM-R."""
    write_xlm_roberta(directory / "model", WORDS)
    return _family("xlm_roberta", directory, rate=6e-3)


def text_to_text_family(directory: Path) -> Family:
    """An mT5."""
    from tiny_text_to_text import write_text_to_text  # has the words above

    write_text_to_text(directory / "model", width=32)
    return _family("text_to_text", directory, rate=3e-2)


def pair_encoder_family(directory: Path) -> Family:
    """A BERT on sentence pairs, whose classification head reads a pooler within the encoder."""
    write_bert(directory / "model", WORDS)
    _draw_wide_heads(directory / "model")
    return _family("pair_encoder", directory, rate=6e-3, task=TASK)


def pair_xlm_roberta_family(directory: Path) -> Family:
    """An XLM-R on sentence pairs."""
    write_xlm_roberta(directory / "model", WORDS)
    _draw_wide_heads(directory / "model")
    return _family("pair_xlm_roberta", directory, rate=6e-3, task=TASK)


def _draw_wide_heads(model: Path) -> None:
    """Make new weights ten times larger: a loss at chance level would hardly depend on its inputs."""
    path = model / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"initializer_range": 0.2}))


def pair_text_to_text_family(directory: Path) -> Family:
    """An mT5 on sentence pairs."""
    from tiny_text_to_text import write_text_to_text

    write_text_to_text(directory / "model", width=32)
    return _family("pair_text_to_text", directory, rate=3e-2, task=TASK)


def deberta_family(directory: Path) -> Family:
    """A DeBERTa, which makes its masks itself."""
    write_deberta(directory / "model", WORDS)
    return _family("deberta", directory, rate=6e-3)


def pair_deberta_family(directory: Path) -> Family:
    """A DeBERTa on sentence pairs."""
    write_deberta(directory / "model", WORDS)
    _draw_wide_heads(directory / "model")
    return _family("pair_deberta", directory, rate=6e-3, task=TASK)


def rembert_family(directory: Path) -> Family:
    """A RemBERT, whose attention is no function that can be replaced."""
    write_rembert(directory / "model", WORDS)
    return _family("rembert", directory, rate=6e-3)


FAMILIES: dict[str, Callable[[Path], Family]] = {
    "encoder": encoder_family,
    "xlm_roberta": xlm_roberta_family,
    "text_to_text": text_to_text_family,
    "pair_encoder": pair_encoder_family,
    "pair_xlm_roberta": pair_xlm_roberta_family,
    "pair_text_to_text": pair_text_to_text_family,
}

OF_PADDED_ROWS: dict[str, Callable[[Path], Family]] = {
    "deberta": deberta_family,
    "pair_deberta": pair_deberta_family,
    "rembert": rembert_family,
}
"""Further encoders, whose inputs have a row each."""


def _family(name: str, directory: Path, *, rate: float, task: Task = QUESTION_ANSWERING) -> Family:
    recipes = family_of(directory / "model", task).recipes
    study = write_study(directory, recipes)
    locations = locate(study, directory)
    data = load_study_data(study, locations, directory / "rows")
    if task is TASK:
        study = study.model_copy(update={"pairs": PairSettings(max_length=48)})
        data = replace(data, train=pair_set(125), development={"dev": {"en": pair_set(25, 125)}})
    (checkpoint,) = set(resolve_models(locations, task).values())
    eight = replace(data, train=replace(data.train, examples=data.train.examples[:8]))
    score = {f"dev.{task.metrics.headline.name}": 1.0}
    inputs, few = (replace(trial_inputs(checkpoint, study, one), objective=score) for one in (data, eight))
    sources = {source: found["fingerprint"] for source, found in data.sources().items()} | {"model": "tiny"}
    traits = checkpoint.traits(study.lengths)
    return Family(name, directory / "model", study, inputs, few, sources, traits, base_encoder, recipes, rate, task)


def write_study(directory: Path, recipes: Sequence[str]) -> Study:
    """The tiny task as a study whose arms need all data; some of them have one of these recipes each."""
    write_data(directory / "data")
    for code in ("deu", "spa"):
        rows = [
            {
                "origin": f"{n % 15}.example",
                "url": f"https://{n % 15}.example/{code}",
                "question": f"{example.question} {code}",
                "answer": f"{COLOURS[n % 5]} {THINGS[n % 6]} {THINGS[n // 3 % 6]}",
            }
            for n, example in enumerate(questions(60))
        ]
        (directory / "data" / "faq" / f"{code}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (directory / "synonyms.json").write_text(json.dumps(SYNONYMS))
    for language, words in DICTIONARIES.items():
        (directory / f"en-{language}.tsv").write_text("".join(f"{one}\t{other}\n" for one, other in words.items()))
    places = {name: str(directory / "data" / name) for name in ("train.json", "xquad", "faq")}
    mixtures = {
        name: {"mixture": {"faq_share": 0.5, "weights": {"de": 0.5, "es": 0.5}, "recipe": RECIPES[name]}}
        for name in recipes
    }
    definition = {
        "name": "robust",
        "question": "Do all methods keep their contract?",
        "model": str(directory / "model"),
        "data": {
            "train": places["train.json"],
            "test": {"source": places["xquad"], "languages": ["en", "de", "es"]},
            "faq": {
                "source": places["faq"],
                "languages": ["de", "es"],
                "rows_per_language": 60,
                "filters": "off",
                "passages": {"span": "answer", "answers": 3, "min_passage_characters": 1},
            },
            "synonyms": str(directory / "synonyms.json"),
            "dictionaries": {language: str(directory / f"en-{language}.tsv") for language in DICTIONARIES},
        },
        "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 3},
        "text_to_text": {"max_input_tokens": 48, "max_target_tokens": 12, "max_answer_tokens": 4},
        "training": {
            "updates": 4,
            "batch_size": 8,
            "micro_batch_size": 4,
            "learning_rate": 3e-3,
            "reports": 2,
            "precision": "fp32",
        },
        "arms": {
            "plain": {"baseline": True},
            "words": {"robust": {"word_substitution": {}, "code_switch": {}, "subword_sampling": {}}},
            **mixtures,
        },
        "search": {"trials_per_arm": 4},
    }
    path = directory / "study.yaml"
    path.write_text(yaml.safe_dump(definition, sort_keys=False))
    return load_study(path)
