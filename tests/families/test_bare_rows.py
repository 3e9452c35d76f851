"""Rows of one length may come without a mask."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tiny_task import questions

from xlingual.families import TEXT_TO_TEXT
from xlingual.families.batches import NO_TOKEN, Batcher
from xlingual.families.text_to_text.generation import _answering, written_tokens
from xlingual.models.host_masks import use_host_masks
from xlingual.study import TextToTextSettings

CPU = torch.device("cpu")
LENGTHS = TextToTextSettings(max_input_tokens=48, max_target_tokens=12, max_answer_tokens=4)


def loaded(mt5: Path) -> tuple[Any, Any, Batcher]:
    """A model, two inputs of different lengths, and a batcher."""
    model = TEXT_TO_TEXT.load(mt5, 0)
    one, other = questions(2)
    longer = replace(other, question=f"{other.question} {other.question}")
    inputs = TEXT_TO_TEXT.inputs(TEXT_TO_TEXT.tokenizer(mt5), (one, longer), LENGTHS, targets=False)
    return model, inputs, Batcher(model, 0, CPU, bare=True)


def test_rows_of_one_length_have_no_mask_and_others_have(mt5: Path) -> None:
    _, inputs, batcher = loaded(mt5)
    short, long = inputs.lengths.tolist()
    assert short < long
    same, different = (batcher([(inputs, 0), (inputs, i)]) for i in (0, 1))
    assert set(same.inputs) == {"input_ids"} and set(different.inputs) == {"input_ids", "attention_mask"}
    assert torch.equal(same.rows(logits := torch.ones(2, short)), logits)
    assert (different.rows(torch.ones(2, long)) == NO_TOKEN).sum() == long - short


def test_answers_are_the_same_without_a_mask(mt5: Path) -> None:
    """A token that a text holds and that happens to be the padding is read."""
    model, inputs, batcher = loaded(mt5)
    bare = batcher([(inputs, 0), (inputs, 0)])
    bare.inputs["input_ids"][0, 2] = model.config.pad_token_id
    masked = replace(bare, inputs={**bare.inputs, "attention_mask": torch.ones_like(bare.inputs["input_ids"])})
    with _answering(model):
        found, expected = (written_tokens(model, batch, 4) for batch in (bare, masked))
        use_host_masks(model)
        again = written_tokens(model, bare, 4)
    assert found == expected == again
