"""Encode texts as flat arrays of tokens, and find a tokenizer's layout of a question and its context."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.slicing import pointers_of
from xlingual.errors import ModelError

PROBE = "a 1 я 的 ا"
"""A text that has tokens under every tokenizer."""

# str.isspace as a table; no code point from _CODES on is a space.
_CODES = 0x3001
_IS_SPACE = np.asarray([chr(code).isspace() for code in range(_CODES + 1)])


@dataclass(frozen=True, eq=False)
class Tokens:
    """Concatenated tokens of texts, without special tokens; text t has the tokens `pointers[t]:pointers[t + 1]`."""

    ids: NDArray[np.int32]
    """(tokens,)"""
    pointers: NDArray[np.int64]
    """(texts + 1,)"""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens of each text, (texts,)."""
        return np.diff(self.pointers)


def prepare(tokenizer: Any) -> Any:
    """Disable truncation and padding of a fast tokenizer, for `tokens_of` and `offsets_of`; return its Rust backend.

    Both can then run in several threads, because `tokenizers` releases the GIL while encoding. Calling the tokenizer
    itself meanwhile would undo the settings.

    Raises:
        ModelError: when the tokenizer is slow, because slow tokenizers have no character offsets.
    """
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError(
            f"{type(tokenizer).__name__} is not a fast tokenizer, so it has no character offsets; "
            "name a model whose directory has a tokenizer.json"
        )
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    backend.encode_special_tokens = bool(tokenizer.split_special_tokens)
    return backend


def encode(backend: Any, texts: Sequence[str], *, offsets: bool) -> list[Any]:
    """Encode texts without special tokens; a quarter faster without offsets."""
    assert backend.truncation is None and backend.padding is None, "the tokenizer was called by others meanwhile"
    encoded: list[Any] = (backend.encode_batch if offsets else backend.encode_batch_fast)(
        list(texts), add_special_tokens=False
    )
    return encoded


def tokens_of(encodings: Sequence[Any], most: int | None = None) -> Tokens:
    """Concatenate the token ids of encoded texts, truncated to `most` each."""
    lengths = np.fromiter(map(len, encodings), dtype=np.int64, count=len(encodings))
    lengths = lengths if most is None else np.minimum(lengths, most)
    ids = chain.from_iterable(encoding.ids[:most] for encoding in encodings)
    return Tokens(np.fromiter(ids, dtype=np.int32, count=int(lengths.sum())), pointers_of(lengths))


def offsets_of(encodings: Sequence[Any], texts: Sequence[str]) -> NDArray[np.int32]:
    """First and past-last character of each token in its text, without surrounding white space, (tokens, 2)."""
    count = sum(map(len, encodings))
    pairs = chain.from_iterable(encoding.offsets for encoding in encodings)
    stated = np.fromiter(chain.from_iterable(pairs), dtype=np.int64, count=2 * count).reshape(count, 2)
    following, preceding = _edges(texts)
    first = np.cumsum([0, *(len(text) + 1 for text in texts)])[:-1]
    shift = np.repeat(first, [len(encoding) for encoding in encodings])
    starts = np.minimum(following[stated[:, 0] + shift] - shift, stated[:, 1])
    ends = np.maximum(preceding[stated[:, 1] + shift] - shift, starts)
    return np.stack([starts, ends], axis=1).astype(np.int32)


def _edges(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each position in the concatenated texts: the next start and the last end of a non-space character.

    A text of n characters has n + 1 positions, 0 to n; its first one counts as an end, its last one as a start.
    """
    codes = np.frombuffer("".join(text + "\n" for text in texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    marks = ~_IS_SPACE[np.minimum(codes, _CODES)]
    marks[np.cumsum([len(text) + 1 for text in texts], dtype=np.int64) - 1] = True
    places = np.arange(len(codes), dtype=np.int64)
    following = np.minimum.accumulate(np.where(marks, places, len(codes))[::-1])[::-1]
    preceding = np.maximum.accumulate(np.where(np.append(True, marks[:-1]), places, 0)) if len(codes) else places
    return following, preceding


@dataclass(frozen=True, eq=False)
class PairLayout:
    """The special tokens before, between and after a question and its context, and the types of all tokens."""

    ids: NDArray[np.int32]
    """(special tokens,)"""
    special_types: NDArray[np.int8]
    """(special tokens,), zeros when the tokenizer has no types"""
    sizes: tuple[int, int, int]
    """Number of special tokens before the question, between the two, and after the context."""
    question_type: int
    context_type: int

    @classmethod
    def of(cls, tokenizer: Any, backend: Any) -> PairLayout:
        """Infer the layout by encoding a pair; `backend` comes from `prepare`.

        Raises:
            ModelError: when a plain text has no tokens, or the question does not come first.
        """
        pair, (alone,) = backend.encode(PROBE, PROBE), encode(backend, [PROBE], offsets=True)
        parts = np.asarray([-1 if part is None else part for part in pair.sequence_ids], dtype=np.int64)
        ids = np.asarray(pair.ids, dtype=np.int32)
        question, context = np.flatnonzero(parts == 0), np.flatnonzero(parts == 1)
        if not (len(question) and alone.ids == ids[question].tolist() == ids[context].tolist()) or (
            question[-1] > context[0]
        ):
            raise ModelError(
                f"{type(tokenizer).__name__}: unknown layout of a question and its context "
                f"({PROBE!r} twice gives {pair.tokens}); name an encoder whose tokenizer puts the question first"
            )
        typed = "token_type_ids" in tokenizer.model_input_names
        types = np.asarray(pair.type_ids if typed else [0] * len(ids), dtype=np.int8)
        special = np.flatnonzero(parts == -1)
        before, after = int((special < question[0]).sum()), int((special > context[-1]).sum())
        return cls(
            ids=ids[special],
            special_types=types[special],
            sizes=(before, len(special) - before - after, after),
            question_type=int(types[question[0]]),
            context_type=int(types[context[0]]),
        )

    @property
    def special_tokens(self) -> int:
        """Number of special tokens per window."""
        return len(self.ids)

    def types(self, questions: int, contexts: int) -> NDArray[np.int8]:
        """Token types of the special tokens, then `questions` question tokens, then `contexts` context tokens."""
        return np.concatenate(
            [
                self.special_types,
                np.full(questions, self.question_type, dtype=np.int8),
                np.full(contexts, self.context_type, dtype=np.int8),
            ]
        )
