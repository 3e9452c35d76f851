from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlingual.data.examples import ExampleSet
from xlingual.data.faq.rows import FaqRow
from xlingual.data.recipes.passage import faq_passages
from xlingual.data.webfaq import load_faq
from xlingual.errors import DataError


def row(question: str, answer: str, url: str = "https://a.de/faq", origin: str = "a.de") -> FaqRow:
    return FaqRow(origin, url, question, answer, "de")


def page(number: int, url: str = "https://a.de/faq", origin: str = "a.de") -> list[FaqRow]:
    return [row(f"{url} q{n}", f"answer {n} of {url}", url, origin) for n in range(number)]


def passages(rows: list[FaqRow], **settings: int) -> ExampleSet:
    return faq_passages(rows, **{"language": "de", "seed": 0} | settings)  # type: ignore[arg-type]


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["q1", "q2", "q3", "q4"]),
        st.text("ab ", min_size=1, max_size=12).map(str.strip).filter(bool),
        st.sampled_from(["", "https://a.de/1", "https://a.de/1#x", "https://b.de/2"]),
        st.sampled_from(["", "a.de", "b.de"]),
    ),
    max_size=12,
)


@given(ROWS, st.integers(0, 9), st.integers(2, 5))
def test_every_passage_keeps_the_promises(rows: list[FaqRow], seed: int, answers: int) -> None:
    limits = {"max_answer_characters": 8, "max_passage_characters": 24}
    made = passages(rows, seed=seed, answers=answers, **limits)
    by_question = {(r.question, r.answer) for r in rows}
    for example in made.examples:
        (gold,), (start,) = example.answers, example.answer_starts
        assert example.context[start : start + len(gold)] == gold
        assert (example.question, gold) in by_question
        assert len(gold) <= 8 and len(gold) < len(example.context) <= 24
    counts = made.counts
    assert counts["kept"] == len(made) and counts["read"] == len(rows)
    assert counts["read"] == counts["kept"] + sum(n for name, n in counts.items() if name.startswith("dropped_"))


@given(ROWS, st.integers(0, 9), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_has_no_say(rows: list[FaqRow], seed: int, shuffler: random.Random) -> None:
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    assert set(passages(rows, seed=seed).examples) == set(passages(shuffled, seed=seed).examples)


def test_other_sites_have_no_say() -> None:
    alone = passages(page(5)).examples
    among = passages([*page(4, "https://b.de/faq", "b.de"), *page(5)]).examples
    assert among[4:] == alone


def test_examples_are_in_the_order_of_the_rows() -> None:
    rows = page(6)
    assert [e.question for e in passages(rows).examples] == [r.question for r in rows]


def test_a_passage_holds_the_gold_answer_among_siblings_of_its_page() -> None:
    rows = page(9) + page(9, "https://b.de/faq", "b.de")
    for example, made_from in zip(passages(rows, answers=4).examples, rows, strict=True):
        assert example.context.count("answer") == 4 == example.context.count(made_from.url)
        assert example.answers == (made_from.answer,) and example.title == made_from.origin


def test_the_gold_answer_stands_anywhere() -> None:
    starts = [example.answer_starts[0] == 0 for example in passages(page(40), answers=4).examples]
    assert 3 <= sum(starts) <= 20


def test_the_seed_decides() -> None:
    first, again, other = (passages(page(20), seed=seed).examples for seed in (0, 0, 1))
    assert first == again != other


def test_one_page_in_parts_is_one_page() -> None:
    rows = [row("q1", "one", "https://a.de/faq#1"), row("q2", "two", "https://a.de/faq#2")]
    made = passages(rows)
    assert made.counts["kept"] == 2 and made.counts["siblings_from_site"] == 0


def test_a_pair_alone_on_its_page_takes_siblings_of_its_site() -> None:
    rows = [row("q1", "one", "https://a.de/1"), row("q2", "two", "https://a.de/2"), row("q3", "three", "x", "b.de")]
    made = passages(rows)
    assert [sorted(e.context.split()) for e in made.examples] == [["one", "two"], ["one", "two"]]
    assert made.counts["siblings_from_site"] == 2 and made.counts["dropped_no_sibling"] == 1


def test_pairs_of_unknown_place_are_no_siblings() -> None:
    made = passages([row("q1", "one", "", ""), row("q2", "two", "", "")])
    assert made.counts["dropped_no_sibling"] == 2 and not made.examples


@pytest.mark.parametrize("sibling", ["Yes", "YES", "Oh yes, often"])
def test_an_answer_that_holds_the_gold_one_is_no_sibling(sibling: str) -> None:
    made = passages([row("q1", "yes"), row("q2", sibling)])
    assert "q1" not in [e.question for e in made.examples]


def test_another_answer_to_the_same_question_is_no_sibling() -> None:
    assert passages([row("q1", "one"), row("q1", "two")]).counts["dropped_no_sibling"] == 2


def test_long_answers_are_siblings_but_never_gold() -> None:
    made = passages([row("q1", "short"), row("q2", "l" * 50)], max_answer_characters=10)
    assert [e.question for e in made.examples] == ["q1"] and made.counts["dropped_long_answer"] == 1


def test_siblings_give_way_to_the_length_of_the_passage() -> None:
    rows = [row("q1", "gold"), row("q2", "x" * 30), row("q3", "tiny")]
    made = passages(rows, max_answer_characters=10, max_passage_characters=20)
    assert [sorted(e.context.split()) for e in made.examples] == [["gold", "tiny"], ["gold", "tiny"]]
    none = passages(rows[:2], max_answer_characters=10, max_passage_characters=20)
    assert none.counts["dropped_long_passage"] == 1


def test_a_passage_may_be_as_long_as_the_limit_and_no_longer() -> None:
    rows = [row("q1", "gold"), row("q2", "x" * 15)]
    assert len(passages(rows, max_answer_characters=10, max_passage_characters=20).examples[0].context) == 20
    assert not passages(rows, max_answer_characters=10, max_passage_characters=19).examples


def test_repeated_pairs_are_counted_once() -> None:
    made = passages([*page(3), *page(3)])
    assert made.counts["dropped_duplicate"] == 3 and len({e.id for e in made.examples}) == 3


@pytest.mark.parametrize(
    "settings",
    [{"answers": 1}, {"max_answer_characters": 0}, {"max_answer_characters": 90, "max_passage_characters": 90}],
)
def test_settings_that_leave_no_room_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(DataError, match="passages: "):
        passages(page(3), **settings)


def test_real_pairs_become_examples(shared: Path) -> None:
    rows = load_faq(str(shared / "data/faq_multilingual"), ["zh"], 1000)["zh"].rows
    made = passages(list(rows), language="zh")
    assert made.counts["kept"] > 100
    assert all(e.context[e.answer_starts[0] :].startswith(e.answers[0]) for e in made.examples)
    assert {e.language for e in made.examples} == {"zh"}
