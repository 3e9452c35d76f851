"""How examples are cut into what one forward pass takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

Indices = NDArray[np.int64]

# Tokens of one forward pass. On a CPU the activations of a layer then stay in its caches. On a GPU it bounds memory:
# 32 windows of 512 tokens, or 14 sequences of 1,024 tokens read and 128 written.
TOKENS_PER_PASS = {"cpu": 1024, "cuda": 16384}

MOST_PADDING = 0.15
"""Largest share of padding in what a GPU computes of a micro-batch whose examples have a row each."""


@dataclass(frozen=True, slots=True)
class PassLimits:
    """What one forward pass takes.

    Attributes:
        tokens: most of them, padding counted; one example may be beyond it.
        padding: largest share of padding over all passes; None where it does not matter.
    """

    tokens: int
    padding: float | None = None


def tokens_per_pass(device: torch.device) -> int:
    """Tokens that one forward pass takes well on a kind of device."""
    return TOKENS_PER_PASS.get(device.type, TOKENS_PER_PASS["cuda"])


def length_batches(lengths: Indices, tokens_per_batch: int, order: Indices | None = None) -> list[Indices]:
    """Cut windows into batches of at most `tokens_per_batch` padded tokens (at least one window), longest first.

    Args:
        lengths: tokens of each window, (windows,).
        tokens_per_batch: upper bound of windows x longest window.
        order: window indices, longest first; by default all of them, sorted stably.

    Returns:
        window indices of each batch; every window is in exactly one.
    """
    order = np.argsort(-lengths, kind="stable") if order is None else order
    batches, first = [], 0
    while first < len(order):
        count = max(1, tokens_per_batch // max(1, int(lengths[order[first]])))
        batches.append(order[first : first + count])
        first += count
    return batches


def padded_batches(read: Indices, written: Indices, tokens_per_batch: int) -> list[Indices]:
    """Cut examples into batches bounded in padded tokens, read and written ones together, longest first.

    Without anything to write these are `length_batches`.

    Args:
        read: tokens of each input, (examples,).
        written: tokens of each target, (examples,).
        tokens_per_batch: upper bound of examples x (longest input + longest target); one example may be beyond it.

    Returns:
        indices of each batch; every example is in exactly one.
    """
    batches: list[list[int]] = []
    longest = (0, 0)
    for index in np.argsort(-(read + written), kind="stable").tolist():
        wider = max(longest[0], int(read[index])), max(longest[1], int(written[index]))
        if batches and (len(batches[-1]) + 1) * sum(wider) <= tokens_per_batch:
            batches[-1].append(index)
        else:
            batches.append([index])
            wider = int(read[index]), int(written[index])
        longest = wider
    return [np.asarray(batch, dtype=np.int64) for batch in batches]


def padded_passes(read: Indices, written: Indices, limits: PassLimits) -> list[Indices]:
    """Cut examples into passes, longest first: into as few as keep padding within its limit, if it has one.

    Each pass has examples that follow each other by length. Of all ways to cut them into that many passes, the one with
    the least padding is taken.

    Args:
        read: tokens of each input, (examples,).
        written: tokens of each target, (examples,).
        limits: of tokens in each pass, and of padding in all of them.

    Returns:
        indices of each pass; every example is in exactly one.
    """
    count, real = len(read), int((read + written).sum())
    if limits.padding is None or count == 0:
        return padded_batches(read, written, limits.tokens)
    order = np.argsort(-(read + written), kind="stable")
    costs = _costs(read[order], written[order], limits.tokens)
    least, firsts = costs[0], list[NDArray[np.intp]]()  # tokens of the examples up to each; first one of the last pass
    while least[-1] * (1 - limits.padding) > real and len(firsts) < count - 1:
        longer = np.concatenate([[np.inf], least[:-1]])[:, None] + costs  # the last pass begins at the row's example
        firsts.append(longer.argmin(axis=0))
        least = longer.min(axis=0)
    ends = [count]
    for first in reversed(firsts):
        ends.append(int(first[ends[-1] - 1]))
    starts = [0, *reversed(ends[1:])]
    return [order[start:end] for start, end in zip(starts, reversed(ends), strict=True)]


def _costs(read: Indices, written: Indices, tokens: int) -> NDArray[np.float64]:
    """Padded tokens of a pass from each example to each, (first, last); infinite where there is no such pass."""
    count = len(read)
    costs = np.full((count, count), np.inf)
    for first in range(count):
        longest = np.maximum.accumulate(read[first:]) + np.maximum.accumulate(written[first:])
        padded = longest * np.arange(1, count - first + 1)
        costs[first, first:] = np.where(padded <= tokens, padded, np.inf)
        costs[first, first] = longest[0]
    return costs
