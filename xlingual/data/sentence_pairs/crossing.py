"""Pairs whose sentences are in two languages: the first in one, the second in another (generalised transfer)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xlingual.data.crossing import languages_in, pair_key
from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.data.sentence_pairs.pair_files import languages_of
from xlingual.data.sentence_pairs.pair_source import PairSource
from xlingual.data.sentence_pairs.test_pairs import load_test_pairs
from xlingual.languages import two_letter

Sets = Mapping[str, ExampleSet[SentencePair]]


def cross_test_pairs(
    layout: PairSource, source: str, pairs: Sequence[tuple[str, str]], paragraphs: int | None = None
) -> dict[str, ExampleSet[SentencePair]]:
    """Test pairs with the first sentence in A and the second in B, by `A-B`; by `A` alone where both are A.

    A pair with a sentence that was never translated has the label of such pairs, any other the label that the pair has
    where both of its sentences are there.

    Args:
        layout: of the test set.
        source: see `load_test_pairs`.
        pairs: of codes, (A, B).
        paragraphs: see `load_test_pairs`.

    Raises:
        DataError: see `load_test_pairs`.
    """
    asked = [(two_letter(first), two_letter(second)) for first, second in pairs]
    sets = load_test_pairs(layout, source, languages_in(asked), paragraphs)
    labels = {
        example.id: example.label
        for part in (*_in_reference(layout, source, sets).values(), *sets.values())
        for example in part.examples
        if layout.is_whole(example.first, example.second)
    }
    return {
        pair_key(first, second): sets[first] if first == second else _crossed(layout, sets[first], sets[second], labels)
        for first, second in asked
    }


def _in_reference(layout: PairSource, source: str, sets: Sets) -> Sets:
    """The pairs in the first language, for the labels of those that no other language has whole."""
    reference = layout.languages[0]
    if not layout.untranslated or reference in sets or reference not in languages_of(layout, source):
        return {}
    return load_test_pairs(layout, source, [reference])


def _crossed(
    layout: PairSource, left: ExampleSet[SentencePair], right: ExampleSet[SentencePair], labels: Mapping[str, str]
) -> ExampleSet[SentencePair]:
    others = {example.id: example for example in right.examples}
    examples = tuple(_joined(layout, example, others[example.id], labels) for example in left.examples)
    counts = {name: left.counts[name] for name in ("read", "kept", "dropped_limit")}
    open_pairs = sum(not layout.is_whole(example.first, example.second) for example in examples)
    return ExampleSet(examples, {**counts, **({"untranslated": open_pairs} if open_pairs else {})}, left.notes)


def _joined(layout: PairSource, left: SentencePair, right: SentencePair, labels: Mapping[str, str]) -> SentencePair:
    whole = layout.is_whole(left.first, right.second)
    label = labels.get(left.id, left.label) if whole else layout.untranslated_label
    return replace(left, second=right.second, second_language=right.language, label=label)
