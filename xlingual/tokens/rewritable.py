"""Inputs that know what they were made of, and so can be made anew of rewritten examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.augmentation.text_arrays import Texts
from xlingual.data.examples import Example
from xlingual.tokens.sequence_cutter import SequenceCutter
from xlingual.tokens.sequences import Sequences
from xlingual.tokens.windows import Segment, WindowCutter, Windows

C = TypeVar("C", WindowCutter, SequenceCutter)


@dataclass(frozen=True, eq=False)
class StoredCutter(Generic[C]):
    """A cutter whose tokenizer is read only when it is needed: most trials leave texts as they are.

    Attributes:
        cutter: without its tokenizer.
        tokenizer: as JSON in UTF-8, (bytes,); empty where the cutter needs none.
        encode_special_tokens: whether the texts of special tokens are text.
    """

    cutter: C
    tokenizer: NDArray[np.uint8]
    encode_special_tokens: bool

    @classmethod
    def of(cls, cutter: C) -> StoredCutter[C]:
        """Store a cutter."""
        if cutter.backend is None:
            return cls(cutter, np.zeros(0, dtype=np.uint8), False)
        content = np.frombuffer(cutter.backend.to_str().encode(), dtype=np.uint8)
        return cls(replace(cutter, backend=None), content, bool(cutter.backend.encode_special_tokens))

    def load(self) -> C:
        """Read the cutter, with a tokenizer of its own."""
        from tokenizers import Tokenizer

        if not len(self.tokenizer):
            return self.cutter
        backend = Tokenizer.from_str(self.tokenizer.tobytes().decode())
        backend.encode_special_tokens = self.encode_special_tokens
        return replace(self.cutter, backend=backend)


@dataclass(frozen=True)
class Recutter:
    """What makes a model's inputs of rewritten examples.

    Attributes:
        backend: its tokenizer, of the `tokenizers` library; None where it is none of these.
        inputs: from examples, numbered from 0, to their inputs; the second argument gives texts other tokens.
    """

    backend: Any
    inputs: Callable[[Sequence[Example], Segment | None], Any]


@dataclass(frozen=True, eq=False)
class RewritableWindows(Windows):
    """Windows with the examples, the cutter and the lexicons that others can be made with."""

    texts: Texts
    """The examples; `example` says where each window's stands."""
    cutter: StoredCutter[WindowCutter]
    lexicons: Lexicons

    @classmethod
    def of(
        cls,
        windows: Windows,
        examples: Sequence[Example],
        tokenizer: Any,
        lexicons: Lexicons,
        *,
        max_length: int,
        stride: int,
    ) -> RewritableWindows:
        """Add to windows what they were made of: arguments as those of `make_windows`, which made them."""
        arrays = {one.name: getattr(windows, one.name) for one in fields(Windows)}
        cutter = StoredCutter.of(WindowCutter.of(tokenizer, max_length, stride))
        return cls(**arrays, texts=Texts.of(examples), cutter=cutter, lexicons=lexicons)

    def recutter(self) -> Recutter:
        """Read what makes such windows."""
        cutter = self.cutter.load()
        return Recutter(cutter.backend, partial(cutter.windows, 0))

    def counterpart(self, window: int, made: Windows, example: int) -> int | None:
        """Choose a window of a rewritten example in place of one of these.

        Args:
            window: one of these.
            made: windows of rewritten examples.
            example: number of the window's example among these.

        Returns:
            See `nearest_window`; None where this one holds the answer and no window of the rewritten example does any
            more, as its tokens are too many.
        """
        answered = holds_answer(self, window)
        nearest = nearest_window(made, example, self.place_in_example(window), answered=answered)
        return nearest if not answered or holds_answer(made, nearest) else None

    def place_in_example(self, window: int) -> int:
        """Which of its example's windows a window is, counted from 0."""
        return window - int(np.searchsorted(self.example, self.example[window]))


def nearest_window(windows: Windows, example: int, place: int, *, answered: bool) -> int:
    """Choose one of an example's windows in place of another window of the example.

    Args:
        windows: of several examples, ascending.
        example: position of the example.
        place: which of its example's windows the other one is.
        answered: whether the other one holds the answer.

    Returns:
        The window that is nearest to the place (of two, the earlier) among those that hold the answer as well (or do
        not either); among all of the example's where there is none of these.
    """
    first, stop = np.searchsorted(windows.example, [example, example + 1]).tolist()
    alike = [window for window in range(first, stop) if holds_answer(windows, window) == answered]
    return min(alike or range(first, stop), key=lambda window: abs(window - first - place))


def holds_answer(windows: Windows, window: int) -> bool:
    """Whether the whole first answer is in a window; no answer begins and ends in its first token."""
    return bool(windows.end[window] > 0)


@dataclass(frozen=True, eq=False)
class RewritableSequences(Sequences):
    """Sequences with the examples, the cutter and the lexicons that others can be made with."""

    texts: Texts
    """The examples; `example` says where each sequence's stands."""
    cutter: StoredCutter[SequenceCutter]
    lexicons: Lexicons

    @classmethod
    def of(
        cls,
        sequences: Sequences,
        examples: Sequence[Example],
        tokenizer: Any,
        lexicons: Lexicons,
        *,
        max_input_tokens: int,
        max_target_tokens: int,
    ) -> RewritableSequences:
        """Add to sequences what they were made of: arguments as those of `make_sequences`, which made them."""
        arrays = {one.name: getattr(sequences, one.name) for one in fields(Sequences)}
        cutter = StoredCutter.of(SequenceCutter.of(tokenizer, max_input_tokens, max_target_tokens))
        return cls(**arrays, texts=Texts.of(examples), cutter=cutter, lexicons=lexicons)

    def recutter(self) -> Recutter:
        """Read what makes such sequences."""
        cutter = self.cutter.load()
        return Recutter(cutter.backend, partial(cutter.sequences, 0))

    def counterpart(self, sequence: int, made: Sequences, example: int) -> int | None:
        """The sequence of a rewritten example; None where there is none, as its answer would be cut off.

        Args:
            sequence: one of these.
            made: sequences of rewritten examples.
            example: number of the sequence's example among these.
        """
        place = int(np.searchsorted(made.example, example))
        return place if place < len(made) and int(made.example[place]) == example else None


Rewritable: TypeAlias = RewritableWindows | RewritableSequences
