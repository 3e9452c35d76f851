"""Input and target sequences of text-to-text models, as flat arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.slicing import pointers_of, runs
from xlingual.tokens.token_arrays import TokenArrays

COUNTS = ("inputs_cut", "targets_cut", "without_answer")
"""Integer fields."""


@dataclass(frozen=True, eq=False)
class Sequences(TokenArrays):
    """Concatenated input and target tokens of many examples, without padding.

    Sequence s has the input `input_ids[pointers[s]:pointers[s + 1]]` and the target
    `target_ids[target_pointers[s]:target_pointers[s + 1]]`; both end with the end-of-sequence token. Targets are empty
    for questions that are not trained on.
    """

    unit = "texts"

    input_ids: NDArray[np.int32]
    """(tokens,)"""
    pointers: NDArray[np.int64]
    """(sequences + 1,)"""
    target_ids: NDArray[np.int32]
    """(target tokens,)"""
    target_pointers: NDArray[np.int64]
    """(sequences + 1,)"""
    example: NDArray[np.int32]
    """(sequences,), index of the example; strictly ascending"""
    inputs_cut: int
    """Number of inputs truncated at the end."""
    targets_cut: int
    """Number of targets truncated at the end."""
    without_answer: int
    """Number of examples dropped because the truncated context does not hold their answer."""

    @property
    def target_lengths(self) -> NDArray[np.int64]:
        """Tokens of each target, (sequences,)."""
        return np.diff(self.target_pointers)

    def target_tokens(self, index: int) -> int:
        """Tokens of a sequence's target."""
        return int(self.target_pointers[index + 1] - self.target_pointers[index])

    @property
    def cut(self) -> Mapping[str, int]:
        """Texts that were cut, and examples that were left out."""
        return {
            "texts were too long and lost their end": self.inputs_cut,
            "targets were too long and lost their end": self.targets_cut,
            "examples were left out, as their answer was cut off": self.without_answer,
        }

    def of_examples(self, examples: NDArray[np.int64]) -> Sequences:
        """Return the sequences of some examples (indices, ascending), renumbered from 0."""
        kept = np.flatnonzero(np.isin(self.example, examples))
        return Sequences(
            input_ids=self.input_ids[runs(self.pointers[kept], self.lengths[kept])],
            pointers=pointers_of(self.lengths[kept]),
            target_ids=self.target_ids[runs(self.target_pointers[kept], self.target_lengths[kept])],
            target_pointers=pointers_of(self.target_lengths[kept]),
            example=np.searchsorted(examples, self.example[kept]).astype(np.int32),
            inputs_cut=self.inputs_cut,
            targets_cut=self.targets_cut,
            without_answer=self.without_answer,
        )


def no_sequences() -> Sequences:
    """An empty value with the dtypes of all others."""
    none, start = np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64)
    return Sequences(none, start, none, start, none, *(0 for _ in COUNTS))


def joined(pieces: Sequence[Sequences]) -> Sequences:
    """Concatenate consecutive pieces."""
    parts = [no_sequences(), *pieces]
    whole: dict[str, Any] = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts])
        for field in fields(Sequences)
        if field.name not in ("pointers", "target_pointers", *COUNTS)
    }
    return Sequences(
        **whole,
        pointers=pointers_of(np.concatenate([part.lengths for part in parts])),
        target_pointers=pointers_of(np.concatenate([part.target_lengths for part in parts])),
        **{name: sum(getattr(part, name) for part in parts) for name in COUNTS},
    )
