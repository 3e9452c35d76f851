"""Drop duplicates: the same text, the same answer on the same host, or nearly the same text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import groupby
from operator import attrgetter

import numpy as np
from datasketch import MinHash, MinHashLSH

from xlingual.data.faq.filters.key_set import KeySet, key_of
from xlingual.data.faq.filters.tally import Tally
from xlingual.data.faq.filters.word_sequences import folded, words
from xlingual.data.faq.rows import FaqRow
from xlingual.data.writing import WITHOUT_SPACES

_WORDS, _CHARACTERS = 3, 5
_PERMUTATIONS, _SEED = 128, 1


class SameAnswer:
    """Drops a row whose answer occurs in an earlier row of its host; remembers one host at a time.

    Texts are compared in NFKC, case-folded, with single spaces.
    """

    name = "exact_duplicates"
    drops = True
    repairs = False

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Keep the first of equal answers of each host."""
        for _, host in groupby(rows, attrgetter("origin")):
            seen = KeySet()
            for row in host:
                if seen.add(key_of(folded(row.answer))):
                    yield row
                else:
                    tally.drop(self.name, row)


class SameText:
    """Drops a row whose question and answer occur in an earlier row of any host. Takes 11 to 21 bytes per kept row."""

    name = "exact_duplicates"
    drops = True
    repairs = False

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Keep the first of equal rows, which depends on the order of hosts."""
        seen = KeySet()
        for row in rows:
            if seen.add(key_of(f"{folded(row.question)}\n{folded(row.answer)}")):
                yield row
            else:
                tally.drop(self.name, row)


class NearDuplicates:
    """Drops a row whose text is nearly that of an earlier kept row of any host.

    Rows are compared by the Jaccard similarity of their sets of word 3-grams of question and answer (character 5-grams
    in languages without spaces). 128 MinHash values (Broder 1997) are divided into bands; a row that shares a whole
    band with an earlier one is dropped. Two rows of similarity s share a band with probability 1 - (1 - s^r)^b, with
    the b bands of r values that `datasketch` finds optimal for the threshold: for 0.8, b is 9 and r is 13, and the
    probability is 0.40 at 0.8, 0.93 at 0.9, 0.998 at 0.95 and 0.08 at 0.7. Each band is kept as a 64-bit hash, so a
    kept row takes b times 11 to 21 bytes. Which of two rows is kept depends on the order of hosts.
    """

    name = "near_duplicates"
    drops = True
    repairs = False

    def __init__(self, threshold: float) -> None:
        self.bands, self.band_size = _bands(threshold)
        self._sketch = MinHash(num_perm=_PERMUTATIONS, seed=_SEED, scheme="affine32", hashfunc=int)

    def rows(self, rows: Iterator[FaqRow], tally: Tally) -> Iterator[FaqRow]:
        """Keep the first of near duplicates."""
        seen = KeySet()
        for row in rows:
            keys = self.keys(shingles(row))
            if seen.holds_any(keys):
                tally.drop(self.name, row)
                continue
            for key in keys:
                seen.add(key)
            yield row

    def chance(self, similarity: float) -> float:
        """Return the probability that a pair of rows with this Jaccard similarity is found."""
        return float(1 - (1 - similarity**self.band_size) ** self.bands)

    def keys(self, grams: set[str]) -> list[int]:
        """Return one 64-bit key per band."""
        self._sketch.clear()
        self._sketch.update_batch(_hashes(grams))
        values = self._sketch.hashvalues.astype("<u4").tobytes().hex()
        size = 8 * self.band_size
        return [key_of(f"{band}:{values[band * size : (band + 1) * size]}") for band in range(self.bands)]


@cache
def _bands(threshold: float) -> tuple[int, int]:
    """The number of bands and the values per band that datasketch finds optimal."""
    index = MinHashLSH(threshold=threshold, num_perm=_PERMUTATIONS)
    return int(index.b), int(index.r)


def shingles(row: FaqRow) -> set[str]:
    """Return the n-grams that a row is compared by; the whole text if it is shorter than one."""
    units = words(row.question, row.language) + words(row.answer, row.language)
    size = _CHARACTERS if row.language in WITHOUT_SPACES else _WORDS
    if len(units) <= size:
        return {"\t".join(units)}
    return set(map("\t".join, zip(*(units[start:] for start in range(size)), strict=False)))


def _hashes(grams: Iterable[str]) -> list[int]:
    """The first 32 bits of each SHA-1, like datasketch's `sha1_hash32`, for all n-grams at once."""
    sha1 = hashlib.sha1
    encoded = "\n".join(grams).encode("utf-8", "surrogatepass").split(b"\n")  # n-grams have no line breaks
    digests = b"".join([sha1(gram).digest() for gram in encoded])
    hashes: list[int] = np.frombuffer(digests, "<u4")[::5].tolist()
    return hashes
