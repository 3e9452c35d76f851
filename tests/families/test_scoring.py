from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from xlingual.data.examples import Example
from xlingual.families import ScoringSet
from xlingual.families.batches import NO_TOKEN, Batcher
from xlingual.families.extractive.candidates import candidates
from xlingual.families.pass_limits import length_batches, padded_batches
from xlingual.models.packing import Positions
from xlingual.tasks import Candidate, SpanLocation, merge
from xlingual.tasks.question_answering import answer_rows, mean_scores
from xlingual.tokens.windows import Windows

CONTEXT = "ab cd ef gh"


def windows(rows: list[list[tuple[int, int]]], example: list[int]) -> Windows:
    """Windows with these character offsets; the first token of each is outside the context."""
    offsets = [[(-1, -1), *row] for row in rows]
    lengths = [len(row) for row in offsets]
    flat = np.array([offset for row in offsets for offset in row], dtype=np.int32)
    ids = np.arange(len(flat), dtype=np.int32)
    zeros = np.zeros(len(rows), dtype=np.int32)
    pointers = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    types = np.zeros(len(flat), dtype=np.int8)
    return Windows(ids, types, flat, pointers, np.array(example, dtype=np.int32), zeros, zeros, 0)


class Scripted(nn.Module):
    """Returns the logits of each token from a table."""

    def __init__(self, start: list[float], end: list[float]) -> None:
        super().__init__()
        self.start, self.end = torch.tensor(start), torch.tensor(end)
        self.config = SimpleNamespace(type_vocab_size=1)

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
        return SimpleNamespace(start_logits=self.start[input_ids], end_logits=self.end[input_ids])


@pytest.fixture
def questions() -> ScoringSet:
    """One question with a context in two windows that share the token "ef"."""
    example = Example("q", "?", CONTEXT, ("ef gh",), (6,), "en", "", "p")
    return ScoringSet((example,), windows([[(0, 2), (3, 5), (6, 8)], [(6, 8), (9, 11)]], [0, 0]))


def ask(model: nn.Module, asked: ScoringSet, **options: Any) -> Any:
    batcher = Batcher(model, 0, torch.device("cpu"))
    return candidates(model, {"en": asked}, batcher, max_answer_tokens=3, **options)["en"]


def test_the_best_span_over_all_windows_wins(questions: ScoringSet) -> None:
    #                token: [x]  ab   cd   ef  [x]   ef   gh
    model = Scripted(start=[9.0, 1.0, 2.0, 0.0, 9.0, 3.0, 0.0], end=[9.0, 0.0, 2.0, 1.0, 9.0, 0.0, 2.0])
    found = ask(model, questions)[0]
    assert (found[0].text, found[0].score, found[0].location) == (
        "ef gh",
        5.0,
        SpanLocation(start=6, window=2, windows=2),
    )
    (row,) = answer_rows(questions.examples, {0: found})
    assert (row["start"], row["window"], row["windows"]) == (6, 2, 2)
    assert row["n_best"][0] == {"text": "ef gh", "score": 5.0}
    assert found[1].text == "cd"
    assert [span.text for span in found] == list(dict.fromkeys(span.text for span in found))


def test_workers_together_find_what_one_finds(questions: ScoringSet) -> None:
    model = Scripted(start=[0.0, 1.0, 2.0, 0.0, 0.0, 3.0, 0.0], end=[0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 2.0])
    parts = [ask(model, questions, share=(rank, 2)) for rank in range(2)]
    assert merge(parts) == ask(model, questions)


def test_answer_rows_hold_scores_in_percent_and_an_unanswered_question_is_wrong(questions: ScoringSet) -> None:
    (row,) = answer_rows(questions.examples, {0: [Candidate(1.0, "ef")]})
    assert (row["exact_match"], row["f1"]) == (0.0, pytest.approx(100 * 2 / 3))
    (empty,) = answer_rows(questions.examples, {})
    assert (empty["prediction"], empty["exact_match"], empty["f1"]) == ("", 0.0, 0.0)
    assert mean_scores([row, empty]) == {"exact_match": 0.0, "f1": pytest.approx(100 / 3), "questions": 2}


def test_a_training_model_is_left_training(questions: ScoringSet) -> None:
    model = Scripted([0.0] * 7, [0.0] * 7).train()
    ask(model, questions)
    assert model.training


@given(lengths=st.lists(st.integers(1, 50), min_size=1, max_size=60), budget=st.integers(1, 200))
def test_batches_hold_every_window_once_within_the_budget(lengths: list[int], budget: int) -> None:
    batches = length_batches(np.array(lengths, dtype=np.int64), budget)
    assert sorted(int(i) for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget


@pytest.mark.parametrize(
    ("positions", "expected"),
    [
        (None, None),
        (Positions(), [0, 1, 2, 3, 0, 1, 2]),
        (Positions(1), [2, 3, 4, 5, 2, 3, 4]),
        (Positions(10), [10, 11, 12, 13, 11, 12, 13]),  # the model's padding id is 10
        (Positions(15), [16, 17, 18, 19, 16, 15, 17]),
    ],
)
def test_a_batch_holds_every_token_once_and_brings_logits_back_to_rows(
    questions: ScoringSet, positions: Positions | None, expected: list[int] | None
) -> None:
    model = Scripted([0.0] * 7, [0.0] * 7)
    batcher = Batcher(model, 99, torch.device("cpu"), positions, lambda ids: ids + 10)
    batch = batcher([(questions.inputs, 0), (questions.inputs, 1)])
    if positions is None:
        assert batch.inputs["input_ids"].tolist() == [[10, 11, 12, 13], [14, 15, 16, 99]]
        assert batch.inputs["attention_mask"].tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]
    else:
        assert batch.inputs["input_ids"].tolist() == [[10, 11, 12, 13, 14, 15, 16]]
        assert batch.inputs["position_ids"].tolist() == [expected]
        assert batch.inputs["window_lengths"] == (4, 3)
    assert (batch.tokens, batch.padded_tokens) == (7, 8 if positions is None else 7)
    rows = batch.rows(batch.inputs["input_ids"].float())
    assert rows.tolist() == [[10, 11, 12, 13], [14, 15, 16, NO_TOKEN]]


def test_a_sample_is_the_same_questions_whatever_their_order(questions: ScoringSet) -> None:
    examples = tuple(Example(str(i), "?", CONTEXT, ("ab",), (0,), "en", "", "p") for i in range(30))
    many = ScoringSet(examples, windows([[(0, 2 + i)] for i in range(30)], list(range(30))))
    turned = ScoringSet(examples[::-1], windows([[(0, 2 + i)] for i in reversed(range(30))], list(range(30))))
    one, other = many.sample(7), turned.sample(7)
    assert sorted(e.id for e in one.examples) == sorted(e.id for e in other.examples)
    for part in (one, other):
        assert part.inputs.example.tolist() == list(range(7))
        assert [int(end) - 2 for end in part.inputs.offsets[1::2, 1]] == [int(e.id) for e in part.examples]
    assert many.sample(30) is many


def test_batches_of_inputs_and_targets_hold_no_more_than_asked() -> None:
    assert [part.tolist() for part in padded_batches(np.array([100, 2]), np.array([2, 100]), 204)] == [[0], [1]]
    generator = np.random.default_rng(0)
    read, written = generator.integers(1, 90, 200), generator.integers(0, 60, 200)
    batches = padded_batches(read, written, 500)
    assert sorted(np.concatenate(batches).tolist()) == list(range(200))
    assert all(len(part) == 1 or len(part) * (read[part].max() + written[part].max()) <= 500 for part in batches)
    assert len(batches) < 100
    alone = [part.tolist() for part in padded_batches(read, np.zeros_like(read), 500)]
    assert alone == [part.tolist() for part in length_batches(read, 500)]
