"""Nothing visible in a passage without its question reveals which answer is asked for."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from xlingual.data.examples import Example
from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.passage import PassageRecipe
from xlingual.study import PassageSettings

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def sites(number: int, seed: int) -> list[list[FaqRow]]:
    """Sites whose pages have one to twelve answers, each a unique word, of very different lengths."""
    generator = np.random.default_rng(seed)
    made = []
    for site in range(number):
        rows = []
        for page in range(3):
            for pair in range(int(generator.integers(1, 13))):
                length = int(np.exp(generator.uniform(np.log(20), np.log(250))))
                answer = "".join(generator.choice(list(LETTERS), length))
                rows.append(FaqRow(f"{site}.de", f"https://{site}.de/{page}", f"q {page} {pair}", answer, "de"))
        made.append(rows)
    return made


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    settings = PassageSettings(span="answer", max_span_characters=260, min_passage_characters=100, answers=5)
    return list(PassageRecipe(settings, "de", 0).examples(sites(150, 1)))


def ranks(example: Example) -> tuple[int, int, int]:
    """Rank by length and place of the gold answer in its passage, and the number of answers."""
    words = example.context.split()
    order = sorted(words, key=len)
    return order.index(example.answers[0]), words.index(example.answers[0]), len(words)


def chi_square(counts: NDArray[np.int64]) -> float:
    """Chi-squared statistic of counts that should be equal."""
    expected = counts.sum() / len(counts)
    return float(((counts - expected) ** 2 / expected).sum())


@pytest.mark.parametrize("what", [0, 1])
def test_rank_in_length_and_place_are_uniform(examples: list[Example], what: int) -> None:
    tested = 0
    for size in (2, 3, 4, 5):
        seen = Counter(rank[what] for example in examples if (rank := ranks(example))[2] == size)
        if sum(seen.values()) >= 100:
            tested += 1
            counts = np.array([seen[place] for place in range(size)])
            assert chi_square(counts) < 10.8 + 3 * (size - 2)  # p < 0.001 with size - 1 degrees of freedom
    assert tested >= 3


def surprise(examples: list[Example], largest: bool) -> float:
    """Excess over chance, in standard errors, with which the longest (or shortest) answer is gold."""
    seen = [ranks(example) for example in examples]
    hits = np.array([rank == (size - 1 if largest else 0) for rank, _, size in seen])
    chance = np.array([1 / size for _, _, size in seen])
    assert len(seen) > 1000
    return float((hits.mean() - chance.mean()) / np.sqrt((chance * (1 - chance)).mean() / len(seen)))


@pytest.mark.parametrize("largest", [True, False])
def test_the_longest_or_the_shortest_answer_is_gold_as_often_as_chance(examples: list[Example], largest: bool) -> None:
    assert abs(surprise(examples, largest)) < 3.3


def test_so_it_is_where_many_answers_are_left_over() -> None:
    """Of three answers on a page, two make a passage; the third gets one with an answer that is asked elsewhere."""
    generator = np.random.default_rng(3)
    settings = PassageSettings(
        span="answer", answers=2, max_span_characters=400, min_passage_characters=1, max_passage_characters=801
    )
    hosts = []
    for page in range(350):
        answers = ["".join(generator.choice(list(LETTERS), length)) for length in (30, 100, 400)]
        rows = [FaqRow(f"{page}.de", f"https://{page}.de", f"q{n}", text, "de") for n, text in enumerate(answers)]
        hosts.append(rows)
    found = list(PassageRecipe(settings, "de", 0).examples(hosts))
    assert abs(surprise(found, True)) < 3.3 and abs(surprise(found, False)) < 3.3


def test_answers_of_one_passage_are_of_similar_length_where_there_is_a_choice() -> None:
    """On a page of fifty answers, lengths differ far less within a passage than on the page."""
    generator = np.random.default_rng(2)
    lengths = np.exp(generator.uniform(np.log(20), np.log(250), 50)).astype(int)
    rows = [
        FaqRow("a.de", "https://a.de", f"q{place}", "".join(generator.choice(list(LETTERS), length)), "de")
        for place, length in enumerate(lengths)
    ]
    settings = PassageSettings(span="answer", max_span_characters=260, min_passage_characters=50, answers=5)
    contexts = {example.context for example in PassageRecipe(settings, "de", 0).examples([rows])}
    spread = np.mean([np.std(np.log([len(word) for word in context.split()])) for context in contexts])
    assert spread < 0.5 * np.std(np.log(lengths))
