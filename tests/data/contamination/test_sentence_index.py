"""Training pairs are compared with test pairs as wholes: long sentences, or both sentences in either order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from xlingual.data.contamination import ContaminationIndex, JointIndex, TrainingText, clean_examples, index_of_test_sets
from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.data.sentence_pairs.pawsx import PAWSX
from xlingual.study.benchmarks import BENCHMARKS

LONG = "The river Leurda is a tributary of the Tabaci ."
OTHER = "Its source lies in the mountains of northern Romania , near a small town ."


def pair(first: str, second: str, identifier: str = "1", language: str = "en") -> SentencePair:
    return SentencePair(identifier, first, second, "1", language)


@pytest.fixture(scope="module")
def index() -> JointIndex:
    test = [
        pair(LONG, OTHER),
        pair("He left .", "He is gone ."),
        pair("他今天早上离开了布加勒斯特", "他走了", language="zh"),
    ]
    return JointIndex.joined({"pairs": ContaminationIndex.of(test)})


@pytest.mark.parametrize(
    ("first", "second", "reasons"),
    [
        (LONG, "It is long .", ("sentence",)),
        ("It is long .", "the RIVER Leurda is a tributary of the Tabaci", ("sentence",)),
        (OTHER, LONG, ("pair", "sentence")),
        ("he is gone", "He left", ("pair",)),
        ("He left .", "He is here .", None),
        ("他今天早上离开了布加勒斯特。", "她", ("sentence",)),
        ("他走了", "她走了", None),
        (f"{LONG[:-2]} in Romania .", "It is long .", None),
        ("", "", None),
    ],
)
def test_a_training_pair_overlaps_by_a_long_sentence_or_by_both(
    index: JointIndex, first: str, second: str, reasons: tuple[str, ...] | None
) -> None:
    (found,) = index.overlaps([TrainingText.of_pair(pair(first, second))])
    assert (found and found.reasons) == reasons
    assert found is None or found.test_sets == ("pairs",)


def test_faq_texts_are_searched_for_test_sentences(index: JointIndex) -> None:
    copied = TrainingText("page", (f"Welcome. {LONG} {OTHER} Thank you.",), ("Where is it?",))
    (found,) = index.overlaps([copied])
    assert found is not None and "text" in found.reasons


def test_overlapping_pairs_are_dropped_alone_counted_and_listed(index: JointIndex) -> None:
    given = (pair("a", "b", "1"), pair(LONG, "b", "2"), pair("c", "d", "3"))
    kept, listed = clean_examples(ExampleSet(given, {"read": 3, "kept": 3}), index)
    assert [one.id for one in kept.examples] == ["1", "3"]
    assert kept.counts == {"read": 3, "kept": 2, "dropped_contaminated": 1}
    assert [one.as_json() for one in listed] == [
        {"name": "2", "test_sets": ["pairs"], "reasons": ["sentence"], "run": 0, "share": 0.0}
    ]


def test_a_fingerprint_depends_on_the_pairs_of_sentences() -> None:
    one = ContaminationIndex.of([pair("a b", "c d"), pair("e f", "g h")])
    assert one.fingerprint != ContaminationIndex.of([pair("a b", "g h"), pair("e f", "c d")]).fingerprint
    assert one.fingerprint == ContaminationIndex.of([pair("g h", "e f"), pair("a b", "c d")]).fingerprint


def test_training_on_the_test_part_of_paws_wiki_is_clean_and_a_planted_pair_is_found(shared: Path) -> None:
    source = str(shared / "data" / "pawsx" / "x-final")
    index = index_of_test_sets({"pawsx": (BENCHMARKS["pawsx"], source, ["en", "fr"])})
    train = PAWSX.load_training(source)
    sealed = PAWSX.load(source, ["fr"])["fr"].examples[7]
    planted = replace(train.examples[0], id="planted", first=sealed.second, second=sealed.first)
    kept, listed = clean_examples(ExampleSet((*train.examples, planted), train.counts), index)
    assert kept.examples == train.examples and [one.name for one in listed] == ["planted"]


def test_pairs_of_the_development_part_share_sentences_with_the_test_part(shared: Path) -> None:
    """Both were made of PAWS-Wiki's dev part, so content finds training on it."""
    source = str(shared / "data" / "pawsx" / "x-final")
    index = index_of_test_sets({"pawsx": (BENCHMARKS["pawsx"], source, ["en"])})
    dev = PAWSX.load_training(source, split="dev")
    kept, listed = clean_examples(dev, index)
    assert (len(dev), len(kept), len(listed)) == (1998, 733, 1265)
    assert sum("pair" in one.overlap.reasons for one in listed) == 4
