"""The benchmarks compare like with like: the same windows, correct answers, correct ratios."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from benchmark_modules import benchmark_modules
from tiny_task import questions

from xlingual.data.examples import Example
from xlingual.models.encoder import load_tokenizer
from xlingual.tokens.windows import make_windows

LENGTHS = {"max_length": 24, "stride": 6}


@pytest.fixture(scope="module")
def scripts() -> Iterator[SimpleNamespace]:
    with benchmark_modules(harness="harness", hf_recipe="hf_recipe", quality="quality", sides="sides") as modules:
        yield modules


def long_examples() -> list[Example]:
    """Questions whose context takes several windows, the answer early, late or at the very end of it."""
    made = []
    for number, example in enumerate(questions(12)):
        before, after = "the hat is red . " * (number % 5), " the boat is blue ." * (number % 3)
        start = len(before) + example.answer_starts[0]
        made.append(replace(example, context=before + example.context + after, answer_starts=(start,)))
    last_word = "the car is red and the cat is black"
    return [*made, Example("last", "which colour has the cat", last_word, ("black",), (30,), "en", "", "last")]


def test_both_sides_cut_the_same_windows_with_the_same_labels(scripts: Any, tiny_checkpoint: Path) -> None:
    examples, tokenizer = long_examples(), load_tokenizer(tiny_checkpoint)
    ours = make_windows(tokenizer, examples, **LENGTHS)
    features = scripts.hf_recipe.train_features(scripts.hf_recipe.as_dataset(examples), tokenizer, **LENGTHS)
    assert len(features) == len(ours) > len(examples)
    for window, feature in enumerate(features):
        tokens = ours.input_ids[ours.pointers[window] : ours.pointers[window + 1]].tolist()
        assert len(feature["input_ids"]) == 24
        assert feature["input_ids"][: sum(feature["attention_mask"])] == tokens
        assert (feature["start_positions"], feature["end_positions"]) == (ours.start[window], ours.end[window])
    assert 0 < np.count_nonzero(ours.start) < len(ours)


def test_both_sides_train_under_the_same_schedule(scripts: Any) -> None:
    import torch
    from transformers import TrainingArguments, get_linear_schedule_with_warmup

    from xlingual.training.optimizer import learning_rate

    settings = {"updates": 10, "batch": 4, "learning_rate": 1e-3, "max_length": 24, "stride": 6}
    training = scripts.sides.our_configuration(settings | {"max_answer_tokens": 3, "seed": 0}).training
    recipe = {field.name: field.default for field in TrainingArguments.__dataclass_fields__.values()}
    assert recipe["lr_scheduler_type"] == "linear"
    assert (recipe["warmup_steps"], recipe["weight_decay"], recipe["max_grad_norm"]) == (0, 0.0, 1.0)
    assert (training.weight_decay, training.clip_norm) == (0.0, 1.0)
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    schedule = get_linear_schedule_with_warmup(optimizer, 0, 10)
    for update in range(10):
        assert learning_rate(training, update) == pytest.approx(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()


def test_our_side_trains_and_is_scored_as_a_trial_of_a_study(scripts: Any, tiny_checkpoint: Path) -> None:
    settings = {"model": str(tiny_checkpoint), "updates": 2, "batch": 4, "learning_rate": 1e-3, "seed": 0}
    settings |= {"max_length": 24, "stride": 6, "max_answer_tokens": 3}
    inputs = scripts.sides.our_inputs(long_examples(), questions(6), settings)
    (report,) = scripts.sides.train_ours(settings, inputs)
    assert report["updates"] == 2
    assert 0 <= report["exact_match"] <= report["f1"] <= 100


def test_the_recipe_finds_a_planted_answer(scripts: Any, tiny_checkpoint: Path) -> None:
    recipe, examples = scripts.hf_recipe, long_examples()
    dataset, tokenizer = recipe.as_dataset(examples), load_tokenizer(tiny_checkpoint)
    features = recipe.validation_features(dataset, tokenizer, **LENGTHS)
    labels = recipe.train_features(dataset, tokenizer, **LENGTHS)
    start, end = (np.zeros((len(features), 24)) for _ in range(2))
    for window, label in enumerate(labels):
        start[window, 1] = end[window, 2] = 90.0  # of the question
        context = [place for place, offset in enumerate(features[window]["offset_mapping"]) if offset]
        start[window, context[-1]] = end[window, context[0]] = 30.0  # ends before it starts
        if label["start_positions"]:
            start[window, label["start_positions"]] = end[window, label["end_positions"]] = 20.0
    answers = recipe.postprocess(dataset, features, start, end, max_answer_length=3)
    assert answers == {example.id: example.answers[0] for example in examples}
    assert recipe.scores(examples, answers) == {"exact_match": 100.0, "f1": 100.0}


def test_the_recipe_says_empty_where_no_span_is_short_enough(scripts: Any) -> None:
    features = _Features({"example_id": ["q"], "offset_mapping": [[None, (0, 3), (4, 7), (8, 11)]]})
    example = [{"id": "q", "context": "one two six"}]
    start, end = np.array([[9.0, 5.0, 0.0, 0.0]]), np.array([[9.0, 0.0, 0.0, 5.0]])
    arguments = {"n_best": 2, "max_answer_length": 3}
    assert scripts.hf_recipe.postprocess(example, features, start, end, **arguments) == {"q": "one two six"}
    arguments["max_answer_length"] = 2
    assert scripts.hf_recipe.postprocess(example, features, start, end, **arguments) == {"q": "empty"}


class _Features(dict[str, list[Any]]):
    """Columns that also give rows, as a data set does."""

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if isinstance(key, str) else {name: self[name][key] for name in self}


def test_ratios_are_taken_pair_by_pair_and_above_one_is_better(scripts: Any) -> None:
    comparison = scripts.harness.Comparison("windows per second", [1.0, 2.0, 4.0], [5.0, 8.0, 32.0], goal=5)
    assert comparison.ratios == [5.0, 4.0, 8.0]
    assert scripts.harness.spread(comparison.ratios) == (5.0, 4.0, 8.0)
    seconds = scripts.harness.Comparison("seconds", [30.0, 32.0], [0.5, 1.0], larger_is_better=False)
    assert seconds.ratios == [60.0, 32.0]
    assert seconds.as_json()["ratio"] == {"runs": [60.0, 32.0], "median": 46.0, "low": 32.0, "high": 60.0}
    with pytest.raises(ValueError, match="zip"):
        _ = scripts.harness.Comparison("uneven", [1.0], [1.0, 2.0]).ratios


def test_the_sides_take_turns(scripts: Any) -> None:
    order: list[str] = []

    def side(name: str) -> Any:
        return lambda number: order.append(f"{name}{number}") or number * 10

    found = scripts.harness.interleaved(2, {"a": side("a"), "b": side("b")})
    assert order == ["a0", "b0", "a1", "b1"]
    assert found == {"a": [0, 10], "b": [0, 10]}


def test_the_comparison_of_scores_can_fail(scripts: Any) -> None:
    quality = scripts.quality
    rng = np.random.default_rng(0)
    reference, better = 90 + rng.normal(0, 0.5, 5), 95 + rng.normal(0, 0.5, 5)
    difference, low, high = quality.difference_interval(reference.tolist(), better.tolist())
    assert low < difference < high
    assert quality.verdict(low, high, 2.0)[1] is False
    assert quality.verdict(-high, -low, 2.0)[1] is False
    assert quality.verdict(-0.5, 0.6, 2.0) == ("within noise", True)
    assert quality.verdict(0.5, 2.6, 2.0)[1] is True
    assert quality.difference_interval([3.0, 3.0], [3.0, 3.0]) == (0.0, 0.0, 0.0)


def test_padding_is_counted_as_a_gpu_would_compute_it(tiny_checkpoint: Path) -> None:
    from xlingual.study import FamilyDefaults, WindowSettings

    windows = make_windows(load_tokenizer(tiny_checkpoint), long_examples(), max_length=60, stride=6)
    assert len(windows) == 13 and len(set(windows.lengths)) > 3
    with benchmark_modules(padding="padding") as modules:
        found = modules.padding.counted(FamilyDefaults(WindowSettings()), windows, 13, 13, 1)
    longest, real = int(windows.lengths.max()), int(windows.lengths.sum())
    assert found[0] == f"{1 - real / (13 * longest):.1%}" and found[4] == f"{13 * longest:,}"
    assert (float(found[0][:-1]) > 15 >= float(found[1][:-1])) and (found[2], found[3] > "1.0") == ("1.0", True)
