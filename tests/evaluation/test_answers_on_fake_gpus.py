"""Answers of a GPU that computes nothing: how often the host waits for it in scoring."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, repeat

import pytest
from fake_gpu import GPU, FakeGpu, packing_gpu
from robust_families import Family

from xlingual.families.asked import asked_batches

WRITTEN = 4
"""Tokens of an answer: the model writes on until it may not."""


def answered(family: Family, gpu: FakeGpu) -> tuple[list[str], int]:
    """Why the host waited while all development questions were answered, and in how many batches they were."""
    checkpoint, questions = family.resolved, family.inputs.development["dev"]
    model = checkpoint.load(0).to(GPU)
    with packing_gpu():
        batcher = checkpoint.family.batcher(model, family.inputs.pad_token, GPU)
        batches = len(list(asked_batches(questions, batcher.tokens_per_pass, (0, 1))))
        with gpu:
            found = checkpoint.family.answers(model, questions, batcher, family.configuration().lengths)
    assert {language: len(part) for language, part in found.items()} == {
        language: len(part.examples) for language, part in questions.items()
    }
    return [one.why for one in gpu.syncs], batches


@pytest.mark.parametrize("name", ["xlm_roberta", "pair_encoder"])
def test_spans_and_labels_are_read_once_a_batch(name: str, family_of: Callable[[str], Family], gpu: FakeGpu) -> None:
    waits, batches = answered(family_of(name), gpu)
    assert waits == ["values are copied to the host"] * batches


def test_texts_are_waited_for_at_each_token(family_of: Callable[[str], Family], gpu: FakeGpu) -> None:
    """`generate` copies three special tokens and asks three questions of them and of the input before it begins."""
    gpu.truths = chain(repeat(False, 3 + WRITTEN - 1), repeat(True))  # the last ones ask whether every answer has ended
    waits, batches = answered(family_of("text_to_text"), gpu)
    assert batches == 1
    assert waits == [
        *["values are copied from the host, not pinned or blocking"] * 3,
        *["a number is read"] * (3 + WRITTEN),
        "values are copied to the host",
    ]
