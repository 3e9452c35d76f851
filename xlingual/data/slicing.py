"""Cut contexts into slices: pure functions on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Slices:
    """One slice of a context per window; the slices of an example are consecutive, and each example has at least one.

    Each array is (windows,): the index of the example, the slice's first and past-last token in its context.
    """

    owner: Integers
    first: Integers
    stop: Integers


def slices(questions: Integers, contexts: Integers, room: int, stride: int, *, from_end: bool) -> Slices:
    """Cut contexts into overlapping slices, like `tokenizers` when it truncates the second of two texts.

    Args:
        questions: number of tokens of each question, (examples,).
        contexts: number of tokens of each context, (examples,).
        room: maximum tokens of a question and a slice together; more than the longest question plus the stride.
        stride: tokens shared by consecutive slices.
        from_end: start from the last tokens (a tokenizer that truncates on the left).
    """
    rooms = room - questions
    steps = rooms - stride
    counts = 1 + np.maximum(0, -((rooms - contexts) // steps))
    owner = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    moved = (np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)) * steps[owner]
    if from_end:
        stop = contexts[owner] - moved
        return Slices(owner, np.maximum(0, stop - rooms[owner]), stop)
    return Slices(owner, moved, np.minimum(contexts[owner], moved + rooms[owner]))


def runs(first: Integers, lengths: Integers) -> Integers:
    """Concatenate runs of consecutive numbers: first[0], first[0] + 1, ... (lengths[0] numbers), then the next run.

    Args:
        first: first number of each run, (runs,).
        lengths: length of each run, (runs,).

    Returns:
        (sum of lengths,).
    """
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(first - before, lengths)


def pointers_of(lengths: Integers) -> Integers:
    """Start offsets of concatenated pieces of these lengths, and the end, (pieces + 1,)."""
    return np.append(np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64))
