"""Tokenised question-answer pairs, for recipes without passages, as flat arrays without padding."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xlingual.data.faq.bitexts import Bitext
from xlingual.data.faq.rows import FaqRow
from xlingual.data.slicing import pointers_of, runs
from xlingual.errors import DataError
from xlingual.tokens.token_arrays import TokenArrays
from xlingual.tokens.tokens import PairLayout, Tokens, encode, prepare, tokens_of
from xlingual.tokens.windows import QUESTION_SHARE

BATCH = 256
"""Pairs tokenised at a time."""


@dataclass(frozen=True, slots=True)
class PairText:
    """A question and its answer.

    Attributes:
        host: at most two pairs of a host are contrasted with each other.
        question: may be in another language than the answer, in a bitext row.
        answer: see `question`.
        question_key: pairs with equal normalised keys are not contrasted; empty for the question itself.
        answer_key: the same for the answer.
    """

    host: str
    question: str
    answer: str
    question_key: str = ""
    answer_key: str = ""


@dataclass(frozen=True, eq=False)
class Pairs(TokenArrays):
    """Concatenated tokens of many pairs; each pair has the tokenizer's layout of two texts.

    Pair p has the tokens `pointers[p]:pointers[p + 1]`. A single text is laid out as the special tokens before the
    question, the text, and the special tokens after the answer, as the tokenizers of all encoders with a span head do.
    """

    unit = "pairs"

    input_ids: NDArray[np.int32]
    """(tokens,)"""
    token_types: NDArray[np.int8]
    """(tokens,), zeros if the tokenizer has none"""
    pointers: NDArray[np.int64]
    """(pairs + 1,)"""
    parts: NDArray[np.int32]
    """(pairs, 4): first and past-last token of the question, then of the answer, counted within the pair"""
    host: NDArray[np.int64]
    """(pairs,), equal for equal hosts"""
    question_key: NDArray[np.int64]
    """(pairs,), equal for equal normalised questions"""
    answer_key: NDArray[np.int64]
    """(pairs,), equal for equal normalised answers"""
    questions_cut: int
    """Number of questions truncated at the end."""
    answers_cut: int
    """Number of answers truncated at the end."""
    without_text: int
    """Number of pairs dropped because the question or the answer has no token."""

    def text(self, pair: int, part: int) -> NDArray[np.int32]:
        """Token ids of a question (part 0) or an answer (part 1) as a single text, including special tokens."""
        tokens = self.input_ids[int(self.pointers[pair]) : int(self.pointers[pair + 1])]
        parts = self.parts[pair]
        kept = tokens[parts[2 * part] : parts[2 * part + 1]]
        return np.concatenate([tokens[: parts[0]], kept, tokens[parts[3] :]])


def texts_of_rows(rows: Iterable[FaqRow]) -> Iterator[PairText]:
    """FAQ rows as pairs, in order."""
    return (PairText(row.origin, row.question, row.answer) for row in rows)


def texts_of_bitexts(rows: Iterable[Bitext]) -> Iterator[PairText]:
    """Bitext rows as pairs, two per row: a question in one language with the answer in the other.

    Both have the same keys, so that they are not contrasted with each other.
    """
    for row in rows:
        keys = (row.question1, row.answer1)
        yield PairText(row.origin, row.question1, row.answer2, *keys)
        yield PairText(row.origin, row.question2, row.answer1, *keys)


def make_pairs(tokenizer: Any, texts: Iterable[PairText], *, max_length: int) -> Pairs:
    """Tokenise pairs, each with at most `max_length` tokens, including special tokens.

    Questions are truncated to QUESTION_SHARE of that length, answers to the remaining room.

    Raises:
        ModelError: when the tokenizer is slow or has an unknown layout of pairs.
        DataError: when `max_length` is too small.
    """
    pieces = [no_pairs(), *pairs_in_pieces(tokenizer, texts, max_length=max_length)]
    numbers = ("questions_cut", "answers_cut", "without_text")
    arrays = [field.name for field in fields(Pairs) if field.name not in ("pointers", *numbers)]
    joined: dict[str, Any] = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in arrays}
    joined |= {name: sum(getattr(piece, name) for piece in pieces) for name in numbers}
    return Pairs(pointers=pointers_of(np.concatenate([piece.lengths for piece in pieces])), **joined)


def pairs_in_pieces(tokenizer: Any, texts: Iterable[PairText], *, max_length: int) -> Iterator[Pairs]:
    """Yield the pairs of `make_pairs` in pieces; `pointers` begin at 0 in each."""
    maker = _Maker.of(tokenizer, max_length)
    rest = iter(texts)
    while batch := list(islice(rest, BATCH)):
        yield maker.pairs(batch)


def no_pairs() -> Pairs:
    """An empty value with the dtypes and row shapes of all others."""
    keys = np.zeros(0, dtype=np.int64)
    return Pairs(
        input_ids=np.zeros(0, dtype=np.int32),
        token_types=np.zeros(0, dtype=np.int8),
        pointers=np.zeros(1, dtype=np.int64),
        parts=np.zeros((0, 4), dtype=np.int32),
        host=keys,
        question_key=keys,
        answer_key=keys,
        questions_cut=0,
        answers_cut=0,
        without_text=0,
    )


def normalised(text: str) -> str:
    """Normalise case, character width and white space."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@dataclass(frozen=True)
class _Maker:
    backend: Any
    layout: PairLayout
    room: int
    """Maximum tokens of a question and its answer together."""
    question_tokens: int
    """Maximum tokens of a question."""

    @classmethod
    def of(cls, tokenizer: Any, max_length: int) -> _Maker:
        backend = prepare(tokenizer)
        layout = PairLayout.of(tokenizer, backend)
        room = max_length - layout.special_tokens
        question_tokens = min(int(QUESTION_SHARE * max_length), room - 1)
        if question_tokens < 1:
            raise DataError(
                f"windows: max_length {max_length} leaves no room for a question and its answer; "
                f"write {layout.special_tokens + 2} or more"
            )
        return cls(backend, layout, room, question_tokens)

    def pairs(self, texts: Sequence[PairText]) -> Pairs:
        questions, answers = (
            tokens_of(encode(self.backend, part, offsets=False))
            for part in ([text.question for text in texts], [text.answer for text in texts])
        )
        kept = np.flatnonzero((questions.lengths > 0) & (answers.lengths > 0))
        chosen = [texts[i] for i in kept.tolist()]
        asked = np.minimum(questions.lengths[kept], self.question_tokens)
        answered = np.minimum(answers.lengths[kept], self.room - asked)
        before, between, after = self.layout.sizes
        ids = np.concatenate([self.layout.ids, questions.ids, answers.ids])
        places = self._places(questions, answers, kept, asked, answered)
        first = before + asked + between
        return Pairs(
            input_ids=ids[places],
            token_types=self.layout.types(len(questions.ids), len(answers.ids))[places],
            pointers=pointers_of(first + answered + after),
            parts=np.stack([np.full_like(asked, before), before + asked, first, first + answered], axis=1).astype(
                np.int32
            ),
            host=_numbers(text.host for text in chosen),
            question_key=_numbers(normalised(text.question_key or text.question) for text in chosen),
            answer_key=_numbers(normalised(text.answer_key or text.answer) for text in chosen),
            questions_cut=int((asked < questions.lengths[kept]).sum()),
            answers_cut=int((answered < answers.lengths[kept]).sum()),
            without_text=len(texts) - len(kept),
        )

    def _places(
        self,
        questions: Tokens,
        answers: Tokens,
        kept: NDArray[np.int64],
        asked: NDArray[np.int64],
        answered: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Index of each token in the concatenation of special, question and answer tokens, (tokens,)."""
        same = np.zeros_like(kept)
        before, between, after = self.layout.sizes
        special = before + between + after
        question = special + questions.pointers[kept]
        answer = special + len(questions.ids) + answers.pointers[kept]
        first = [same, question, same + before, answer, same + before + between]
        lengths = [same + before, asked, same + between, answered, same + after]
        return runs(np.stack(first, axis=1).ravel(), np.stack(lengths, axis=1).ravel())


def _numbers(texts: Iterable[str]) -> NDArray[np.int64]:
    """A machine-independent number for each text: the first 8 bytes of its SHA-256."""
    digests = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8] for text in texts]
    return np.frombuffer(b"".join(digests), dtype="<i8").astype(np.int64)
