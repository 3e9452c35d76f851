"""Hashes of all letter n-grams, and a hash set with fast bulk look-up."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.contamination.letters import Letters

Hashes = NDArray[np.uint64]

N = 24
"""Letters per n-gram: four to five English words, or eight ideographs."""

_FACTOR = 0x9E3779B97F4A7C15
"""Base of the polynomial hash: odd, otherwise arbitrary."""

_BITS_OF_A_HASH = 64
"""Minimum filter bits per hash in the set; fewer than one look-up in 64 is then a false positive."""


def ngram_hashes(letters: Letters) -> Hashes:
    """Hash every n-gram of consecutive letters, (letters - N + 1,); empty if there are fewer than N letters.

    The hash is a polynomial of the letters modulo 2^64 (Karp and Rabin 1987). Hashes of 2, 3, 6, 12 and 24 letters are
    each combined from two shorter ones.
    """
    if len(letters) < N:
        return np.zeros(0, dtype=np.uint64)
    one = letters.astype(np.uint64)
    two = _joined(one, one[1:], 1)
    hashes = _joined(two, one[2:], 1)
    for width in (3, 6, 12):
        hashes = _joined(hashes, hashes[width:], width)
    return hashes


def _joined(left: Hashes, right: Hashes, width: int) -> Hashes:
    """Combine the hashes of the first part and of the second part (`width` letters) of n-grams."""
    return left[: len(right)] * np.uint64(pow(_FACTOR, width, 1 << 64)) + right


def within_texts(pointers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Start of each n-gram that lies within one text, ascending; takes the pointers of `letters_of`."""
    lengths = np.diff(pointers)
    ends = np.repeat(pointers[1:], lengths)
    return np.flatnonzero(np.arange(len(ends)) + N < ends)


class HashSet:
    """An immutable set of 64-bit hashes: a sorted array behind a one-bit filter that rejects most non-members."""

    def __init__(self, hashes: Hashes) -> None:
        ordered = np.sort(hashes)
        self.hashes = ordered[_first_of_equals(ordered)]

    def __len__(self) -> int:
        return len(self.hashes)

    def __getstate__(self) -> dict[str, Any]:
        return {"hashes": self.hashes}  # the filter is rebuilt on demand

    def among(self, hashes: Hashes) -> NDArray[np.int64]:
        """Positions of the hashes that are in the set, ascending."""
        if not len(self.hashes):
            return np.zeros(0, dtype=np.int64)
        bits, shift = self._filter
        keys = hashes >> shift
        octets = bits[(keys >> np.uint64(3)).view(np.int64)]
        passed = np.flatnonzero(octets >> (keys & np.uint64(7)).astype(np.uint8) & 1)
        places = np.searchsorted(self.hashes, hashes[passed])
        return passed[self.hashes[np.minimum(places, len(self.hashes) - 1)] == hashes[passed]]

    @cached_property
    def _filter(self) -> tuple[NDArray[np.uint8], np.uint64]:
        """A packed bit array indexed by the leading bits of a hash, and the right shift that gives that index."""
        digits = max(3, (len(self.hashes) * _BITS_OF_A_HASH - 1).bit_length())
        shift = np.uint64(64 - digits)
        keys = self.hashes >> shift
        keys = keys[_first_of_equals(keys)]
        octets = (keys >> np.uint64(3)).view(np.int64)
        first = np.flatnonzero(_first_of_equals(octets))
        bits = np.zeros(1 << (digits - 3), dtype=np.uint8)
        bits[octets[first]] = np.add.reduceat(np.left_shift(1, (keys & np.uint64(7)).astype(np.int64)), first)
        return bits, shift


def _first_of_equals(ordered: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether a sorted array's element differs from the one before, (elements,)."""
    return np.concatenate([np.ones(min(1, len(ordered)), dtype=np.bool_), ordered[1:] != ordered[:-1]])
