"""Locate the first answer in each window, from the windows' offsets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.examples import Example

Integers = NDArray[np.int64]

_FAR = np.iinfo(np.int64).max


def label_windows(
    offsets: NDArray[np.int32], pointers: Integers, owner: Integers, examples: Sequence[Example]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Find the first and last token of the first answer in each window; 0 and 0 if it is not completely inside.

    Characters that a tokenizer drops at either end of a context belong to the outermost windows.

    Args:
        offsets: first and past-last character of each token in its context, -1 outside it, (tokens, 2).
        pointers: pointers of the windows, (windows + 1,).
        owner: index of each window's example, ascending, every example at least once, (windows,).
        examples: the examples with the answers to find.

    Returns:
        First and last token, counted within the window, each (windows,).
    """
    lengths = np.diff(pointers)
    begins, ends = offsets.astype(np.int64).T  # wide enough for _FAR, which np.where would silently wrap
    covering = begins < ends
    low = _reduced(np.minimum, np.where(covering, begins, _FAR), pointers, _FAR)
    high = _reduced(np.maximum, np.where(covering, ends, -1), pointers, -1)
    low, high = np.where(high < 0, 0, low), np.maximum(high, 0)

    groups = np.append(np.flatnonzero(np.diff(owner, prepend=-1)), len(owner))
    sizes = np.asarray([len(example.context) for example in examples], dtype=np.int64)[owner]
    low = np.where(low == _reduced(np.minimum, low, groups, _FAR)[owner], 0, low)
    high = np.where(high == _reduced(np.maximum, high, groups, -1)[owner], sizes, high)

    start, end = (edge[owner] for edge in _answer_edges(examples))
    inside = covering & (begins < np.repeat(end, lengths)) & (ends > np.repeat(start, lengths))
    place = np.arange(len(offsets), dtype=np.int64) - np.repeat(pointers[:-1], lengths)
    first = _reduced(np.minimum, np.where(inside, place, _FAR), pointers, _FAR)
    last = _reduced(np.maximum, np.where(inside, place, -1), pointers, -1)
    whole = (low <= start) & (end <= high) & (last >= 0)
    return np.where(whole, first, 0).astype(np.int32), np.where(whole, last, 0).astype(np.int32)


def _answer_edges(examples: Sequence[Example]) -> tuple[Integers, Integers]:
    """First and past-last character of each first answer without surrounding white space; -1 and -1 if none."""
    edges = np.full((len(examples), 2), -1, dtype=np.int64)
    for number, example in enumerate(examples):
        if example.answers:
            answer = example.answers[0]
            start = example.answer_starts[0] + len(answer) - len(answer.lstrip())
            edges[number] = start, start + len(answer.strip())
    return edges[:, 0], edges[:, 1]


def _reduced(function: Any, values: NDArray[Any], pointers: Integers, nothing: int) -> Integers:
    """Reduce each piece of an array by `np.minimum` or `np.maximum`; the result of an empty piece is `nothing`."""
    found = function.reduceat(np.append(values, nothing), pointers[:-1])
    return np.asarray(np.where(np.diff(pointers) == 0, nothing, found), dtype=np.int64)
