"""Tokenised pairs of sentences with their labels, for classification heads, as flat arrays without padding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.activity import doing
from xlingual.data.examples import SentencePair
from xlingual.data.slicing import pointers_of, runs
from xlingual.errors import DataError
from xlingual.tokens.threads import in_order
from xlingual.tokens.token_arrays import TokenArrays
from xlingual.tokens.tokens import PairLayout, Tokens, encode, prepare, tokens_of
from xlingual.tokens.windows import Segment, cores

BATCH = 1024
"""Pairs tokenised at a time."""


@dataclass(frozen=True, eq=False)
class LabelledPairs(TokenArrays):
    """Concatenated tokens of many pairs; each pair has the tokenizer's layout of two texts.

    Pair p has the tokens `pointers[p]:pointers[p + 1]`.
    """

    unit = "pairs"

    input_ids: NDArray[np.int32]
    """(tokens,)"""
    token_types: NDArray[np.int8]
    """(tokens,), zeros if the tokenizer has none"""
    pointers: NDArray[np.int64]
    """(pairs + 1,)"""
    example: NDArray[np.int32]
    """(pairs,), index of the example"""
    label: NDArray[np.int32]
    """(pairs,), number of the label in the task's order"""
    pairs_cut: int
    """Number of pairs of which a sentence was truncated."""

    @property
    def cut(self) -> Mapping[str, int]:
        """Pairs that were cut."""
        return {"pairs were too long, and their longer sentence lost its end": self.pairs_cut}

    def of_examples(self, examples: NDArray[np.int64]) -> LabelledPairs:
        """Return the pairs of some examples (indices, ascending), renumbered from 0."""
        kept = np.flatnonzero(np.isin(self.example, examples))
        tokens = runs(self.pointers[kept], self.lengths[kept])
        return LabelledPairs(
            input_ids=self.input_ids[tokens],
            token_types=self.token_types[tokens],
            pointers=pointers_of(self.lengths[kept]),
            example=np.searchsorted(examples, self.example[kept]).astype(np.int32),
            label=self.label[kept],
            pairs_cut=self.pairs_cut,
        )


@doing("tokenising")
def make_labelled_pairs(
    tokenizer: Any,
    examples: Iterable[SentencePair],
    *,
    labels: Sequence[str],
    max_length: int,
    threads: int | None = None,
) -> LabelledPairs:
    """Tokenise pairs, each with at most `max_length` tokens, truncated as `transformers`' `longest_first` does.

    Args:
        tokenizer: a fast tokenizer; it must not be called by others meanwhile.
        examples: pairs, read once, in order.
        labels: of the task; a pair's label is stored as its place among them.
        max_length: maximum tokens of a pair, including special tokens.
        threads: number of tokenising threads; None for all cores available to this process. Does not affect the result.

    Raises:
        ModelError: when the tokenizer is slow or has an unknown layout of pairs.
        DataError: when `max_length` is too small, or a pair has another label.
    """
    pieces = labelled_pairs_in_pieces(tokenizer, examples, labels=labels, max_length=max_length, threads=threads)
    parts = [no_labelled_pairs(), *pieces]
    names = [field.name for field in fields(LabelledPairs) if field.name not in ("pointers", "pairs_cut")]
    return LabelledPairs(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names},
        pointers=pointers_of(np.concatenate([part.lengths for part in parts])),
        pairs_cut=sum(part.pairs_cut for part in parts),
    )


def labelled_pairs_in_pieces(
    tokenizer: Any,
    examples: Iterable[SentencePair],
    *,
    labels: Sequence[str],
    max_length: int,
    threads: int | None = None,
) -> Iterator[LabelledPairs]:
    """Yield the pairs of `make_labelled_pairs` in pieces; `pointers` begin at 0 in each."""
    cutter = PairCutter.of(tokenizer, labels, max_length)
    return in_order(lambda batch: cutter.pairs(*batch), _batches(examples), threads or cores())


def no_labelled_pairs() -> LabelledPairs:
    """An empty value with the dtypes of all others."""
    none = np.zeros(0, dtype=np.int32)
    return LabelledPairs(
        input_ids=none,
        token_types=np.zeros(0, dtype=np.int8),
        pointers=np.zeros(1, dtype=np.int64),
        example=none,
        label=none,
        pairs_cut=0,
    )


def longest_first(
    first: NDArray[np.int64], second: NDArray[np.int64], room: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lengths of two sentences after truncation: the longer one gives way until both are equal, then both.

    So does the strategy `longest_first` of `tokenizers`, of which an odd token goes to the longer sentence.

    Args:
        first: tokens of each first sentence, (pairs,).
        second: tokens of each second sentence, (pairs,).
        room: most tokens of both together.

    Returns:
        tokens that are kept of each, both (pairs,).
    """
    swapped = first > second
    shorter, longer = np.minimum(first, second), np.maximum(first, second)
    rest = np.where(shorter > room, shorter, np.maximum(shorter, room - shorter))
    halved = shorter + rest > room
    kept_shorter = np.where(halved, room // 2, shorter)
    kept_longer = np.where(halved, room // 2 + room % 2, rest)
    fits = shorter + longer <= room
    kept_shorter, kept_longer = np.where(fits, shorter, kept_shorter), np.where(fits, longer, kept_longer)
    return np.where(swapped, kept_longer, kept_shorter), np.where(swapped, kept_shorter, kept_longer)


@dataclass(frozen=True)
class PairCutter:
    """Tokenises batches of pairs; thread-safe.

    Attributes:
        backend: a tokenizer of the `tokenizers` library.
        layout: the special tokens around two texts.
        room: maximum tokens of both sentences together.
        labels: of the task, in order.
        from_end: whether sentences lose their beginning (a tokenizer that truncates on the left).
    """

    backend: Any
    layout: PairLayout
    room: int
    labels: tuple[str, ...]
    from_end: bool

    @classmethod
    def of(cls, tokenizer: Any, labels: Sequence[str], max_length: int) -> PairCutter:
        """Set up a tokenizer; see `make_labelled_pairs` for arguments and errors."""
        backend = prepare(tokenizer)
        layout = PairLayout.of(tokenizer, backend)
        room = max_length - layout.special_tokens
        if room < 2:
            raise DataError(
                f"pairs.max_length: {max_length} leaves no room for two sentences beside {layout.special_tokens} "
                f"special tokens; write {layout.special_tokens + 2} or more"
            )
        from_end = getattr(tokenizer, "truncation_side", "right") == "left"
        return cls(backend, layout, room, tuple(labels), from_end)

    def pairs(self, first: int, batch: Sequence[SentencePair], segment: Segment | None = None) -> LabelledPairs:
        """Pairs of consecutive examples.

        Args:
            first: index of the first example.
            batch: the examples.
            segment: re-segments texts; called with each example's first sentence, then with each second one.
        """
        sides = [self._tokens([pair.first for pair in batch], segment)]
        sides.append(self._tokens([pair.second for pair in batch], segment))
        kept = longest_first(sides[0].lengths, sides[1].lengths, self.room)
        before, between, after = self.layout.sizes
        ids = np.concatenate([self.layout.ids, sides[0].ids, sides[1].ids])
        return LabelledPairs(
            input_ids=ids[(places := self._places(sides, kept))],
            token_types=self.layout.types(len(sides[0].ids), len(sides[1].ids))[places],
            pointers=pointers_of(before + kept[0] + between + kept[1] + after),
            example=(np.arange(len(batch), dtype=np.int64) + first).astype(np.int32),
            label=np.asarray([self._label(pair) for pair in batch], dtype=np.int32),
            pairs_cut=int(((kept[0] < sides[0].lengths) | (kept[1] < sides[1].lengths)).sum()),
        )

    def _tokens(self, texts: Sequence[str], segment: Segment | None) -> Tokens:
        encodings = encode(self.backend, texts, offsets=segment is not None)
        if segment is not None:
            encodings = [segment(i, encoding, texts[i]) for i, encoding in enumerate(encodings)]
        return tokens_of(encodings)

    def _label(self, pair: SentencePair) -> int:
        if pair.label not in self.labels:
            raise DataError(
                f"pair {pair.id}: label {pair.label!r} is none of the task's, which has {', '.join(self.labels)}; "
                "mend the label, or name other data"
            )
        return self.labels.index(pair.label)

    def _places(self, sides: Sequence[Tokens], kept: tuple[NDArray[np.int64], NDArray[np.int64]]) -> NDArray[np.int64]:
        """Index of each token in the concatenation of special tokens, first sentences and second ones, (tokens,)."""
        same = np.zeros_like(kept[0])
        before, between, after = self.layout.sizes
        lost = [side.lengths - some if self.from_end else same for side, some in zip(sides, kept, strict=True)]
        special = before + between + after
        one = special + sides[0].pointers[:-1] + lost[0]
        other = special + len(sides[0].ids) + sides[1].pointers[:-1] + lost[1]
        first = [same, one, same + before, other, same + before + between]
        lengths = [same + before, kept[0], same + between, kept[1], same + after]
        return runs(np.stack(first, axis=1).ravel(), np.stack(lengths, axis=1).ravel())


def _batches(examples: Iterable[SentencePair]) -> Iterator[tuple[int, list[SentencePair]]]:
    """Batches of pairs and the index of their first one."""
    first, batch = 0, list[SentencePair]()
    for example in examples:
        batch.append(example)
        if len(batch) == BATCH:
            yield first, batch
            first, batch = first + len(batch), []
    if batch:
        yield first, batch
