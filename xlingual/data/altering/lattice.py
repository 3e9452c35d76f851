"""All segmentations of a word into pieces of a unigram language model, and draws from them.

Forward filtering and backward sampling (Kudo, ACL 2018, arXiv 1804.10959, section 3.3 in the limit of all
segmentations): a segmentation is drawn in proportion to (the product of its pieces' probabilities)^alpha.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

Span = tuple[int, int]


@dataclass(frozen=True)
class Pieces:
    """A unigram language model.

    Attributes:
        scores: logarithm of the probability of each piece.
        longest: characters of the longest one.
    """

    scores: Mapping[str, float]
    longest: int

    @classmethod
    def of(cls, scores: Mapping[str, float]) -> Pieces:
        """Measure the pieces."""
        return cls(scores, max(map(len, scores), default=0))


@dataclass(frozen=True)
class Lattice:
    """The segmentations of one word; the last pieces of those that end at each place.

    Attributes:
        starts: for each place, where a piece that ends there may start.
        cumulative: sums of these pieces' probabilities under the draw, the last one 1.
    """

    starts: tuple[tuple[int, ...], ...]
    cumulative: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, word: str, pieces: Pieces, alpha: float) -> Lattice:
        """Filter forward: sum over all segmentations of what stands before each place."""
        totals = [0.0] + [-math.inf] * len(word)
        starts, cumulative = list[tuple[int, ...]]([()]), list[tuple[float, ...]]([()])
        for end in range(1, len(word) + 1):
            found = [
                (start, totals[start] + alpha * pieces.scores[word[start:end]])
                for start in range(max(0, end - pieces.longest), end)
                if totals[start] > -math.inf and word[start:end] in pieces.scores
            ]
            if found:
                largest = max(weight for _, weight in found)
                sums = list(accumulate(math.exp(weight - largest) for _, weight in found))
                totals[end] = largest + math.log(sums[-1])
                cumulative.append(tuple(part / sums[-1] for part in sums))
            else:
                cumulative.append(())
            starts.append(tuple(start for start, _ in found))
        return cls(tuple(starts), tuple(cumulative))

    def draw(self, numbers: Iterator[float]) -> list[Span] | None:
        """Sample backward: first and past-last character of each piece; None where no segmentation is known.

        Args:
            numbers: uniform in [0, 1); as many are taken as there are pieces.
        """
        end = len(self.starts) - 1
        if not self.starts[end]:
            return None
        found = list[Span]()
        while end:
            cumulative = self.cumulative[end]
            start = self.starts[end][min(bisect_right(cumulative, next(numbers)), len(cumulative) - 1)]
            found.append((start, end))
            end = start
        return found[::-1]
