"""Text-to-text models on sentence pairs: what they write is a label, and their tokenizer must be able to write it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import tiny_pairs
import torch
from tiny_text_to_text import write_text_to_text

from xlingual.errors import ModelError
from xlingual.families import Checkpoint, ScoringSet, family_of
from xlingual.families.text_to_text.pair_texts import TextToTextPairs
from xlingual.study import TextToTextSettings

LENGTHS = TextToTextSettings(max_input_tokens=48, max_target_tokens=8, max_answer_tokens=4)


def test_a_text_that_is_no_label_is_illegal_and_nothing_else_is_said_of_it(tmp_path: Path) -> None:
    checkpoint = Checkpoint.at(write_text_to_text(tmp_path), tiny_pairs.TASK)
    family, asked = checkpoint.family, tiny_pairs.pairs(6)
    assert family == TextToTextPairs(tiny_pairs.TASK) == family_of(tmp_path, tiny_pairs.TASK)
    assert family != TextToTextPairs(replace(tiny_pairs.TASK, template="{first} {second}"))
    family.check(tmp_path, LENGTHS)
    model = checkpoint.load(0)
    batcher = family.batcher(model, 0, torch.device("cpu"))
    part = ScoringSet(asked, family.inputs(checkpoint.tokenizer, asked, LENGTHS, targets=False))
    rows = tiny_pairs.TASK.rows(asked, family.answers(model, {"en": part}, batcher, LENGTHS)["en"], family.row_extras)
    assert len(rows) == 6 and all("normalised" not in row for row in rows)
    assert all(row.get("illegal", False) == (row["prediction"] not in tiny_pairs.LABELS) for row in rows)


def test_a_tokenizer_without_tokens_for_a_labels_word_is_refused(tmp_path: Path) -> None:
    write_text_to_text(tmp_path)
    task = replace(tiny_pairs.TASK, words={"other": "blue", "same": "ЖЖ"})
    with pytest.raises(
        ModelError, match=r"its tokenizer has no tokens for 'ЖЖ', the word of the label same .* encoder"
    ):
        family_of(tmp_path, task).check(tmp_path, LENGTHS)
