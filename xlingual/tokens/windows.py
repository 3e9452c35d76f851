"""Windows: a question followed by a slice of its context, overlapping, tokenised, as flat arrays."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xlingual.activity import doing
from xlingual.data.examples import Example
from xlingual.data.slicing import Slices, pointers_of, runs, slices
from xlingual.errors import DataError
from xlingual.tokens.labels import label_windows
from xlingual.tokens.threads import in_order
from xlingual.tokens.token_arrays import TokenArrays
from xlingual.tokens.tokens import PairLayout, Tokens, encode, offsets_of, prepare, tokens_of

BATCH = 256
"""Maximum number of examples tokenised at a time."""

BATCH_CHARACTERS = 1 << 19
"""Maximum characters of their contexts (unless a single one is longer); both bound the memory of tokenising."""

TOKENS_AT_A_TIME = 1 << 22
"""Token ids scanned at a time, so that arrays on disk are read in pieces."""

QUESTION_SHARE = 0.5
"""Maximum share of a window for the question; longer questions are truncated at the end."""


Segment: TypeAlias = Callable[[int, Any, str], Any]
"""Maps an example's index in its batch, the encoding of one of its texts, and the text to another encoding of the text.

An encoding has a length, `ids` and `offsets`, like those of `tokenizers`.
"""


@dataclass(frozen=True, eq=False)
class Windows(TokenArrays):
    """Concatenated tokens of the windows of many examples, without padding.

    Window w has the tokens `pointers[w]:pointers[w + 1]`; the windows of an example are consecutive.
    """

    unit = "windows"

    input_ids: NDArray[np.int32]
    """(tokens,)"""
    token_types: NDArray[np.int8]
    """(tokens,), zeros if the tokenizer has none"""
    offsets: NDArray[np.int32]
    """(tokens, 2), first and past-last character in the context without surrounding white space; -1 outside it"""
    pointers: NDArray[np.int64]
    """(windows + 1,)"""
    example: NDArray[np.int32]
    """(windows,), index of the example"""
    start: NDArray[np.int32]
    """(windows,), first token of the first answer, counted within the window; 0 unless the whole answer is in it"""
    end: NDArray[np.int32]
    """(windows,), last token of the first answer, counted like `start`"""
    questions_cut: int
    """Number of questions truncated at the end."""

    @property
    def cut(self) -> Mapping[str, int]:
        """Questions that were cut."""
        return {"questions were too long and lost their end": self.questions_cut}

    def of_examples(self, examples: NDArray[np.int64]) -> Windows:
        """Return the windows of some examples (indices, ascending), renumbered from 0."""
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


def used_tokens(windows: Iterable[TokenArrays]) -> NDArray[np.int64]:
    """Distinct token ids that occur in any of several sets of windows or pairs, ascending, (ids,)."""
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
    """Cut each example into windows of at most `max_length` tokens; consecutive ones share `stride` context tokens.

    A token belongs to an answer if their characters overlap, so a window's labelled span covers the answer even if a
    token extends beyond its edge. A question longer than QUESTION_SHARE of a window, or one that would leave no room
    for the stride, is truncated and counted.

    Args:
        tokenizer: a fast tokenizer; it must not be called by others meanwhile.
        examples: examples, read once, in order.
        max_length: maximum tokens per window, including special tokens.
        stride: tokens shared by consecutive windows.
        threads: number of tokenising threads; None for all cores available to this process. Does not affect the result.

    Raises:
        ModelError: when the tokenizer has no offsets (a slow one) or an unknown layout of pairs.
        DataError: when `stride` leaves no room for a question.
    """
    return joined(list(windows_in_pieces(tokenizer, examples, max_length=max_length, stride=stride, threads=threads)))


def windows_in_pieces(
    tokenizer: Any, examples: Iterable[Example], *, max_length: int, stride: int, threads: int | None = None
) -> Iterator[Windows]:
    """Yield the windows of `make_windows` in pieces, with memory for a few batches.

    `example` counts from the first of all examples; `pointers` begin at 0 in each piece. Raises like `make_windows`.
    """
    cutter = WindowCutter.of(tokenizer, max_length, stride)
    return in_order(lambda batch: cutter.windows(*batch), _batches(examples), threads or cores())


def joined(pieces: Sequence[Windows]) -> Windows:
    """Concatenate consecutive pieces."""
    parts = [no_windows(), *pieces]
    names = [field.name for field in fields(Windows) if field.name not in ("pointers", "questions_cut")]
    return Windows(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
        pointers=pointers_of(np.concatenate([part.lengths for part in parts])),
        questions_cut=sum(part.questions_cut for part in parts),
    )


def no_windows() -> Windows:
    """An empty value with the dtypes and row shapes of all others."""
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
    """Maximum tokens of a question: QUESTION_SHARE of a window, but few enough for windows to advance."""
    room = max_length - special_tokens
    most = min(int(QUESTION_SHARE * max_length), room - stride - 1)
    if stride < 0 or most < 1:
        raise DataError(
            f"windows: max_length {max_length} with stride {stride} leaves no room for a question and its context; "
            f"write a stride from 0 to {max(room - 2, 0)}, or a larger max_length"
        )
    return most


def cores() -> int:
    """Number of cores available to this process."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _batches(examples: Iterable[Example]) -> Iterator[tuple[int, list[Example]]]:
    """Batches of examples and the index of their first one; a repeated context counts once towards the size."""
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
    """Cuts batches of examples into windows; thread-safe."""

    backend: Any
    layout: PairLayout
    room: int
    """Maximum tokens of a question and a slice of its context together."""
    stride: int
    question_tokens: int
    """Maximum tokens of a question."""
    from_end: bool
    """Whether slices start from the context's end (a tokenizer that truncates on the left)."""

    @classmethod
    def of(cls, tokenizer: Any, max_length: int, stride: int) -> WindowCutter:
        """Set up a tokenizer; see `make_windows` for arguments and errors."""
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
        """Windows of consecutive examples.

        A context with several questions in the batch is tokenised once.

        Args:
            first: index of the first example.
            batch: the examples.
            segment: re-segments texts; called with each example's question, then with each context.
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
        """Index of each window's tokens in the concatenation of special, question and context tokens.

        Returns:
            Indices, (tokens,), and the pointers of the windows, (windows + 1,).
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
        """Tokens of questions, truncated if too long, and the number of truncated ones."""
        encodings = encode(self.backend, questions, offsets=segment is not None)
        long = [number for number, encoding in enumerate(encodings) if len(encoding) > self.question_tokens]
        for number in long:
            encodings[number] = self._shortened(questions[number])
        if segment is None:
            return tokens_of(encodings), len(long)
        drawn = [segment(number, encodings[number], questions[number]) for number in range(len(questions))]
        return tokens_of(drawn, most=self.question_tokens), len(long)

    def _shortened(self, question: str) -> Any:
        """Truncate after the last token that fits, or after an earlier one if the shorter text has more tokens."""
        most = self.question_tokens
        (encoding,) = encode(self.backend, [question], offsets=True)
        while len(encoding) > self.question_tokens:
            question = question[: encoding.offsets[most - 1][1]] if most else ""
            (encoding,) = encode(self.backend, [question], offsets=True)
            most -= 1
        return encoding
