"""Windows: overlapping tokenised slices of a context behind its question, kept as flat arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xlingual.activity import doing
from xlingual.data.examples import Example
from xlingual.data.slicing import Slices, pointers_of, runs, slices
from xlingual.errors import DataError
from xlingual.tokens.labels import label_windows
from xlingual.tokens.threads import in_order
from xlingual.tokens.tokens import PairLayout, Tokens, encode, offsets_of, prepare, tokens_of

BATCH = 256
"""Most examples tokenised at a time."""

BATCH_CHARACTERS = 1 << 19
"""Most characters of their contexts, a single longer one aside; both bound the memory that tokenising takes."""

TOKENS_AT_A_TIME = 1 << 22
"""Token ids looked at together, so that arrays on disk are read in pieces."""

QUESTION_SHARE = 0.5
"""Largest share of a window that a question may take; a longer one loses its end."""


Segment: TypeAlias = Callable[[int, Any, str], Any]
"""From an example's place in its batch, the encoding of one of its texts and the text to another encoding of it.

An encoding has a length, `ids` and `offsets`, as those of `tokenizers`.
"""


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

    def of_examples(self, examples: NDArray[np.int64]) -> Windows:
        """Return the windows of some examples (positions, ascending), which are numbered anew from 0."""
        kept = np.flatnonzero(np.isin(self.example, examples))
        tokens = runs(self.pointers[kept], self.lengths[kept])
        return Windows(
            input_ids=self.input_ids[tokens],
            token_types=self.token_types[tokens],
            offsets=self.offsets[tokens],
            pointers=pointers_of(self.lengths[kept]),
            example=np.searchsorted(examples, self.example[kept]).astype(np.int32),
            start=self.start[kept],
            end=self.end[kept],
            questions_cut=self.questions_cut,
        )


class Tokenised(Protocol):
    """Anything made of token ids: windows, or pairs."""

    @property
    def input_ids(self) -> NDArray[np.int32]:
        """Token ids, (tokens,)."""


def used_tokens(windows: Iterable[Tokenised]) -> NDArray[np.int64]:
    """Token ids that occur in any of several sets of windows (or pairs), ascending and distinct, (ids,)."""
    seen = np.zeros(0, dtype=bool)
    for part in windows:
        for first in range(0, len(part.input_ids), TOKENS_AT_A_TIME):
            ids = part.input_ids[first : first + TOKENS_AT_A_TIME]
            largest = int(ids.max())
            if largest >= len(seen):
                seen = np.append(seen, np.zeros(largest + 1 - len(seen), dtype=bool))
            seen[ids] = True
    return np.flatnonzero(seen)


@doing("tokenising")
def make_windows(
    tokenizer: Any, examples: Iterable[Example], *, max_length: int, stride: int, threads: int | None = None
) -> Windows:
    """Cut each example into windows of at most `max_length` tokens, neighbours sharing `stride` tokens of context.

    A token belongs to an answer when their characters overlap, so that a window's labelled span covers the answer even
    where a token reaches beyond its edge. A question of more than QUESTION_SHARE of a window, or one that would leave
    no room for the stride, loses its end and is counted.

    Args:
        tokenizer: a fast one; nobody else may call it meanwhile.
        examples: read once, in order.
        max_length: tokens, special ones included.
        stride: tokens.
        threads: that tokenise side by side; None takes all cores that this process may use. No number depends on it.

    Raises:
        ModelError: when the tokenizer knows no offsets (a slow one), or lays pairs out in an unknown way.
        DataError: when `stride` leaves no room for a question.
    """
    return joined(list(windows_in_pieces(tokenizer, examples, max_length=max_length, stride=stride, threads=threads)))


def windows_in_pieces(
    tokenizer: Any, examples: Iterable[Example], *, max_length: int, stride: int, threads: int | None = None
) -> Iterator[Windows]:
    """Make the windows that `make_windows` makes, some examples at a time: memory is that of a few batches.

    `example` counts from the first of all examples; `pointers` begin at 0 in each piece. Raises as `make_windows` does.
    """
    cutter = WindowCutter.of(tokenizer, max_length, stride)
    return in_order(lambda batch: cutter.windows(*batch), _batches(examples), threads or cores())


def joined(pieces: Sequence[Windows]) -> Windows:
    """One set of arrays of pieces that follow one another."""
    parts = [no_windows(), *pieces]
    names = [field.name for field in fields(Windows) if field.name not in ("pointers", "questions_cut")]
    return Windows(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
        pointers=pointers_of(np.concatenate([part.lengths for part in parts])),
        questions_cut=sum(part.questions_cut for part in parts),
    )


def no_windows() -> Windows:
    """No windows: its arrays have the types and row shapes of all others."""
    none = np.zeros(0, dtype=np.int32)
    return Windows(
        input_ids=none,
        token_types=np.zeros(0, dtype=np.int8),
        offsets=np.zeros((0, 2), dtype=np.int32),
        pointers=np.zeros(1, dtype=np.int64),
        example=none,
        start=none,
        end=none,
        questions_cut=0,
    )


def _question_tokens(special_tokens: int, max_length: int, stride: int) -> int:
    """Most tokens a question may have: a stated share, and never so many that a window could not move on."""
    room = max_length - special_tokens
    most = min(int(QUESTION_SHARE * max_length), room - stride - 1)
    if stride < 0 or most < 1:
        raise DataError(
            f"windows: max_length {max_length} with stride {stride} leaves no room for a question and its context; "
            f"write a stride from 0 to {max(room - 2, 0)}, or a larger max_length"
        )
    return most


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(examples: Iterable[Example]) -> Iterator[tuple[int, list[Example]]]:
    """Examples in order, some at a time, with the position of the first; a context that comes again counts once."""
    first, batch, characters, context = 0, list[Example](), 0, None
    for example in examples:
        size = 0 if example.context == context else len(example.context)
        if batch and (len(batch) >= BATCH or characters + size > BATCH_CHARACTERS):
            yield first, batch
            first, batch, characters, size = first + len(batch), [], 0, len(example.context)
        batch.append(example)
        characters, context = characters + size, example.context
    if batch:
        yield first, batch


@dataclass(frozen=True)
class WindowCutter:
    """Cuts batches of examples into windows; safe to use from several threads at once."""

    backend: Any
    layout: PairLayout
    room: int
    """Tokens that a question and a slice of its context may have together."""
    stride: int
    question_tokens: int
    """Most tokens that a question may have."""
    from_end: bool
    """Whether the slices begin at the context's end (a tokenizer that truncates on the left)."""

    @classmethod
    def of(cls, tokenizer: Any, max_length: int, stride: int) -> WindowCutter:
        """Set a tokenizer up; arguments and errors as those of `make_windows`."""
        backend = prepare(tokenizer)
        layout = PairLayout.of(tokenizer, backend)
        return cls(
            backend=backend,
            layout=layout,
            room=max_length - layout.special_tokens,
            stride=stride,
            question_tokens=_question_tokens(layout.special_tokens, max_length, stride),
            from_end=getattr(tokenizer, "truncation_side", "right") == "left",
        )

    def windows(self, first: int, batch: Sequence[Example], segment: Segment | None = None) -> Windows:
        """Windows of neighbouring examples, the first of which has the position `first`.

        A context is tokenised once, however many questions of the batch are on it.

        Args:
            first: see above.
            batch: the examples.
            segment: gives texts other tokens; called with each example's question, then with each one's context.
        """
        questions, cut = self._questions([example.question for example in batch], segment)
        distinct: dict[str, int] = {}
        context_of = np.asarray([distinct.setdefault(each.context, len(distinct)) for each in batch], dtype=np.int64)
        texts = list(distinct)
        encodings = encode(self.backend, texts, offsets=True)
        if segment is not None:
            texts = [example.context for example in batch]
            encodings = [segment(i, encodings[context], texts[i]) for i, context in enumerate(context_of.tolist())]
            context_of = np.arange(len(batch), dtype=np.int64)
        contexts, offsets = tokens_of(encodings), offsets_of(encodings, texts)
        cuts = slices(questions.lengths, contexts.lengths[context_of], self.room, self.stride, from_end=self.from_end)
        places, pointers = self._places(questions, contexts, context_of, cuts)
        ids = np.concatenate([self.layout.ids, questions.ids, contexts.ids])
        off_context = np.full((len(ids) - len(offsets), 2), -1, dtype=np.int32)
        offsets = np.concatenate([off_context, offsets])[places]
        start, end = label_windows(offsets, pointers, cuts.owner, batch)
        return Windows(
            input_ids=ids[places],
            token_types=self.layout.types(len(questions.ids), len(contexts.ids))[places],
            offsets=offsets,
            pointers=pointers,
            example=(cuts.owner + first).astype(np.int32),
            start=start,
            end=end,
            questions_cut=cut,
        )

    def _places(
        self, questions: Tokens, contexts: Tokens, context_of: NDArray[np.int64], cuts: Slices
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where each token of each window stands among special, question and context tokens laid end to end.

        Returns:
            places, (tokens,), and the windows' pointers, (windows + 1,).
        """
        same = np.zeros_like(cuts.owner)
        before, between, after = self.layout.sizes
        question = before + between + after + questions.pointers[cuts.owner]
        context = before + between + after + len(questions.ids) + contexts.pointers[context_of[cuts.owner]] + cuts.first
        first = [same, question, same + before, context, same + before + between]
        lengths = [same + before, questions.lengths[cuts.owner], same + between, cuts.stop - cuts.first, same + after]
        by_window = np.stack(lengths, axis=1)
        return runs(np.stack(first, axis=1).ravel(), by_window.ravel()), pointers_of(by_window.sum(axis=1))

    def _questions(self, questions: Sequence[str], segment: Segment | None) -> tuple[Tokens, int]:
        """Tokens of questions, the ends of too long ones cut off, and how many were cut."""
        encodings = encode(self.backend, questions, offsets=segment is not None)
        long = [number for number, encoding in enumerate(encodings) if len(encoding) > self.question_tokens]
        for number in long:
            encodings[number] = self._shortened(questions[number])
        if segment is None:
            return tokens_of(encodings), len(long)
        drawn = [segment(number, encodings[number], questions[number]) for number in range(len(questions))]
        return tokens_of(drawn, most=self.question_tokens), len(long)

    def _shortened(self, question: str) -> Any:
        """Cut after the last token that fits, and after an earlier one where the shorter text has more tokens."""
        most = self.question_tokens
        (encoding,) = encode(self.backend, [question], offsets=True)
        while len(encoding) > self.question_tokens:
            question = question[: encoding.offsets[most - 1][1]] if most else ""
            (encoding,) = encode(self.backend, [question], offsets=True)
            most -= 1
        return encoding
