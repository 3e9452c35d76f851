"""Generalised transfer: inputs of all pairs of languages, of which no text is tokenised twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from xlingual.data.toy import ToyWorld, write_toy_world
from xlingual.families import Checkpoint
from xlingual.preparation.inputs import Locations, load_test_data, scoring_sets
from xlingual.study import PairSettings, TextToTextSettings, WindowSettings
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.test_sets import TestSet
from xlingual.tasks.named import task_of
from xlingual.tokens import remembered

WORLD = ToyWorld(seed=3, train_articles=1, dev_articles=1, faq_pages=1)


class Counted(remembered._Backend):
    """Counts the texts that reach the tokenizer itself."""

    texts: ClassVar[Counter[str]] = Counter()

    def __init__(self, backend: Any) -> None:
        super().__init__(_Counting(backend))


class _Counting:
    def __init__(self, backend: Any) -> None:
        object.__setattr__(self, "backend", backend)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.backend, name, value)

    def encode_batch(self, texts: Sequence[str], **named: Any) -> Any:
        Counted.texts.update(texts)
        return self.backend.encode_batch(texts, **named)


@pytest.mark.parametrize(
    ("name", "model", "lengths", "languages"),
    [
        ("xquad", "model", WindowSettings(max_length=48, stride=8, max_answer_tokens=4), ("en", "de", "th")),
        (
            "xquad",
            "text_to_text",
            TextToTextSettings(max_input_tokens=64, max_target_tokens=8, max_answer_tokens=8),
            ("en", "de", "th"),
        ),
        ("pawsx", "model", PairSettings(max_length=48), ("en", "de", "zh")),
    ],
)
def test_every_pair_has_the_inputs_that_it_has_by_itself_and_no_text_is_tokenised_twice(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    model: str,
    lengths: Any,
    languages: tuple[str, ...],
) -> None:
    paths = write_toy_world(tmp_path_factory.getbasetemp() / "generalised", WORLD)
    test = TestSet(name, "toy", languages, paragraphs=6, generalised=True)
    locations = Locations("", "", {name: str(getattr(paths, name))}, None, {})
    checkpoint = Checkpoint.resolve(str(getattr(paths, model)), task_of(BENCHMARKS[name]))
    examples = load_test_data(test, locations, crossed=True)
    assert tuple(examples) == test.keys and len(test.pairs) == 6

    Counted.texts = Counter()
    with monkeypatch.context() as patched:
        patched.setattr(remembered, "_Backend", Counted)
        together = scoring_sets(checkpoint, examples, lengths)
    diagonal = {text for code in languages for one in examples[code].examples for text in texts_of(one)}
    assert set(Counted.texts.values()) == (set() if lengths.writes_answers else {1})
    assert len(Counted.texts.keys() - diagonal) <= 1  # a probe of the tokenizer's layout

    for key, part in examples.items():
        (alone,) = scoring_sets(checkpoint, {"alone": part}, lengths).values()
        assert alone.examples == together[key].examples
        for field in fields(alone.inputs):
            first, second = getattr(alone.inputs, field.name), getattr(together[key].inputs, field.name)
            np.testing.assert_array_equal(first, second, err_msg=f"{key} {field.name}")


def texts_of(example: Any) -> tuple[str, ...]:
    return (example.first, example.second) if hasattr(example, "first") else (example.question, example.context)


def test_contexts_come_first_in_the_key_and_questions_second(tmp_path_factory: pytest.TempPathFactory) -> None:
    paths = write_toy_world(tmp_path_factory.getbasetemp() / "generalised", WORLD)
    test = TestSet("xquad", "toy", ("en", "de"), paragraphs=3, generalised=True)
    found = load_test_data(test, Locations("", "", {"xquad": str(Path(paths.xquad))}, None, {}), crossed=True)
    for one, english, german in zip(*(found[key].examples for key in ("en-de", "en", "de")), strict=True):
        assert (one.context, one.answers, one.question) == (english.context, english.answers, german.question)
