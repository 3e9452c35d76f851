"""Load training and development data of sentence pairs, without what cannot be used, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.data.sentence_pairs.checks import is_blank, label_of, refuse_repeated_ids
from xlingual.data.sentence_pairs.clusters import clusters_of
from xlingual.data.sentence_pairs.pair_files import read_pairs
from xlingual.data.sentence_pairs.pair_source import PairSource
from xlingual.data.sentence_pairs.stated_pairs import StatedPair
from xlingual.data.sentence_pairs.test_pairs import numbered
from xlingual.errors import DataError
from xlingual.languages import two_letter

COUNTS = (
    "read",
    "kept",
    "dropped_no_label",
    "dropped_empty_sentence",
    "dropped_duplicate",
    "dropped_two_labels",
)


def load_training_pairs(
    layout: PairSource, source: str, *, language: str = "en", split: Literal["train", "dev"] = "train"
) -> ExampleSet[SentencePair]:
    """The usable pairs of one split in one language, in order.

    Dropped, each with its own count: pairs without a label (MultiNLI's `-`), with an empty sentence, that a pair before
    them equals in both sentences and label (`dropped_duplicate`), and all pairs of two sentences that have different
    labels (`dropped_two_labels`).

    Args:
        layout: of the test set whose task the data has.
        source: see `read_pairs`.
        language: code.
        split: `train` or `dev`.

    Raises:
        DataError: when the source is missing or malformed, a label is unknown, or no pair is left.
    """
    code = two_letter(language)
    pairs = read_pairs(layout, source, [code], split)[code]
    stated = [numbered(pair, number) for number, pair in enumerate(pairs, start=1)]
    refuse_repeated_ids(layout, stated)
    examples = _clean(layout, stated, code)
    if not examples.examples:
        dropped = ", ".join(f"{name} {count}" for name, count in examples.counts.items() if count and name != "read")
        raise DataError(f"{source}: read {len(stated)} pairs and none is left ({dropped}); name other data")
    return examples


def _clean(layout: PairSource, pairs: Sequence[StatedPair], code: str) -> ExampleSet[SentencePair]:
    counts: Counter[str] = Counter(dict.fromkeys(COUNTS, 0))
    labels = [label_of(layout, pair) for pair in pairs]
    rival = _with_two_labels(pairs, labels)
    seen: set[tuple[str, str]] = set()
    kept: list[tuple[StatedPair, str]] = []
    for pair, label in zip(pairs, labels, strict=True):
        counts["read"] += 1
        if label is None:
            counts["dropped_no_label"] += 1
        elif is_blank(pair):
            counts["dropped_empty_sentence"] += 1
        elif pair.sentences in rival:
            counts["dropped_two_labels"] += 1
        elif pair.sentences in seen:
            counts["dropped_duplicate"] += 1
        else:
            seen.add(pair.sentences)
            kept.append((pair, label))
    counts["kept"] = len(kept)
    return ExampleSet(_examples(layout, kept, code), dict(counts))


def _with_two_labels(pairs: Sequence[StatedPair], labels: Sequence[str | None]) -> set[tuple[str, str]]:
    """Sentences that have different labels at different places."""
    first: dict[tuple[str, str], str] = {}
    rival = set()
    for pair, label in zip(pairs, labels, strict=True):
        if label is not None and first.setdefault(pair.sentences, label) != label:
            rival.add(pair.sentences)
    return rival


def _examples(layout: PairSource, kept: Sequence[tuple[StatedPair, str]], code: str) -> tuple[SentencePair, ...]:
    ids, sentences = [pair.id for pair, _ in kept], [pair.sentences for pair, _ in kept]
    groups = clusters_of(ids, sentences, layout.untranslated)
    return tuple(
        SentencePair(pair.id, pair.first, pair.second, label, code, paragraph=group)
        for (pair, label), group in zip(kept, groups, strict=True)
    )
