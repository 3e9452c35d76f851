from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlingual.data.development import (
    FEWEST_HELD_OUT,
    hold_out_articles,
    load_development,
    load_english,
)
from xlingual.data.examples import Example, ExampleSet
from xlingual.errors import DataError
from xlingual.study.data import HELD_OUT_ARTICLES, NOTHING_LEFT


def articles(number: int, titled: bool = True) -> ExampleSet:
    made = tuple(
        Example(f"q{a}-{n}", "who", f"a{a} b", ("b",), (3,), "en", f"T{a}" if titled else "", f"q{a}-0")
        for a in range(number)
        for n in range(3)
    )
    return ExampleSet(made, {"read": len(made), "kept": len(made)})


@pytest.mark.parametrize(("number", "held"), [(2, 1), (8, 4), (10, 5), (48, FEWEST_HELD_OUT), (442, 22)])
def test_a_share_of_the_articles_is_held_out(number: int, held: int) -> None:
    training, development = hold_out_articles(articles(number))
    assert len({e.title for e in development.examples}) == held
    assert len({e.title for e in training.examples}) == number - held


@pytest.mark.parametrize("titled", [True, False])
def test_the_two_sides_share_no_article_and_lose_nothing(titled: bool) -> None:
    whole = articles(30, titled)
    training, development = hold_out_articles(whole)
    assert not {e.paragraph for e in training.examples} & {e.paragraph for e in development.examples}
    assert {*training.examples, *development.examples} == set(whole.examples)
    assert training.counts["dropped_held_out"] == len(development) == development.counts["kept"]
    assert development.counts["dropped_not_held_out"] == len(training) == training.counts["kept"]


def test_which_articles_are_held_out_does_not_depend_on_their_order() -> None:
    whole = articles(30)
    backwards = ExampleSet(whole.examples[::-1], whole.counts)
    held = {e.id for e in hold_out_articles(whole, seed=4)[1].examples}
    assert held == {e.id for e in hold_out_articles(backwards, seed=4)[1].examples}
    assert held != {e.id for e in hold_out_articles(whole, seed=5)[1].examples}


def test_a_single_article_cannot_be_divided() -> None:
    with pytest.raises(DataError, match="has 1 article; at least 2"):
        hold_out_articles(articles(1))


def test_nothing_is_left_of_squads_development_set() -> None:
    with pytest.raises(DataError, match="its 48 articles are XQuAD's; write held-out-articles"):
        load_development(NOTHING_LEFT)
    with pytest.raises(DataError, match="held out of training data; call load_english"):
        load_development(HELD_OUT_ARTICLES)


def test_held_out_articles_of_real_data_are_kept_out_of_training(shared: Path) -> None:
    source = str(shared / "data/squad_style")
    training, development = load_english(source, train_examples=1000, dev_examples=100)
    assert len(training) == 1000 and len(development) == 100
    assert not {e.title for e in training.examples} & {e.title for e in development.examples}
    assert load_english(source, train_examples=1000, dev_examples=100)[1].fingerprint == development.fingerprint


def test_a_development_file_is_used_as_it_is(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    train = write_squad(tmp_path / "t.json", {"A": {"Ada met Bob.": [("q1", "Who?", [("Ada", 0)])]}})
    dev = write_squad(tmp_path / "d.json", {"B": {"Eve left.": [("q2", "Who?", [("Eve", 0)])]}})
    training, development = load_english(str(train), str(dev))
    assert [e.id for e in training.examples] == ["q1"] and [e.id for e in development.examples] == ["q2"]


def test_development_on_training_contexts_is_refused(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    path = write_squad(tmp_path / "t.json", {"A": {"Ada met Bob.": [("q1", "Who?", [("Ada", 0)])]}})
    with pytest.raises(DataError, match="1 of 1 development questions have a context of the training data"):
        load_english(str(path), str(path))
