from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from xlingual.data.examples import Example, ExampleSet
from xlingual.errors import DataError


def examples(number: int) -> ExampleSet:
    made = tuple(Example(f"q{n}", f"who {n}", "a b", ("b",), (2,), "en", "T", "q0") for n in range(number))
    return ExampleSet(made, {"read": number, "kept": number})


def test_the_fingerprint_never_moves() -> None:
    assert examples(3).fingerprint == "05dad5a486eb76bc"


def test_the_fingerprint_is_that_of_the_content() -> None:
    assert examples(3).fingerprint == examples(3).fingerprint


def test_the_fingerprint_knows_order_and_every_field() -> None:
    whole = examples(2)
    changed = {"id": "x", "question": "x", "context": "x", "answers": ("x",), "answer_starts": (9,), "language": "de"}
    changed |= {"title": "x", "paragraph": "x"}
    others = [ExampleSet(whole.examples[::-1], {})]
    others += [ExampleSet((replace(whole.examples[0], **{k: v}), whole.examples[1]), {}) for k, v in changed.items()]
    assert len({whole.fingerprint, *(other.fingerprint for other in others)}) == 1 + len(others)


def test_the_fingerprint_does_not_look_at_counts() -> None:
    assert ExampleSet(examples(2).examples, {"read": 99}).fingerprint == examples(2).fingerprint


def test_a_sample_is_counted_ordered_and_a_subset_of_a_larger_one() -> None:
    small, large = examples(50).sample(10, seed=3), examples(50).sample(20, seed=3)
    order = [int(example.id[1:]) for example in small.examples]
    assert order == sorted(order) and len(small) == 10
    assert set(small.examples) < set(large.examples)
    assert small.counts == {"read": 50, "kept": 10, "dropped_limit": 40}


def test_another_seed_samples_otherwise() -> None:
    assert examples(50).sample(10, seed=0).examples != examples(50).sample(10, seed=1).examples


def test_a_limit_above_the_number_changes_nothing() -> None:
    assert examples(5).sample(6, seed=0).counts == {"read": 5, "kept": 5}
    assert examples(5).sample(None, seed=0).examples == examples(5).examples


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(DataError, match="asked for 0 examples"):
        examples(5).sample(0, seed=0)


def test_a_set_survives_pickling() -> None:
    whole = examples(3)
    copy = pickle.loads(pickle.dumps(whole))
    assert copy == whole and copy.fingerprint == whole.fingerprint
