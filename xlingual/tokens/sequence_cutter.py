"""Turn questions, and pairs of texts, into input and target sequences of a text-to-text model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from xlingual.activity import doing
from xlingual.data.examples import Example
from xlingual.errors import DataError
from xlingual.tokens.sequence_maker import SequenceMaker, batches
from xlingual.tokens.sequences import Sequences, joined
from xlingual.tokens.text_encoder import Encoding, TextEncoder
from xlingual.tokens.threads import in_order
from xlingual.tokens.windows import Segment

PROMPT = "question: {question} context: {context}"
"""The input format of T5 (arXiv 1910.10683, appendix D.15) and mT5 (arXiv 2010.11934)."""

TextPair: TypeAlias = tuple[str, str]
"""Input and target text."""


def input_text(example: Example) -> str:
    """A question and its context as one text."""
    return PROMPT.format(question=example.question, context=example.context)


@doing("tokenising")
def make_sequences(
    tokenizer: Any,
    examples: Iterable[Example],
    *,
    max_input_tokens: int,
    max_target_tokens: int | None,
    threads: int | None = None,
) -> Sequences:
    """Make input sequences of questions (see `input_text`) and, for training, target sequences of their first answers.

    Inputs and targets are truncated at the end, and always end with the end-of-sequence token.

    Args:
        tokenizer: a fast tokenizer, or ByT5's; it must not be called by others meanwhile.
        examples: examples, read once, in order.
        max_input_tokens: maximum tokens of an input, including the end-of-sequence token.
        max_target_tokens: the same for targets. Examples without an answer, or whose first answer is not completely in
            the truncated context, are dropped. None for questions to answer: none are dropped, and targets are empty.
        threads: number of tokenising threads; None for all cores available to this process. Does not affect the result.

    Raises:
        ModelError: when the tokenizer is slow and not ByT5's, or does not end texts with an end-of-sequence token.
        DataError: when `max_input_tokens` is too small for a question and its context.
    """
    pieces = sequences_in_pieces(
        tokenizer,
        examples,
        max_input_tokens=max_input_tokens,
        max_target_tokens=max_target_tokens,
        threads=threads,
    )
    return joined(list(pieces))


def sequences_in_pieces(
    tokenizer: Any,
    examples: Iterable[Example],
    *,
    max_input_tokens: int,
    max_target_tokens: int | None,
    threads: int | None = None,
) -> Iterator[Sequences]:
    """Yield the sequences of `make_sequences` in pieces, with memory for a few batches.

    `example` counts from the first of all examples; pointers begin at 0 in each piece. Raises like `make_sequences`.
    """
    cutter = SequenceCutter.of(tokenizer, max_input_tokens, max_target_tokens)
    cut = batches((example, len(example.context)) for example in examples)
    return in_order(lambda batch: cutter.sequences(*batch), cut, cutter.threads(threads))


def sequences_of_texts(
    tokenizer: Any,
    pairs: Iterable[TextPair],
    *,
    max_input_tokens: int,
    max_target_tokens: int,
    threads: int | None = None,
) -> Sequences:
    """Make sequences of pairs of texts; see `make_sequences` for arguments and errors.

    Pairs with a text without tokens are dropped and counted as `without_answer`.
    """
    lengths = {"max_input_tokens": max_input_tokens, "max_target_tokens": max_target_tokens}
    return joined(list(text_sequences_in_pieces(tokenizer, pairs, **lengths, threads=threads)))


def text_sequences_in_pieces(
    tokenizer: Any,
    pairs: Iterable[TextPair],
    *,
    max_input_tokens: int,
    max_target_tokens: int,
    threads: int | None = None,
) -> Iterator[Sequences]:
    """Yield the sequences of `sequences_of_texts` in pieces, like `sequences_in_pieces`."""
    cutter = SequenceCutter.of(tokenizer, max_input_tokens, max_target_tokens)
    cut = batches((pair, len(pair[0]) + len(pair[1])) for pair in pairs)
    return in_order(lambda batch: cutter.text_sequences(*batch), cut, cutter.threads(threads))


@dataclass(frozen=True)
class SequenceCutter(SequenceMaker):
    """Makes sequences of batches of examples or texts; thread-safe."""

    @classmethod
    def of(cls, tokenizer: Any, max_input_tokens: int, max_target_tokens: int | None) -> SequenceCutter:
        """Set up a tokenizer; see `make_sequences` for arguments and errors."""
        encoder = TextEncoder.of_tokenizer(tokenizer)
        cutter = cls(encoder.backend, encoder.first_byte, encoder.end_token, max_input_tokens, max_target_tokens)
        least = cutter.least_input_tokens
        if max_input_tokens < least:
            raise DataError(
                f"text_to_text.max_input_tokens: {max_input_tokens} leaves no room for a question and its context in "
                f"{PROMPT.format(question='...', context='...')!r}; write {least} or more"
            )
        return cutter

    @property
    def least_input_tokens(self) -> int:
        """Tokens of an input with one token each for question and context."""
        (empty,) = self.encode([PROMPT.format(question="", context="")], offsets=False)
        return len(empty) + 3

    def sequences(self, first: int, batch: Sequence[Example], segment: Segment | None = None) -> Sequences:
        """Sequences of consecutive examples.

        Args:
            first: index of the first example.
            batch: the examples.
            segment: re-segments input texts; targets are unaffected.
        """
        texts = [input_text(example) for example in batch]
        inputs = self.encode(texts, offsets=segment is not None)
        if segment is not None:
            inputs = [segment(place, encoding, texts[place]) for place, encoding in enumerate(inputs)]
        places = list(range(len(batch)))
        if self.max_target_tokens is None:
            return self.laid_out(first, places, inputs, None, 0)
        cut = [place for place in places if len(inputs[place]) >= self.max_input_tokens]
        if segment is None:  # these were encoded without offsets
            measured = dict(zip(cut, self.encode([texts[place] for place in cut], offsets=True), strict=True))
        else:
            measured = {place: inputs[place] for place in cut}
        kept = [
            place
            for place in places
            if batch[place].answers and (place not in measured or self._answered(batch[place], measured[place]))
        ]
        targets = self.encode([batch[place].answers[0] for place in kept], offsets=False)
        return self.laid_out(first, kept, [inputs[place] for place in kept], targets, len(batch) - len(kept))

    def text_sequences(self, first: int, batch: Sequence[TextPair]) -> Sequences:
        """Sequences of consecutive pairs of texts; `first` is the index of the first pair."""
        inputs, targets = (self.encode([pair[side] for pair in batch], offsets=False) for side in (0, 1))
        kept = [place for place in range(len(batch)) if len(inputs[place]) and len(targets[place])]
        chosen = [[encodings[place] for place in kept] for encodings in (inputs, targets)]
        return self.laid_out(first, kept, chosen[0], chosen[1], len(batch) - len(kept))

    def _answered(self, example: Example, encoding: Encoding) -> bool:
        """Whether no character of the first answer is in a truncated token."""
        end = example.answer_starts[0] + len(example.answers[0])
        context = len(input_text(example)) - len(example.context)
        return encoding.offsets[self.max_input_tokens - 1][0] >= context + end
