"""From a study's data to what its trials train on: examples, then windows for each model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.data.development import load_english
from xlingual.data.examples import ExampleSet
from xlingual.data.features import fingerprint_tokenizer, stored_windows
from xlingual.data.recipes.passage import faq_passages
from xlingual.data.webfaq import load_faq
from xlingual.data.windows import Windows, make_windows
from xlingual.data.xquad import load_xquad
from xlingual.evaluation.scoring import ScoringSet
from xlingual.models.checkpoint import resolve_checkpoint
from xlingual.models.encoder import check_encoder, load_tokenizer
from xlingual.study import Study, WindowSettings
from xlingual.training.trial_inputs import TrialInputs

TOY = "toy"


@dataclass(frozen=True)
class Locations:
    """Where a study's data and models lie: local paths made absolute, hub ids as they are, `toy` made a directory."""

    train: str
    dev: str
    test: str
    faq: str | None
    models: dict[str, str]


@dataclass(frozen=True)
class StudyData:
    """A study's examples, without the test set.

    Attributes:
        train: English training examples.
        development: examples that the objective is computed on, by two-letter language.
        faq: span examples made of FAQ pairs, by two-letter language.
    """

    train: ExampleSet
    development: Mapping[str, ExampleSet]
    faq: Mapping[str, ExampleSet]

    def sources(self) -> dict[str, Any]:
        """Fingerprint and counts of each part, by name."""
        parts = {"train": [self.train], "dev": list(self.development.values()), "faq": list(self.faq.values())}
        return {
            name: {
                "fingerprint": _joint_fingerprint(sets),
                "counts": {key: sum(s.counts.get(key, 0) for s in sets) for s in sets for key in s.counts},
            }
            for name, sets in parts.items()
            if sets
        }


def locate(study: Study, storage: Path) -> Locations:
    """Find where everything lies; a toy world is written below `storage` when it is not there yet."""
    data = study.data
    toy: dict[str, str] = {}
    models = {arm: definition.model or study.model for arm, definition in study.arms.items()}
    if study.uses_toy:
        from xlingual.data.toy import ToyWorld, write_toy_world

        world = ToyWorld(**study.toy.model_dump())
        paths = write_toy_world(storage / "toy_worlds" / world.fingerprint, world)
        toy = {name: str(getattr(paths, name)) for name in ("train", "dev", "xquad", "faq", "model")}
    return Locations(
        train=toy["train"] if data.train == TOY else absolute(data.train),
        dev=toy["dev"] if data.dev == TOY else absolute(data.dev),
        test=toy["xquad"] if data.test.source == TOY else absolute(data.test.source),
        faq=(toy["faq"] if data.faq.source == TOY else absolute(data.faq.source)) if data.faq else None,
        models={arm: toy["model"] if model == TOY else absolute(model) for arm, model in models.items()},
    )


def absolute(source: str) -> str:
    """Make the path of something that is there absolute; leave hub ids and keywords alone."""
    path = Path(source).expanduser()
    return str(path.resolve()) if path.exists() else source


def load_study_data(study: Study, locations: Locations) -> StudyData:
    """Load training, development and FAQ examples; an oracle's development examples are the test set's.

    Raises:
        DataError: when a source is absent, malformed or empty.
    """
    data, seed = study.data, study.search.seed
    train, english = load_english(
        locations.train,
        locations.dev,
        train_examples=data.train_examples,
        dev_examples=data.dev_examples,
        seed=seed,
    )
    faq = {}
    if data.faq and locations.faq and any(arm.mixture is not None for arm in study.arms.values()):
        rows = load_faq(locations.faq, data.faq.languages, data.faq.rows_per_language)
        settings = data.faq.passages
        faq = {
            language: faq_passages(
                rows[language].rows,
                language=language,
                seed=seed,
                answers=settings.answers,
                max_answer_characters=settings.max_answer_characters,
                max_passage_characters=settings.max_passage_characters,
            )
            for language in rows
        }
    development = load_test_data(study, locations) if study.oracle else {"en": english}
    return StudyData(train, development, faq)


def load_test_data(study: Study, locations: Locations) -> dict[str, ExampleSet]:
    """Open the sealed test set: every call belongs in the study's ledger."""
    test = study.data.test
    return load_xquad(locations.test, test.languages, test.paragraphs)


def trial_inputs(model: str, study: Study, data: StudyData, features: Path | None = None) -> TrialInputs:
    """Cut a study's examples into windows for one model.

    Args:
        model: hub id or local directory.
        study: its window lengths are used.
        data: the examples.
        features: folder that windows are kept in and mapped from; None makes them in memory.

    Raises:
        ModelError: when the checkpoint is no encoder for span answers, or the windows are too long for it.
    """
    directory = resolve_checkpoint(model)
    check_encoder(directory, study.windows.max_length)
    tokenizer = load_tokenizer(directory)
    cut = _cutting(tokenizer, directory, study.windows, features)
    return TrialInputs(
        train=cut(data.train),
        faq={language: cut(part) for language, part in data.faq.items()},
        development=_scoring_sets(cut, data.development),
        pad_token=int(tokenizer.pad_token_id),
    ).counted()


def scoring_sets(
    model: str, examples: Mapping[str, ExampleSet], windows: WindowSettings, features: Path | None = None
) -> dict[str, ScoringSet]:
    """Cut questions into windows for one model, by language; arguments as those of `trial_inputs`."""
    directory = resolve_checkpoint(model)
    return _scoring_sets(_cutting(load_tokenizer(directory), directory, windows, features), examples)


def _scoring_sets(cut: Callable[[ExampleSet], Windows], examples: Mapping[str, ExampleSet]) -> dict[str, ScoringSet]:
    return {language: ScoringSet(part.examples, cut(part)) for language, part in examples.items()}


def _cutting(
    tokenizer: Any, directory: Path, windows: WindowSettings, features: Path | None
) -> Callable[[ExampleSet], Windows]:
    """Make a function from examples to their windows; `directory` is the tokenizer's."""
    lengths = {"max_length": windows.max_length, "stride": windows.stride}
    if features is None:
        return lambda part: make_windows(tokenizer, part.examples, **lengths)
    fingerprint = fingerprint_tokenizer(directory)
    return lambda part: stored_windows(features, tokenizer, fingerprint, part, **lengths)


def _joint_fingerprint(sets: Sequence[ExampleSet]) -> str:
    return hashlib.sha256(" ".join(s.fingerprint for s in sets).encode()).hexdigest()[:16]
