"""Inputs that keep their examples and cutter, so that they can be recreated from augmented examples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.augmentation.text_arrays import PairTexts, Texts
from xlingual.data.examples import Example, SentencePair
from xlingual.tokens.labelled_pairs import LabelledPairs, PairCutter
from xlingual.tokens.pair_sequences import PairPrompt, PairSequenceCutter
from xlingual.tokens.sequence_cutter import SequenceCutter
from xlingual.tokens.sequences import Sequences
from xlingual.tokens.windows import Segment, WindowCutter, Windows

C = TypeVar("C", WindowCutter, SequenceCutter, PairCutter, PairSequenceCutter)


@dataclass(frozen=True, eq=False)
class StoredCutter(Generic[C]):
    """A cutter whose tokenizer is loaded only on demand: most trials do not alter texts.

    Attributes:
        cutter: the cutter without its tokenizer.
        tokenizer: the tokenizer as JSON in UTF-8, (bytes,); empty if the cutter has none.
        encode_special_tokens: whether special tokens in a text are encoded as text.
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
        """Load the cutter with its own tokenizer."""
        from tokenizers import Tokenizer

        if not len(self.tokenizer):
            return self.cutter
        backend = Tokenizer.from_str(self.tokenizer.tobytes().decode())
        backend.encode_special_tokens = self.encode_special_tokens
        return replace(self.cutter, backend=backend)


@dataclass(frozen=True)
class Recutter:
    """Creates a model's inputs from augmented examples.

    Attributes:
        backend: its tokenizer, from the `tokenizers` library; None if it is not one of these.
        inputs: maps examples, numbered from 0, to their inputs; the optional second argument re-segments texts.
    """

    backend: Any
    inputs: Callable[[Sequence[Any], Segment | None], Any]


@dataclass(frozen=True, eq=False)
class RewritableWindows(Windows):
    """Windows with their examples, cutter and lexicons, to create augmented ones."""

    texts: Texts
    """The examples, indexed by `example`."""
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
        """Add the inputs of `make_windows` to the windows it made; takes the same arguments."""
        arrays = {one.name: getattr(windows, one.name) for one in fields(Windows)}
        cutter = StoredCutter.of(WindowCutter.of(tokenizer, max_length, stride))
        return cls(**arrays, texts=Texts.of(examples), cutter=cutter, lexicons=lexicons)

    def as_rewritable(self) -> RewritableWindows:
        """These windows."""
        return self

    def recutter(self) -> Recutter:
        """Load the cutter as a Recutter."""
        cutter = self.cutter.load()
        return Recutter(cutter.backend, partial(cutter.windows, 0))

    def counterpart(self, window: int, made: Windows, example: int) -> int | None:
        """Choose a window of an augmented example to replace one of these.

        Args:
            window: index of the window to replace.
            made: windows of augmented examples.
            example: index of the window's example among the augmented ones.

        Returns:
            See `nearest_window`. None if this window holds the answer but no window of the augmented example does,
            because the answer has too many tokens.
        """
        answered = holds_answer(self, window)
        nearest = nearest_window(made, example, self.place_in_example(window), answered=answered)
        return nearest if not answered or holds_answer(made, nearest) else None

    def place_in_example(self, window: int) -> int:
        """Index of a window among those of its example, from 0."""
        return window - int(np.searchsorted(self.example, self.example[window]))


def nearest_window(windows: Windows, example: int, place: int, *, answered: bool) -> int:
    """Choose one of an example's windows to replace another window of the example.

    Args:
        windows: windows of several examples, ascending.
        example: index of the example.
        place: index of the other window among those of its example.
        answered: whether the other window holds the answer.

    Returns:
        The window closest to the place (the earlier of two) among those that also hold the answer, or also do not;
        among all windows of the example if there are none.
    """
    first, stop = np.searchsorted(windows.example, [example, example + 1]).tolist()
    alike = [window for window in range(first, stop) if holds_answer(windows, window) == answered]
    return min(alike or range(first, stop), key=lambda window: abs(window - first - place))


def holds_answer(windows: Windows, window: int) -> bool:
    """Whether a window holds the whole first answer; no answer lies in its first token."""
    return bool(windows.end[window] > 0)


@dataclass(frozen=True, eq=False)
class RewritableSequences(Sequences):
    """Sequences with their examples, cutter and lexicons, to create augmented ones."""

    texts: Texts | PairTexts
    """The examples, indexed by `example`."""
    cutter: StoredCutter[SequenceCutter] | StoredCutter[PairSequenceCutter]
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
        """Add the inputs of `make_sequences` to the sequences it made; takes the same arguments."""
        arrays = {one.name: getattr(sequences, one.name) for one in fields(Sequences)}
        cutter = StoredCutter.of(SequenceCutter.of(tokenizer, max_input_tokens, max_target_tokens))
        return cls(**arrays, texts=Texts.of(examples), cutter=cutter, lexicons=lexicons)

    @classmethod
    def of_pairs(
        cls,
        sequences: Sequences,
        examples: Sequence[SentencePair],
        tokenizer: Any,
        lexicons: Lexicons,
        *,
        prompt: PairPrompt,
        max_input_tokens: int,
        max_target_tokens: int,
    ) -> RewritableSequences:
        """Add the inputs of `make_pair_sequences` to the sequences it made; takes the same arguments."""
        arrays = {one.name: getattr(sequences, one.name) for one in fields(Sequences)}
        cutter = StoredCutter.of(PairSequenceCutter.of(tokenizer, prompt, max_input_tokens, max_target_tokens))
        return cls(**arrays, texts=PairTexts.of(examples), cutter=cutter, lexicons=lexicons)

    def as_rewritable(self) -> RewritableSequences:
        """These sequences."""
        return self

    def recutter(self) -> Recutter:
        """Load the cutter as a Recutter."""
        cutter = self.cutter.load()
        return Recutter(cutter.backend, partial(cutter.sequences, 0))

    def counterpart(self, sequence: int, made: Sequences, example: int) -> int | None:
        """The sequence of an augmented example; None if it has none, because its answer would be truncated.

        Args:
            sequence: index of the sequence to replace.
            made: sequences of augmented examples.
            example: index of the sequence's example among the augmented ones.
        """
        place = int(np.searchsorted(made.example, example))
        return place if place < len(made) and int(made.example[place]) == example else None


@dataclass(frozen=True, eq=False)
class RewritablePairs(LabelledPairs):
    """Labelled pairs with their sentences, cutter and lexicons, to create augmented ones."""

    texts: PairTexts
    """The examples, indexed by `example`."""
    cutter: StoredCutter[PairCutter]
    lexicons: Lexicons

    @classmethod
    def of(
        cls,
        pairs: LabelledPairs,
        examples: Sequence[SentencePair],
        tokenizer: Any,
        lexicons: Lexicons,
        *,
        labels: Sequence[str],
        max_length: int,
    ) -> RewritablePairs:
        """Add the inputs of `make_labelled_pairs` to the pairs it made; takes the same arguments."""
        arrays = {one.name: getattr(pairs, one.name) for one in fields(LabelledPairs)}
        cutter = StoredCutter.of(PairCutter.of(tokenizer, labels, max_length))
        return cls(**arrays, texts=PairTexts.of(examples), cutter=cutter, lexicons=lexicons)

    def as_rewritable(self) -> RewritablePairs:
        """These pairs."""
        return self

    def recutter(self) -> Recutter:
        """Load the cutter as a Recutter."""
        cutter = self.cutter.load()
        return Recutter(cutter.backend, partial(cutter.pairs, 0))

    def counterpart(self, pair: int, made: LabelledPairs, example: int) -> int:
        """The pair of an augmented example: each example has one.

        Args:
            pair: index of the pair to replace.
            made: pairs of augmented examples.
            example: index of the pair's example among the augmented ones.
        """
        return example


Rewritable: TypeAlias = RewritableWindows | RewritableSequences | RewritablePairs
