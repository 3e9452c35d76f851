"""How much of each text a set of n-grams holds: n-grams in common, and the longest stretch of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xlingual.data.contamination.ngrams import N

RUN = 50
"""A stretch of so many letters in common is an overlap. In clean text the longest was 41 letters (names, dates; see
tests/benchmarks/README.md); GPT-3's check (Brown et al. 2020, arXiv 2005.14165, appendix C) takes 13 words, about 65
letters of English."""

SHARE, COMMON = 0.25, 20
"""So is such a share of the n-grams, when they are so many: a copy with words changed, or a stretch that makes up much
of a short text. Twenty n-grams are one stretch of 43 letters, or several shorter ones."""


class Matches(NamedTuple):
    """What texts share with the test set's paragraphs; all three are (texts,).

    Attributes:
        run: letters of the longest stretch in common, 0 when it is shorter than an n-gram.
        common: n-grams in common.
        share: the same as a share of the text's n-grams; 0.0 for a text that is shorter than one.
    """

    run: NDArray[np.int64]
    common: NDArray[np.int64]
    share: NDArray[np.float64]

    @property
    def overlapping(self) -> NDArray[np.bool_]:
        """Whether that is too much, (texts,)."""
        return (self.run >= RUN) | ((self.share >= SHARE) & (self.common >= COMMON))


def matches_of(hits: NDArray[np.int64], pointers: NDArray[np.int64]) -> Matches:
    """Measure texts from the positions of those of their n-grams that are known.

    Args:
        hits: (hits,) where in all letters a known n-gram begins, ascending.
        pointers: (texts + 1,) where each text begins, as `letters_of` gives them. No n-gram goes beyond its text.
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
    """One text behind the other."""
    if not parts:
        return matches_of(np.zeros(0, dtype=np.int64), np.zeros(1, dtype=np.int64))
    return Matches(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
