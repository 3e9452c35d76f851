"""Lay encoded texts out as input and target sequences of a text-to-text model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from xlingual.tokens.sequences import Sequences
from xlingual.tokens.text_encoder import Encoding, TextEncoder
from xlingual.tokens.tokens import Tokens, tokens_of
from xlingual.tokens.windows import BATCH, BATCH_CHARACTERS, cores

T = TypeVar("T")


def batches(items: Iterable[tuple[T, int]]) -> Iterator[tuple[int, list[T]]]:
    """Batches of items and the index of their first item, given each item's number of characters."""
    first, batch, characters = 0, list[T](), 0
    for item, size in items:
        if batch and (len(batch) >= BATCH or characters + size > BATCH_CHARACTERS):
            yield first, batch
            first, batch, characters = first + len(batch), [], 0
        batch.append(item)
        characters += size
    if batch:
        yield first, batch


@dataclass(frozen=True)
class SequenceMaker(TextEncoder):
    """Makes sequences of texts; thread-safe.

    Attributes:
        max_input_tokens: maximum tokens of an input, including the end-of-sequence token.
        max_target_tokens: the same for targets; None without targets.
    """

    max_input_tokens: int
    max_target_tokens: int | None

    def threads(self, asked: int | None) -> int:
        """Number of threads; splitting into bytes is pure Python and runs in one thread."""
        return 1 if self.first_byte is not None else asked or cores()

    def laid_out(
        self,
        first: int,
        places: Sequence[int],
        inputs: Sequence[Encoding],
        targets: Sequence[Encoding] | None,
        without_answer: int,
    ) -> Sequences:
        """Truncate encodings and add end tokens; without targets, target sequences are empty."""
        read = self._ended(inputs, self.max_input_tokens)
        written = Tokens(np.zeros(0, dtype=np.int32), np.zeros(len(places) + 1, dtype=np.int64))
        targets_cut = 0
        if targets is not None:
            assert self.max_target_tokens is not None
            written = self._ended(targets, self.max_target_tokens)
            targets_cut = sum(len(target) >= self.max_target_tokens for target in targets)
        return Sequences(
            input_ids=read.ids,
            pointers=read.pointers,
            target_ids=written.ids,
            target_pointers=written.pointers,
            example=(np.asarray(places, dtype=np.int64) + first).astype(np.int32),
            inputs_cut=sum(len(encoding) >= self.max_input_tokens for encoding in inputs),
            targets_cut=targets_cut,
            without_answer=without_answer,
        )

    def _ended(self, encodings: Sequence[Encoding], most: int) -> Tokens:
        """Token ids of texts, truncated to `most` including the end-of-sequence token."""
        tokens = tokens_of(encodings, most=most - 1)
        pointers = tokens.pointers + np.arange(len(tokens.pointers))
        ids = np.insert(tokens.ids, tokens.pointers[1:], self.end_token).astype(np.int32)
        return Tokens(ids, pointers)
