"""Pairs whose sentences are in two languages: the first in one, the second in another (generalised transfer)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.data.location import local_path
from xlingual.data.sentence_pairs.pair_files import find_file
from xlingual.data.sentence_pairs.pair_source import PairSource
from xlingual.data.sentence_pairs.test_pairs import load_test_pairs
from xlingual.languages import two_letter

Sets = Mapping[str, ExampleSet[SentencePair]]


def cross_test_pairs(
    layout: PairSource, source: str, pairs: Sequence[tuple[str, str]], paragraphs: int | None = None
) -> dict[str, ExampleSet[SentencePair]]:
    """Test pairs with the first sentence in A and the second in B, by `A-B`; by `A` alone where both are A.

    Args:
        layout: of the test set.
        source: see `load_test_pairs`.
        pairs: of codes, (A, B).
        paragraphs: see `load_test_pairs`.

    Raises:
        DataError: see `load_test_pairs`.
    """
    asked = [(two_letter(first), two_letter(second)) for first, second in pairs]
    codes = list(dict.fromkeys(code for both in asked for code in both))
    reference = layout.languages[0]
    if layout.untranslated and reference not in codes and _has(layout, source, reference):
        codes.append(reference)  # for the labels of pairs that neither language has whole
    return cross_sets(layout, load_test_pairs(layout, source, codes, paragraphs), asked)


def cross_sets(layout: PairSource, sets: Sets, pairs: Sequence[tuple[str, str]]) -> dict[str, ExampleSet[SentencePair]]:
    """The same from loaded sets, which are parallel.

    A pair with a sentence that was never translated has the label of such pairs, any other the label that the pair has
    where both of its sentences are there.
    """
    labels = {
        example.id: example.label
        for part in sets.values()
        for example in part.examples
        if layout.is_whole(example.first, example.second)
    }
    return {
        first if first == second else f"{first}-{second}": sets[first]
        if first == second
        else _crossed(layout, sets[first], sets[second], labels)
        for first, second in pairs
    }


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


def _has(layout: PairSource, source: str, code: str) -> bool:
    path = local_path(source)
    return path is None or (path.is_dir() and find_file(layout, path, code, "test") is not None)
