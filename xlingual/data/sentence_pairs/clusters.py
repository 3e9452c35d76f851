"""Group pairs that share a sentence: statistics resample a group as a whole, and held-out data takes whole groups."""

from __future__ import annotations

from collections.abc import Sequence


def clusters_of(ids: Sequence[str], sentences: Sequence[tuple[str, str]], ignored: str = "") -> list[str]:
    """The cluster of each pair: the id of the first pair that it shares a sentence with, directly or over others.

    Args:
        ids: of the pairs, (pairs,).
        sentences: both of each pair, (pairs,).
        ignored: a sentence that joins nothing: what is written where a translation is missing.
    """
    roots = list(range(len(ids)))

    def root(number: int) -> int:
        while roots[number] != number:
            roots[number] = roots[roots[number]]
            number = roots[number]
        return number

    seen: dict[str, int] = {}
    for number, both in enumerate(sentences):
        for sentence in both:
            if sentence == ignored:
                continue
            one, other = root(seen.setdefault(sentence, number)), root(number)
            roots[max(one, other)] = min(one, other)
    return [ids[root(number)] for number in range(len(ids))]
