"""Refuse what cannot be scored, with its place; no test pair is dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlingual.data.sentence_pairs.pair_source import PairSource
from xlingual.data.sentence_pairs.stated_pairs import StatedPair
from xlingual.data.texts import stripped
from xlingual.errors import DataError

NO_LABEL = ("", "-", "-1")
"""What is written where a pair has no label: MultiNLI's authors leave pairs open that annotators disagree on."""


def label_of(layout: PairSource, pair: StatedPair) -> str | None:
    """The label of a pair; None if it has none.

    Raises:
        DataError: for a spelling that is no label.
    """
    label = layout.spellings.get(pair.label)
    if label is None and pair.label not in NO_LABEL:
        raise DataError(
            f"{pair.where}: the label {pair.label!r} is none of {layout.title}'s ({', '.join(layout.labels)}); "
            "correct it, or name a file of this task"
        )
    return label


def is_blank(pair: StatedPair) -> bool:
    """Whether a sentence has no character that can be seen."""
    return not all(stripped(sentence) for sentence in pair.sentences)


def labels_of_test_set(layout: PairSource, pairs: Sequence[StatedPair]) -> list[str]:
    """The label of every pair of a test set.

    Raises:
        DataError: when a pair has no label or an unknown one, or an empty sentence.
    """
    labels = []
    for pair in pairs:
        if is_blank(pair):
            which = "first" if not stripped(pair.first) else "second"
            raise DataError(f"{pair.where}: the {which} sentence is empty; no test pair is dropped: complete the file")
        label = label_of(layout, pair)
        if label is None:
            raise DataError(
                f"{pair.where}: it has no label ({pair.label!r}); no test pair is dropped: write one of "
                f"{', '.join(layout.labels)}, or name a file with labels"
            )
        labels.append(label)
    return labels


def refuse_repeated_ids(layout: PairSource, pairs: Sequence[StatedPair]) -> None:
    """Refuse an id that two pairs of a file have.

    Raises:
        DataError: with both lines, and their labels where they differ.
    """
    first: dict[str, StatedPair] = {}
    for pair in pairs:
        known = first.setdefault(pair.id, pair) if pair.id else pair
        if known is not pair:
            labels = [label_of(layout, one) for one in (known, pair)]
            differ = f", with another label ({labels[0]}, here {labels[1]})" if labels[0] != labels[1] else ""
            raise DataError(
                f"{pair.where}: the id {pair.id} is also on line {known.line}{differ}; an id names one pair: "
                "remove one of the two lines, or number them anew"
            )


def refuse_different(layout: PairSource, sets: Mapping[str, Sequence[tuple[StatedPair, str]]]) -> None:
    """Refuse languages that do not have the same pairs in the same order with the same labels.

    Args:
        layout: of the test set.
        sets: by language, pairs and their labels.

    Raises:
        DataError: with the files and their numbers of pairs, or the first line that differs.
    """
    (code, expected), *others = sets.items()
    for other, found in others:
        if len(found) != len(expected):
            raise DataError(
                f"{found[0][0].source} ({other}) has {len(found):,} pairs, {expected[0][0].source} ({code}) has "
                f"{len(expected):,}; {layout.title} has the same pairs in every language: complete the shorter file, "
                f"or leave {other} out of the test languages"
            )
        for (left, left_label), (right, right_label) in zip(expected, found, strict=True):
            if left.id != right.id:
                raise DataError(
                    f"{right.where} has the id {right.id} where {left.where} has {left.id}; {layout.title} has the "
                    f"same pairs in the same order in every language: sort the files, or leave {other} out"
                )
            whole = layout.is_whole(*left.sentences) and layout.is_whole(*right.sentences)
            if whole and left_label != right_label:
                raise DataError(
                    f"{right.where} has the label {right_label} where {left.where} has {left_label} for the same pair; "
                    "correct one of the two"
                )
