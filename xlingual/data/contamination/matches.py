"""Measure how much of each text is in a set of n-grams: n-grams in common, and their longest run."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlingual.data.contamination.ngrams import N

RUN = 50
"""Length of a common run, in letters, that counts as an overlap. In clean text the longest was 41 letters (names,
dates; see tests/benchmarks/README.md); GPT-3's check (Brown et al. 2020, arXiv 2005.14165, appendix C) uses 13 words,
about 65 letters of English."""

SHARE, COMMON = 0.25, 20
"""A text also overlaps if it has at least this share and this number of common n-grams: a copy with some words changed,
or a run that makes up much of a short text. Twenty n-grams are one run of 43 letters, or several shorter ones."""


class Matches(NamedTuple):
    """What texts share with the test set's paragraphs; all three are (texts,).

    Attributes:
        run: letters of the longest common run; 0 if it is shorter than an n-gram.
        common: number of common n-grams.
        share: common n-grams as a share of the text's n-grams; 0.0 for a text shorter than one n-gram.
    """

    run: NDArray[np.int64]
    common: NDArray[np.int64]
    share: NDArray[np.float64]

    @property
    def overlapping(self) -> NDArray[np.bool_]:
        """Whether each text overlaps, (texts,)."""
        return (self.run >= RUN) | ((self.share >= SHARE) & (self.common >= COMMON))


def matches_of(hits: NDArray[np.int64], pointers: NDArray[np.int64]) -> Matches:
    """Measure texts from the positions of their known n-grams.

    Args:
        hits: (hits,) start of each known n-gram in the concatenated letters, ascending; none crosses a text's end.
        pointers: (texts + 1,) start of each text, from `letters_of`.
    """
    texts = len(pointers) - 1
    run, common = np.zeros(texts, dtype=np.int64), np.zeros(texts, dtype=np.int64)
    if len(hits):
        breaks = np.flatnonzero(np.diff(hits) != 1) + 1
        first = np.concatenate([[0], breaks])
        length = np.diff(np.concatenate([first, [len(hits)]]))
        text = np.searchsorted(pointers, hits[first], side="right") - 1
        np.maximum.at(run, text, length + N - 1)
        np.add.at(common, text, length)
    ngrams = np.maximum(np.diff(pointers) - N, 0)
    return Matches(run, common, common / np.maximum(ngrams, 1))


def joined(parts: list[Matches]) -> Matches:
    """Concatenate matches."""
    if not parts:
        return matches_of(np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64))
    return Matches(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
