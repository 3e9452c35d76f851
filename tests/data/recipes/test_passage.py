from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from xlingual.data.answer_spans import occurrences
from xlingual.data.examples import Example
from xlingual.data.faq.rows import FaqRow
from xlingual.data.faq.sampling import faq_rows
from xlingual.data.recipes.passage import PassageRecipe
from xlingual.errors import DataError
from xlingual.study import PassageSettings

SMALL = {"span": "answer", "min_passage_characters": 1, "max_span_characters": 40, "max_passage_characters": 200}


def row(question: str, answer: str, url: str = "https://a.de/faq", origin: str = "a.de") -> FaqRow:
    return FaqRow(origin, url, question, answer, "de")


def page(number: int, url: str = "https://a.de/faq", origin: str = "a.de") -> list[FaqRow]:
    return [row(f"{url} q{n}", f"word{n}x of{n}x {origin}", url, origin) for n in range(number)]


def made(
    rows: list[FaqRow], language: str = "de", seed: int = 0, **settings: Any
) -> tuple[list[Example], Counter[str]]:
    recipe = PassageRecipe(PassageSettings(**settings), language, seed)
    return list(recipe.examples([rows])), recipe.counts


def passages(rows: list[FaqRow], **settings: Any) -> list[Example]:
    return made(rows, **SMALL | settings)[0]


def test_other_hosts_have_no_say() -> None:
    recipe = PassageRecipe(PassageSettings(**SMALL), "de", 0)
    among = list(recipe.examples([page(4, "https://b.de/faq", "b.de"), page(5)]))
    assert among[4:] == passages(page(5))
    assert all("b.de" in example.context for example in among[:4])


def test_rows_of_two_hosts_are_not_one_host() -> None:
    with pytest.raises(DataError, match=r"found a\.de, b\.de"):
        passages([*page(2), *page(2, "https://b.de/faq", "b.de")])


def test_examples_are_in_the_order_of_the_rows() -> None:
    rows = page(9)
    random.Random(0).shuffle(rows)
    assert [e.question for e in passages(rows)] == [r.question for r in rows]


def test_a_passage_is_asked_for_each_of_its_answers_once() -> None:
    by_passage: dict[str, list[str]] = {}
    examples = passages(page(10), answers=5)
    for example in examples:
        by_passage.setdefault(example.context, []).append(example.answers[0])
    assert sorted(map(len, by_passage.values())) == [5, 5]
    for context, spans in by_passage.items():
        assert len(set(spans)) == 5 == context.count("a.de")
    assert len({example.paragraph for example in examples}) == 2
    assert {example.paragraph for example in examples} <= {example.id for example in examples}


def test_groups_are_even() -> None:
    sizes = Counter(Counter(example.context for example in passages(page(7), answers=6)).values())
    assert sizes == {4: 1, 3: 1}


def test_the_seed_decides() -> None:
    first, again, other = (passages(page(20), seed=seed) for seed in (0, 0, 1))
    assert first == again != other


def test_one_page_in_parts_is_one_page() -> None:
    examples, counts = made([row("q1", "one", "https://a.de/faq#1"), row("q2", "two", "https://a.de/faq#2")], **SMALL)
    assert len(examples) == 2 and counts["siblings_from_site"] == 0


def test_a_pair_alone_on_its_page_takes_siblings_of_its_site() -> None:
    rows = [row("q1", "one", "https://a.de/1"), row("q2", "two", "https://a.de/2")]
    examples, counts = made(rows, **SMALL)
    assert [sorted(example.context.split()) for example in examples] == [["one", "two"]] * 2
    assert counts["siblings_from_site"] == 2


def test_siblings_are_of_the_page_before_the_site() -> None:
    rows = [*page(3, "https://a.de/1"), *page(3, "https://a.de/2"), row("alone", "only me", "https://a.de/3")]
    examples, counts = made([*rows], **SMALL)
    assert counts["siblings_from_site"] == 1 and len(examples) == 7
    assert examples[0].context == examples[1].context == examples[2].context


def test_pairs_of_unknown_place_are_no_siblings() -> None:
    examples, counts = made([row("q1", "one", "", ""), row("q2", "two", "", "")], **SMALL)
    assert counts["dropped_no_sibling"] == 2 and not examples


def test_pairs_of_an_unknown_host_have_the_siblings_of_their_page() -> None:
    rows = [row("q1", "one", "x", ""), row("q2", "two", "x", ""), row("q3", "three", "y", "")]
    examples, counts = made(rows, **SMALL)
    assert [example.question for example in examples] == ["q1", "q2"] and counts["dropped_no_sibling"] == 1


@pytest.mark.parametrize("sibling", ["Yes", "YES!", "Oh yes, often", "y e s yes"])
def test_an_answer_that_holds_the_gold_one_is_no_sibling(sibling: str) -> None:
    assert not passages([row("q1", "yes"), row("q2", sibling)])


def test_another_answer_to_the_same_question_is_no_sibling() -> None:
    _, counts = made([row("Q1?", "one"), row("q1", "two")], **SMALL)
    assert counts["dropped_no_sibling"] == 2


def test_a_long_answer_is_a_sibling_but_never_gold() -> None:
    long = " ".join(f"word{n}" for n in range(9))
    examples, counts = made([row("q1", "short"), row("q2", long)], **SMALL)
    assert [example.question for example in examples] == ["q1"] and counts["dropped_long_span"] == 1
    assert sorted(examples[0].context.split()) == sorted(["short", *long.split()])


def test_an_answer_without_a_span_is_no_sibling_where_others_are() -> None:
    long = " ".join(f"word{n}" for n in range(9))
    examples = passages([*page(4), row("q", long)])
    assert len(examples) == 4 and not any(long in example.context for example in examples)


def test_fillers_have_a_span_where_there_is_a_choice() -> None:
    rows = [*page(3), row("q", " ".join(f"word{n}" for n in range(9)))]
    for seed in range(20):
        examples = passages(rows, seed=seed, answers=2)
        assert len(examples) == 3 and not any("word8" in example.context for example in examples)


def test_an_answer_that_holds_the_words_asked_for_is_no_sibling() -> None:
    rows = [
        row("q1", "The sky is deep blue. More stands here of one kind."),
        row("q2", "As we said the sky is deep blue on all days. Other words are found altogether."),
    ]
    _, counts = made(rows, min_passage_characters=1)
    assert counts["dropped_no_sibling"] == 2


def test_long_answers_are_cut_at_sentences_around_their_span() -> None:
    text = "Well? The answer is sky blue. It has been so for long. And for longer. And for ever and ever."
    examples, counts = made(
        [row("Sky?", text), row("q2", "It rains in spring.")],
        span="sentence",
        max_span_characters=30,
        min_passage_characters=1,
        max_passage_characters=109,
    )
    example = next(example for example in examples if example.question == "Sky?")
    assert example.answers == ("The answer is sky blue",)
    assert "Well? The answer is sky blue. It has been so for long." in example.context
    assert "And" not in example.context and counts["answers_cut"] == 1


def test_a_long_answer_that_begins_elsewhere_is_dropped() -> None:
    late = "Once upon a time all was well. Then came rain and wind. You can reset it on the account page."
    rows = [row("How do I reset it?", late), row("How do I leave?", "Leave through the main door. It is never locked.")]
    settings = {"max_span_characters": 60, "min_passage_characters": 1}
    examples, counts = made(rows, **settings)
    assert [example.answers for example in examples] == [("Leave through the main door",)]
    assert counts["dropped_no_evidence"] == 1


@pytest.mark.parametrize(("longest", "members"), [(35, 3), (34, 2), (23, 2)])
def test_a_passage_may_be_as_long_as_the_limit_and_no_longer(longest: int, members: int) -> None:
    rows = [row(letter, letter * 11) for letter in "xyz"]
    examples = passages(rows, max_span_characters=11, max_passage_characters=longest)
    assert {len(example.context) for example in examples} == {12 * members - 1} and len(examples) == 3


@pytest.mark.parametrize(("shortest", "kept"), [(22, 2), (23, 0)])
def test_a_passage_that_is_too_short_is_dropped(shortest: int, kept: int) -> None:
    rows = [row("q1", "x" * 11), row("q2", "y" * 11)]
    examples, counts = made(rows, **SMALL | {"min_passage_characters": shortest})
    assert len(examples) == kept and counts["dropped_short_passage"] == 2 - kept


def test_repeated_pairs_are_counted_once() -> None:
    again = [row(one.question, one.answer, one.url + "#again") for one in page(3)]
    examples, counts = made([*page(3), *again], **SMALL)
    assert counts["dropped_duplicate"] == 3 and len(examples) == 3


def test_a_row_without_words_or_with_its_question_alone_is_dropped() -> None:
    _, counts = made([*page(2), row("q", "..."), row("?", "well"), row("Is it so?", "Is it so")], **SMALL)
    assert counts["dropped_empty"] == 2 and counts["dropped_echo"] == 1


def test_a_span_that_two_siblings_form_at_their_joint_is_dropped() -> None:
    rows = [row("q1", "blue sky"), row("q2", "ever so dark blue"), row("q3", "sky high above")]
    dropped = 0
    for seed in range(20):
        examples, counts = made(rows, seed=seed, **SMALL)
        dropped += counts["dropped_repeated_span"]
        assert all(len(occurrences(example.context, example.answers[0])) == 1 for example in examples)
    assert 0 < dropped < 20


def test_echoes_are_stripped_only_when_asked_for() -> None:
    rows = [*page(2), row("Is it blue?", "Is it blue? Rather red.")]
    assert passages(rows)[2].answers == ("Rather red",)
    assert passages(rows, strip_echo=False)[2].answers == ("Is it blue? Rather red",)


@pytest.mark.parametrize(
    ("settings", "remedy"),
    [
        ({"answers": 1}, "write 2 or more"),
        ({"max_span_characters": 100}, "max_passage_characters of at least 201"),
        ({"min_passage_characters": 201}, "write a min_passage_characters that is no larger"),
    ],
)
def test_settings_that_leave_no_room_are_refused(settings: dict[str, int], remedy: str) -> None:
    with pytest.raises(DataError, match=remedy):
        passages(page(3), **settings)


@pytest.mark.parametrize("language", ["de", "el", "hi", "zh"])
def test_real_pairs_become_examples(shared: Path, language: str) -> None:
    rows = list(faq_rows(str(shared / "data/faq_multilingual"), language, rows=1000))
    hosts: dict[str, list[FaqRow]] = {}
    for one in rows:
        hosts.setdefault(one.origin, []).append(one)
    recipe = PassageRecipe(PassageSettings(), language, 0)
    examples = list(recipe.examples(hosts.values()))
    assert len(examples) >= 0.15 * len(rows)
    assert recipe.counts["dropped_long_span"] > recipe.counts["dropped_no_span"]
    assert recipe.counts["dropped_no_evidence"] > recipe.counts["dropped_no_span"]
    for example in examples:
        assert example.context[example.answer_starts[0] :].startswith(example.answers[0])
