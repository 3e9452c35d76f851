from __future__ import annotations

import random
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from xlingual.data.answer_spans import occurrences
from xlingual.data.examples import Example
from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.passage import PassageRecipe
from xlingual.data.writing import characters, fold
from xlingual.study import PassageSettings

SHORT = {"span": "answer", "min_passage_characters": 1, "max_span_characters": 40, "max_passage_characters": 200}


def row(question: str, answer: str, url: str, origin: str) -> FaqRow:
    return FaqRow(origin, url, question, answer, "de")


def made(rows: list[FaqRow], language: str = "de", seed: int = 0, **limits: Any) -> tuple[list[Example], Counter[str]]:
    recipe = PassageRecipe(PassageSettings(**limits), language, seed)
    return list(recipe.examples([rows])), recipe.counts


WORDS = [
    "rot",
    "gelb",
    "grün",
    "blau",
    "Haus",
    "Baum",
    "Tier",
    "Brot",
    "Weg",
    "Tag",
    "zwei",
    "drei",
    "12",
    "ist",
    "hat",
]
SENTENCES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=9).map(lambda words: " ".join(words).capitalize())
ANSWERS = st.lists(st.tuples(SENTENCES, st.sampled_from([". ", "! ", "? ", ": ", "\n", " "])), min_size=1, max_size=4)
ROWS = st.lists(
    st.builds(
        row,
        SENTENCES.map(lambda text: text + "?"),
        ANSWERS.map(lambda parts: "".join(text + mark for text, mark in parts)),
        st.sampled_from(["", "https://a.de/1", "https://a.de/1#x", "https://a.de/2"]),
        st.just("a.de"),
    ),
    max_size=14,
)
SETTINGS = st.fixed_dictionaries(
    {
        "span": st.sampled_from(["answer", "sentence"]),
        "answers": st.integers(2, 5),
        "max_span_characters": st.integers(10, 60),
        "min_passage_characters": st.integers(1, 120),
        "max_passage_characters": st.integers(121, 300),
        "sibling_similarity": st.sampled_from([0.3, 0.5, 1.0]),
        "strip_echo": st.booleans(),
    }
)


@settings(max_examples=40)
@given(ROWS, st.integers(0, 9), SETTINGS, st.sampled_from(["de", "zh", "th"]))
def test_every_example_keeps_the_promises(rows: list[FaqRow], seed: int, limits: dict[str, Any], language: str) -> None:
    wanted = PassageSettings(**limits)
    examples, counts = made(rows, language, seed, **limits)
    for example in examples:
        (span,), (start,) = example.answers, example.answer_starts
        assert example.context[start : start + len(span)] == span
        assert fold(span) and len(span) <= characters(wanted.max_span_characters, language)
        assert occurrences(example.context.casefold(), span.casefold()) == [start]
        assert len(example.context) >= characters(wanted.min_passage_characters, language)
        assert len(example.context) <= characters(wanted.max_passage_characters, language)
        assert example.language == language and example.title == "a.de"
    assert len({example.id for example in examples}) == len(examples) == counts["kept"]
    assert counts["read"] == len(rows)
    assert counts["read"] == counts["kept"] + sum(n for name, n in counts.items() if name.startswith("dropped_"))


@settings(max_examples=40)
@given(ROWS, st.integers(0, 9))
def test_no_sibling_is_nearly_the_gold_answer(rows: list[FaqRow], seed: int) -> None:
    """Answers of a single sentence, so that a passage's sentences are its answers."""
    single = [
        row(one.question, " ".join(fold(one.answer).split()[:6]).capitalize() + ".", one.url, one.origin)
        for one in rows
        if fold(one.answer)[:1].isalpha()
    ]
    examples, _ = made(single, seed=seed, **SHORT)
    for example in examples:
        gold = set(fold(example.answers[0]).split())
        others = [set(fold(text).split()) for text in example.context.split(".")]
        others = [words for words in others if words]
        others.remove(gold)
        assert others and gold not in others
        for words in others:
            assert len(gold & words) <= 0.5 * len(gold | words)


@settings(max_examples=40)
@given(ROWS, st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_has_no_say(rows: list[FaqRow], seed: int, shuffler: random.Random) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    lengths = {"min_passage_characters": 20, "max_passage_characters": 250}
    assert set(made(rows, seed=seed, **lengths)[0]) == set(made(shuffled, seed=seed, **lengths)[0])
