"""Slices of contexts, and the places that the tokens of each window come from: pure functions on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Slices:
    """One slice of a context a window; the slices of an example follow one another, and each example has one or more.

    Each array is (windows,): the example's position, the slice's first and past-last token in its context.
    """

    owner: Integers
    first: Integers
    stop: Integers


def slices(questions: Integers, contexts: Integers, room: int, stride: int, *, from_end: bool) -> Slices:
    """Cut contexts into overlapping slices, as `tokenizers` does where it truncates the second of two texts.

    Args:
        questions: tokens of each example's question, (examples,).
        contexts: tokens of each example's context, (examples,).
        room: tokens that a question and a slice may have together; more than any question and the stride need.
        stride: tokens that neighbours share.
        from_end: begin with the last tokens and go back (a tokenizer that truncates on the left).
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
    """Lay runs of neighbouring numbers end to end: first[0], first[0] + 1, ... for lengths[0] numbers, then the next.

    Args:
        first: where each run begins, (runs,).
        lengths: how many numbers it has, (runs,).

    Returns:
        (sum of lengths,).
    """
    before = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum()), dtype=np.int64) + np.repeat(first - before, lengths)


def pointers_of(lengths: Integers) -> Integers:
    """Where pieces of these lengths begin and end when they are laid end to end, (pieces + 1,)."""
    return np.append(np.zeros(1, dtype=np.int64), np.cumsum(lengths, dtype=np.int64))
