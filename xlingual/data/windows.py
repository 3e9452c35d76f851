"""Windows: overlapping tokenised slices of a context behind its question, kept as flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.examples import Example
from xlingual.errors import DataError, ModelError

BATCH = 128
"""Examples tokenised at a time: bounds the memory that the tokenizer's Python lists take."""

TOKENS_AT_A_TIME = 1 << 22
"""Token ids looked at together, so that arrays on disk are read in pieces."""

QUESTION_SHARE = 0.5
"""Largest share of a window that a question may take; a longer one loses its end."""


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of many examples, the tokens of all of them end to end, without padding.

    Window w holds the tokens `pointers[w]:pointers[w + 1]`; the windows of an example follow one another.
    """

    input_ids: NDArray[np.int32]
    """(tokens,)"""
    token_types: NDArray[np.int8]
    """(tokens,), zeros when the tokenizer has none"""
    offsets: NDArray[np.int32]
    """(tokens, 2), first and past-last character in the context without white space around; -1 off the context"""
    pointers: NDArray[np.int64]
    """(windows + 1,)"""
    example: NDArray[np.int32]
    """(windows,), position of the example"""
    start: NDArray[np.int32]
    """(windows,), first token of the first answer, counted within the window; 0 unless the whole answer is in it"""
    end: NDArray[np.int32]
    """(windows,), last token of the first answer, likewise"""
    questions_cut: int
    """How many questions were too long and lost their end."""

    def __len__(self) -> int:
        return len(self.pointers) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each window, (windows,)."""
        return np.diff(self.pointers)


def used_tokens(windows: Iterable[Windows]) -> NDArray[np.int64]:
    """Token ids that occur in any of several sets of windows, ascending and distinct, (ids,)."""
    seen = np.zeros(0, dtype=bool)
    for part in windows:
        for first in range(0, len(part.input_ids), TOKENS_AT_A_TIME):
            ids = part.input_ids[first : first + TOKENS_AT_A_TIME]
            largest = int(ids.max())
            if largest >= len(seen):
                seen = np.append(seen, np.zeros(largest + 1 - len(seen), dtype=bool))
            seen[ids] = True
    return np.flatnonzero(seen)


def make_windows(tokenizer: Any, examples: Sequence[Example], *, max_length: int, stride: int) -> Windows:
    """Cut each example into windows of at most `max_length` tokens, neighbours sharing `stride` tokens of context.

    A token belongs to an answer when their characters overlap, so that a window's labelled span covers the answer even
    where a token reaches beyond its edge. A question of more than QUESTION_SHARE of a window, or one that would leave
    no room for the stride, loses its end and is counted. Raises ModelError when the tokenizer knows no offsets (a slow
    one), and DataError when `stride` leaves no room for a question.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(
            f"{type(tokenizer).__name__} is not a fast tokenizer, so it knows no character offsets; "
            "name a model whose directory has a tokenizer.json"
        )
    questions = _Questions(tokenizer, _question_tokens(tokenizer, max_length, stride))
    parts = []
    for first in range(0, len(examples), BATCH):
        batch = examples[first : first + BATCH]
        encoding = tokenizer(
            questions.fit([example.question for example in batch]),
            [example.context for example in batch],
            truncation="only_second",
            max_length=max_length,
            stride=stride,
            padding=False,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        parts.append(_Part.of(encoding, batch, first))
    return _joined(parts, questions.cut)


def _question_tokens(tokenizer: Any, max_length: int, stride: int) -> int:
    """Most tokens a question may have: a stated share, and never so many that a window could not move on."""
    room = max_length - int(tokenizer.num_special_tokens_to_add(pair=True))
    most = min(int(QUESTION_SHARE * max_length), room - stride - 1)
    if stride < 0 or most < 1:
        raise DataError(
            f"windows: max_length {max_length} with stride {stride} leaves no room for a question and its context; "
            f"write a stride from 0 to {max(room - 2, 0)}, or a larger max_length"
        )
    return most


class _Questions:
    """Questions cut to a number of tokens, with a count of those that had more."""

    def __init__(self, tokenizer: Any, most: int) -> None:
        self.tokenizer = tokenizer
        self.most = most
        self.cut = 0

    def fit(self, questions: Sequence[str]) -> list[str]:
        lengths = self._token_ends(questions)
        self.cut += sum(len(ends) > self.most for ends in lengths)
        return [self._shortened(question, ends) for question, ends in zip(questions, lengths, strict=True)]

    def _token_ends(self, texts: Sequence[str]) -> list[list[int]]:
        encoding = self.tokenizer(
            list(texts), add_special_tokens=False, truncation=False, padding=False, return_offsets_mapping=True
        )
        return [[end for _, end in offsets] for offsets in encoding["offset_mapping"]]

    def _shortened(self, question: str, ends: Sequence[int]) -> str:
        """Cut after the last token that fits, and after an earlier one where the shorter text has more tokens."""
        most = self.most
        while len(ends) > self.most:
            question = question[: ends[most - 1]] if most else ""
            (ends,) = self._token_ends([question])
            most -= 1
        return question


@dataclass(frozen=True)
class _Part:
    """The windows of one batch of examples; arrays as in Windows."""

    input_ids: NDArray[np.int32]
    token_types: NDArray[np.int8]
    offsets: NDArray[np.int32]
    lengths: NDArray[np.int64]
    example: NDArray[np.int32]
    labels: NDArray[np.int32]
    """(windows, 2)"""

    @classmethod
    def of(cls, encoding: Any, batch: Sequence[Example], first: int) -> _Part:
        ids = encoding["input_ids"]
        owners = encoding["overflow_to_sample_mapping"]
        offsets = list(_context_offsets(encoding, [example.context for example in batch], owners))
        types = encoding.get("token_type_ids") or [[0] * len(window) for window in ids]
        return cls(
            input_ids=np.concatenate([np.asarray(window, dtype=np.int32) for window in ids]),
            token_types=np.concatenate([np.asarray(window, dtype=np.int8) for window in types]),
            offsets=np.concatenate(offsets),
            lengths=np.asarray([len(window) for window in ids], dtype=np.int64),
            example=np.asarray(owners, dtype=np.int32) + np.int32(first),
            labels=_labels(offsets, owners, batch),
        )


def _context_offsets(encoding: Any, contexts: Sequence[str], owners: Sequence[int]) -> Iterator[NDArray[np.int32]]:
    """Offsets of each window (tokens, 2), trimmed of white space; -1 where a token is not of the context."""
    edges = [_edges(context) for context in contexts]
    for window, (owner, stated) in enumerate(zip(owners, encoding["offset_mapping"], strict=True)):
        starts, ends = np.asarray(stated, dtype=np.int32).T
        next_mark, last_mark = edges[owner]
        of_context = np.asarray([part == 1 for part in encoding.sequence_ids(window)], dtype=bool)
        starts, ends = np.where(of_context, starts, 0), np.where(of_context, ends, 0)
        trimmed = np.minimum(next_mark[starts], ends)
        trimmed_ends = np.maximum(last_mark[ends], trimmed)
        yield np.where(of_context[:, None], np.stack([trimmed, trimmed_ends], axis=1), -1).astype(np.int32)


def _edges(context: str) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """For each position 0..length: the next one that begins a mark, and the last one that ends a mark (not a space)."""
    marks = np.asarray([not character.isspace() for character in context], dtype=bool)
    here = np.arange(len(context), dtype=np.int32)
    following = np.minimum.accumulate(np.append(np.where(marks, here, len(context)), len(context))[::-1])[::-1]
    preceding = np.maximum.accumulate(np.append(0, np.where(marks, here + 1, 0)))
    return following.astype(np.int32), preceding.astype(np.int32)


def _labels(offsets: Sequence[NDArray[np.int32]], owners: Sequence[int], batch: Sequence[Example]) -> NDArray[np.int32]:
    """First and last token of the first answer per window, (windows, 2); 0, 0 where it is not whole."""
    spans = [_span(window) for window in offsets]
    reach: dict[int, tuple[int, int]] = {}
    for owner, (low, high) in zip(owners, spans, strict=True):
        lowest, highest = reach.get(owner, (low, high))
        reach[owner] = (min(low, lowest), max(high, highest))
    labels = np.zeros((len(offsets), 2), dtype=np.int32)
    for window, (owner, (low, high)) in enumerate(zip(owners, spans, strict=True)):
        # What a tokenizer leaves out at either end of the context belongs to the outermost windows.
        low = 0 if low == reach[owner][0] else low
        high = len(batch[owner].context) if high == reach[owner][1] else high
        labels[window] = _label(offsets[window], batch[owner], low, high)
    return labels


def _span(window: NDArray[np.int32]) -> tuple[int, int]:
    """First and past-last character of the context that the window's tokens cover; 0, 0 when they cover none."""
    covering = window[window[:, 0] < window[:, 1]]
    return (int(covering[:, 0].min()), int(covering[:, 1].max())) if len(covering) else (0, 0)


def _label(window: NDArray[np.int32], example: Example, low: int, high: int) -> tuple[int, int]:
    if not example.answers:
        return 0, 0
    answer = example.answers[0]
    start = example.answer_starts[0] + len(answer) - len(answer.lstrip())
    end = start + len(answer.strip())
    inside = np.flatnonzero((window[:, 0] < end) & (window[:, 1] > start) & (window[:, 0] < window[:, 1]))
    whole = low <= start and end <= high and len(inside)
    return (int(inside[0]), int(inside[-1])) if whole else (0, 0)


def _joined(parts: Sequence[_Part], cut: int) -> Windows:
    """One set of arrays; the empty pieces in front give the types where there are no examples."""
    lengths = np.concatenate([np.zeros(1, dtype=np.int64), *(part.lengths for part in parts)])
    labels = np.concatenate([np.zeros((0, 2), dtype=np.int32), *(part.labels for part in parts)])
    return Windows(
        input_ids=np.concatenate([np.zeros(0, dtype=np.int32), *(part.input_ids for part in parts)]),
        token_types=np.concatenate([np.zeros(0, dtype=np.int8), *(part.token_types for part in parts)]),
        offsets=np.concatenate([np.zeros((0, 2), dtype=np.int32), *(part.offsets for part in parts)]),
        pointers=np.cumsum(lengths),
        example=np.concatenate([np.zeros(0, dtype=np.int32), *(part.example for part in parts)]),
        start=np.ascontiguousarray(labels[:, 0]),
        end=np.ascontiguousarray(labels[:, 1]),
        questions_cut=cut,
    )
