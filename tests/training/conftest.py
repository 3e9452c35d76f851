"""A tiny encoder, its training data and configurations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gloo_worker import TwoWorkers
from tiny_task import COLOURS, questions, write_checkpoint

from xlingual.data.examples import Example
from xlingual.families import ScoringSet
from xlingual.models.encoder import load_tokenizer
from xlingual.preparation.trial_inputs import TrialInputs
from xlingual.study import PassageSettings, Recipe, TrialConfiguration, variant
from xlingual.tokens.pairs import Pairs, PairText, make_pairs
from xlingual.tokens.windows import make_windows

Configure = Callable[..., TrialConfiguration]


@pytest.fixture(scope="session")
def tiny_inputs(tiny_checkpoint: Path) -> TrialInputs:
    tokenizer = load_tokenizer(tiny_checkpoint)

    def windows(examples: tuple[Example, ...]) -> Any:
        return make_windows(tokenizer, examples, max_length=48, stride=8)

    def pairs(offset: int, hosts: int = 30) -> Pairs:
        texts = [
            PairText(f"{n % hosts}.example", example.question, f"{COLOURS[n % 5]} {example.context}")
            for n, example in enumerate(questions(30, offset))
        ]
        return make_pairs(tokenizer, texts, max_length=48)

    development = questions(40, 200)
    passages = {"de": windows(questions(30, 1000, "de")), "es": windows(questions(30, 2000, "es"))}
    return TrialInputs(
        train=windows(questions(120)),
        faq={
            variant(Recipe(passage=PassageSettings()), "matched"): passages,
            "pairs": {"de": pairs(1000), "es": pairs(2000, hosts=3)},
            "bitexts": {"de": pairs(1000), "es": pairs(2000, hosts=3), "bitext-de": pairs(3000)},
        },
        development={"dev": {"en": ScoringSet(development, windows(development))}},
        pad_token=0,
    )


@pytest.fixture(scope="session")
def configure() -> Configure:
    def make(seed: int = 0, mixture: Any = None, robust: Any = None, **training: Any) -> TrialConfiguration:
        if mixture is not None:
            mixture = {"recipe": {"passage": {}}} | mixture
        settings = {"updates": 6, "batch_size": 16, "micro_batch_size": 4, "learning_rate": 3e-3, "reports": 3}
        return TrialConfiguration.model_validate(
            {
                "sources": {"model": "m", "train": "t", "dev": "d"},
                "windows": {"max_length": 48, "stride": 8, "max_answer_tokens": 3},
                "training": settings | training,
                "mixture": mixture,
                "robust": robust,
                "seed": seed,
            }
        )

    return make


@pytest.fixture(scope="session")
def mask_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny BERT with a tokenizer that has a mask token; token ids are the same."""
    return write_checkpoint(tmp_path_factory.mktemp("mask") / "model", mask=True)


@pytest.fixture(scope="session")
def no_dropout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny BERT without dropout."""
    directory = write_checkpoint(tmp_path_factory.mktemp("no_dropout") / "model")
    path = directory / "config.json"
    rates = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    path.write_text(json.dumps(json.loads(path.read_text()) | rates))
    return directory


@pytest.fixture(scope="session")
def two_workers() -> Iterator[TwoWorkers]:
    """Two processes shared by all tests with two workers, because each start has to import PyTorch."""
    workers = TwoWorkers()
    yield workers
    workers.stop()
