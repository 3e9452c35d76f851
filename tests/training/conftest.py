"""A tiny encoder and tiny questions that it can learn in a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForQuestionAnswering, PreTrainedTokenizerFast

from xlingual.data.examples import Example
from xlingual.data.windows import make_windows
from xlingual.evaluation.scoring import ScoringSet
from xlingual.models.encoder import load_tokenizer
from xlingual.study import TrialConfiguration
from xlingual.training.loop import TrialInputs

COLOURS = ("red", "blue", "green", "black", "white")
THINGS = ("house", "car", "tree", "cat", "boat", "hat")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
Configure = Callable[..., TrialConfiguration]


def questions(count: int, offset: int = 0, language: str = "en") -> tuple[Example, ...]:
    """Questions for the colour of one of two things."""
    made = []
    for n in range(offset, offset + count):
        first, second = THINGS[n % 6], THINGS[(n + 1 + n // 6 % 5) % 6]
        colour, other = COLOURS[n % 5], COLOURS[(n * 3 + 1) % 5]
        context = f"the {first} is {colour} and the {second} is {other} ."
        start = context.index(f"is {colour}") + 3
        made.append(
            Example(str(n), f"which colour has the {first}", context, (colour,), (start,), language, "", str(n))
        )
    return tuple(made)


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tiny") / "model"
    words = sorted({word for e in questions(60) for word in f"{e.question} {e.context}".split()})
    vocabulary = {word: index for index, word in enumerate((*SPECIAL, *words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    ).save_pretrained(directory)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    model = BertForQuestionAnswering(config)
    state = {name: tensor for name, tensor in model.state_dict().items() if not name.startswith("qa_outputs")}
    model.save_pretrained(directory, state_dict=state)
    return directory


@pytest.fixture(scope="session")
def tiny_inputs(tiny_checkpoint: Path) -> TrialInputs:
    tokenizer = load_tokenizer(tiny_checkpoint)

    def windows(examples: tuple[Example, ...]) -> Any:
        return make_windows(tokenizer, examples, max_length=48, stride=8)

    development = questions(40, 200)
    return TrialInputs(
        train=windows(questions(120)),
        faq={"de": windows(questions(30, 1000, "de")), "es": windows(questions(30, 2000, "es"))},
        development={"en": ScoringSet(development, windows(development))},
        pad_token=0,
    )


@pytest.fixture(scope="session")
def configure() -> Configure:
    def make(seed: int = 0, mixture: Any = None, robust: Any = None, **training: Any) -> TrialConfiguration:
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
