"""Sentence pairs of the toy world: in the published layouts, parallel, balanced, and of other people in each split."""

from __future__ import annotations

from collections import Counter

import pytest

from xlingual.data.sentence_pairs.pair_reader import PairReader
from xlingual.data.sentence_pairs.pawsx import PAWSX
from xlingual.data.sentence_pairs.xnli import XNLI
from xlingual.data.toy import ToyPaths, ToyWorld
from xlingual.data.toy.articles import draw_families
from xlingual.data.toy.sentences import another_value
from xlingual.data.toy.statement_pairs import OTHER_FACT, OTHER_VALUE, SAME, StatementPair, draw_pairs
from xlingual.data.toy.vocabularies import Lexicon, make_lexicon

SETS = {
    "pawsx": (PAWSX, ("en", "de", "es", "zh")),
    "xnli": (XNLI, ("en", "ar", "de", "el", "es", "hi", "ru", "th", "tr", "vi", "zh")),
}


@pytest.fixture(params=SETS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def source_of(toy: ToyPaths, kind: str) -> tuple[PairReader, str, tuple[str, ...]]:
    reader, languages = SETS[kind]
    return reader, str(getattr(toy, kind)), languages


def test_a_directory_has_training_development_and_test_data(toy: ToyPaths, kind: str) -> None:
    reader, source, languages = source_of(toy, kind)
    train = reader.load_training(source)
    dev = reader.load_training(source, split="dev")
    sets = reader.load(source, languages)
    labels = len(reader.layout.labels)
    assert len(train) + train.counts["dropped_duplicate"] == 5000 * labels
    assert {code: len(part) for code, part in sets.items()} == dict.fromkeys(languages, 200 * labels)
    assert not any(part.notes for part in sets.values())
    texts = [{one.first for one in part.examples} for part in (train, dev, sets["en"])]
    assert not texts[0] & texts[1] and not texts[0] & texts[2] and not texts[1] & texts[2]


def test_labels_are_balanced_and_the_same_in_every_language(toy: ToyPaths, kind: str) -> None:
    reader, source, languages = source_of(toy, kind)
    sets = reader.load(source, languages)
    for part in sets.values():
        assert Counter(one.label for one in part.examples) == dict.fromkeys(reader.layout.labels, 200)
        assert [(one.id, one.label) for one in part.examples] == [(one.id, one.label) for one in sets["en"].examples]
    assert sets["zh"].examples[0].first.endswith("。")


def drawn(world: ToyWorld, lexicon: Lexicon, split: str, labels: dict[str, str]) -> list[StatementPair]:
    return draw_pairs(world, lexicon, {split: draw_families(world, lexicon, split)}, split, labels)


def test_the_relation_of_the_facts_decides_about_the_label(world: ToyWorld) -> None:
    lexicon = make_lexicon(world)
    pairs = drawn(world, lexicon, "test", {SAME: "same", OTHER_FACT: "fact", OTHER_VALUE: "value"})
    for pair in pairs:
        first, second = pair.first, pair.second
        alike = first.relation == second.relation, first.value == second.value
        assert alike == {"same": (True, True), "fact": (False, False), "value": (True, False)}[pair.label]
    fillers = {
        label: {pair.second.filler for pair in pairs if pair.label == label} for label in ("same", "fact", "value")
    }
    assert sorted(filler for part in fillers.values() for filler in part) == list(range(12))


def test_another_value_shares_no_word(world: ToyWorld) -> None:
    lexicon, generator = make_lexicon(world), world.generator("this test")
    for pair in drawn(world, lexicon, "dev", {SAME: "1"}):
        assert not set(another_value(pair.first, lexicon, generator).split()) & set(pair.first.value.split())
