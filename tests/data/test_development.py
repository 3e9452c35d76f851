from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xlingual.data.development import (
    FEWEST_HELD_OUT,
    hold_out_articles,
    hold_out_pairs,
    load_development,
    load_source,
)
from xlingual.data.examples import Example, ExampleSet, SentencePair
from xlingual.errors import DataError
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.data import HELD_OUT_ARTICLES, HELD_OUT_PAIRS, NOTHING_LEFT

XQUAD, PAWSX = BENCHMARKS["xquad"], BENCHMARKS["pawsx"]


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
        load_development(XQUAD, NOTHING_LEFT, language="en")
    with pytest.raises(DataError, match="held out of training data; call load_source"):
        load_development(XQUAD, HELD_OUT_ARTICLES, language="en")


def test_held_out_articles_of_real_data_are_kept_out_of_training(shared: Path) -> None:
    asked: dict[str, Any] = {"language": "en", "train_examples": 1000, "dev_examples": 100}
    source = str(shared / "data/squad_style")
    training, development = load_source(XQUAD, source, HELD_OUT_ARTICLES, **asked)
    assert len(training) == 1000 and len(development) == 100
    assert not {e.title for e in training.examples} & {e.title for e in development.examples}
    assert load_source(XQUAD, source, HELD_OUT_ARTICLES, **asked)[1].fingerprint == development.fingerprint


def test_a_development_file_is_used_as_it_is(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    train = write_squad(tmp_path / "t.json", {"A": {"Ada met Bob.": [("q1", "Who?", [("Ada", 0)])]}})
    dev = write_squad(tmp_path / "d.json", {"B": {"Eve left.": [("q2", "Who?", [("Eve", 0)])]}})
    training, development = load_source(XQUAD, str(train), str(dev), language="en")
    assert [e.id for e in training.examples] == ["q1"] and [e.id for e in development.examples] == ["q2"]


def test_development_on_training_contexts_is_refused(tmp_path: Path, write_squad: Callable[..., Path]) -> None:
    path = write_squad(tmp_path / "t.json", {"A": {"Ada met Bob.": [("q1", "Who?", [("Ada", 0)])]}})
    with pytest.raises(DataError, match="1 of 1 development questions have a context of the training data"):
        load_source(XQUAD, str(path), str(path), language="en")


def pairs(groups: int) -> ExampleSet[SentencePair]:
    made = tuple(
        SentencePair(f"{group}-{n}", f"first {group}", f"second {group} {n}", "1", "en", paragraph=f"{group}-0")
        for group in range(groups)
        for n in range(3)
    )
    return ExampleSet(made, {"read": len(made), "kept": len(made)})


@pytest.mark.parametrize(("number", "held"), [(2, 1), (8, 4), (10, 5), (200, 10)])
def test_whole_groups_of_pairs_are_held_out(number: int, held: int) -> None:
    training, development = hold_out_pairs(pairs(number))
    assert (len(training), len(development)) == (3 * (number - held), 3 * held)
    assert not {one.first for one in training.examples} & {one.first for one in development.examples}
    assert training.counts["dropped_held_out"] == len(development)
    assert hold_out_pairs(pairs(number), seed=1)[1].fingerprint != development.fingerprint or number == 2


def test_one_group_cannot_be_held_out_of_itself() -> None:
    with pytest.raises(DataError, match=r"held-out-pairs: the training data has 1 group of pairs"):
        hold_out_pairs(pairs(1))


def test_held_out_pairs_of_real_data_share_no_sentence_with_training(shared: Path) -> None:
    source = str(shared / "data" / "pawsx" / "x-final")
    training, development = load_source(PAWSX, source, HELD_OUT_PAIRS, language="en", dev_examples=300)
    assert (len(training), len(development)) == (7567, 300)
    texts = [{text for one in part.examples for text in (one.first, one.second)} for part in (training, development)]
    assert not texts[0] & texts[1]


def test_development_pairs_have_their_own_source(shared: Path) -> None:
    folder = shared / "data" / "pawsx" / "x-final"
    training, development = load_source(PAWSX, str(folder), str(folder), language="en")
    assert (len(training), len(development)) == (7977, 1998)


def test_each_task_holds_out_its_own_kind_and_a_training_pair_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_text("a\tb\t1\nc\td\t0\n")
    (tmp_path / "dev.tsv").write_text("d\tc\t0\ne\tf\t1\n")
    with pytest.raises(DataError, match=r"held-out-articles: training data of PAWS-X has none; write held-out-pairs"):
        load_source(PAWSX, str(path), HELD_OUT_ARTICLES, language="en")
    with pytest.raises(DataError, match=r"1 of 2 development pairs are pairs of the training data; .* held-out-pairs"):
        load_source(PAWSX, str(path), str(tmp_path / "dev.tsv"), language="en")
