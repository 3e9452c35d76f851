"""All segmentations of a word into pieces of a unigram language model, and sampling from them.

Forward filtering and backward sampling (Kudo, ACL 2018, arXiv 1804.10959, section 3.3 in the limit of all
segmentations): a segmentation's probability is proportional to (the product of its pieces' probabilities)^alpha.
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
    """A unigram language model, flattened or sharpened by alpha.

    Attributes:
        weights: alpha times the log probability of each piece.
        longest: length of the longest piece, in characters.
    """

    weights: Mapping[str, float]
    longest: int

    @classmethod
    def of(cls, scores: Mapping[str, float], alpha: float) -> Pieces:
        """Build from the log probabilities of pieces."""
        weights = {piece: alpha * score for piece, score in scores.items()}
        return cls(weights, max(map(len, scores), default=0))


@dataclass(frozen=True)
class Lattice:
    """The segmentations of one word, as the possible last pieces at each end position.

    Attributes:
        starts: for each position, the possible starts of a piece that ends there.
        cumulative: cumulative probabilities of these pieces; the last one is 1.
    """

    starts: tuple[tuple[int, ...], ...]
    cumulative: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, word: str, pieces: Pieces) -> Lattice:
        """Filter forward: sum over all segmentations of the text before each position."""
        weight_of, longest = pieces.weights.get, pieces.longest
        totals: list[float | None] = [0.0]
        starts, cumulative = list[tuple[int, ...]]([()]), list[tuple[float, ...]]([()])
        for end in range(1, len(word) + 1):
            found, weights = list[int](), list[float]()
            for start in range(max(0, end - longest), end):
                total, weight = totals[start], weight_of(word[start:end])
                if total is not None and weight is not None:
                    found.append(start)
                    weights.append(total + weight)
            if not found:
                totals.append(None)
                cumulative.append(())
            elif len(found) == 1:
                totals.append(weights[0])
                cumulative.append((1.0,))
            else:
                largest = max(weights)
                sums = list(accumulate([math.exp(weight - largest) for weight in weights]))
                totals.append(largest + math.log(sums[-1]))
                cumulative.append(tuple([part / sums[-1] for part in sums]))
            starts.append(tuple(found))
        return cls(tuple(starts), tuple(cumulative))

    def draw(self, numbers: Iterator[float]) -> list[Span] | None:
        """Sample backward: first and past-last character of each piece; None if the word has no segmentation.

        Args:
            numbers: uniform in [0, 1); one is consumed per piece.
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
