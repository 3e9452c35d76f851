"""Turn pairs of sentences into input sequences of a text-to-text model, and their labels' words into targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xlingual.activity import doing
from xlingual.data.examples import SentencePair
from xlingual.errors import DataError
from xlingual.tokens.labelled_pairs import longest_first
from xlingual.tokens.sequence_maker import SequenceMaker, batches
from xlingual.tokens.sequences import Sequences, joined
from xlingual.tokens.text_encoder import Encoding, TextEncoder
from xlingual.tokens.threads import in_order
from xlingual.tokens.windows import Segment


@dataclass(frozen=True)
class PairPrompt:
    """How a pair is read and its label written.

    Attributes:
        template: the input, with the sentences as `{first}` and `{second}`.
        words: from each label to its word.
    """

    template: str
    words: Mapping[str, str]

    def text(self, pair: SentencePair) -> str:
        """The input of a pair."""
        return self.template.format(first=pair.first, second=pair.second)

    def spans(self, pair: SentencePair) -> tuple[tuple[int, int], tuple[int, int]]:
        """First and past-last character of both sentences in the input."""
        before, rest = self.template.split("{first}")
        between, _ = rest.split("{second}")
        first = len(before.format())
        second = first + len(pair.first) + len(between.format())
        return (first, first + len(pair.first)), (second, second + len(pair.second))

    def word(self, pair: SentencePair) -> str:
        """The target of a pair.

        Raises:
            DataError: when the task has no such label.
        """
        if pair.label not in self.words:
            raise DataError(
                f"pair {pair.id}: label {pair.label!r} is none of the task's, which has {', '.join(self.words)}; "
                "mend the label, or name other data"
            )
        return self.words[pair.label]


@doing("tokenising")
def make_pair_sequences(
    tokenizer: Any,
    examples: Iterable[SentencePair],
    *,
    prompt: PairPrompt,
    max_input_tokens: int,
    max_target_tokens: int | None,
    threads: int | None = None,
) -> Sequences:
    """Make input sequences of pairs and, for training, target sequences of their labels' words.

    Of an input that is too long the longer sentence loses its end first, then both do, as with `longest_first` of
    `transformers`; what the prompt says around them stays.

    Args:
        tokenizer: a fast tokenizer, or ByT5's; it must not be called by others meanwhile.
        examples: pairs, read once, in order.
        prompt: of the task.
        max_input_tokens: maximum tokens of an input, including the end-of-sequence token.
        max_target_tokens: the same for targets; None for pairs to classify, whose targets are empty.
        threads: number of tokenising threads; None for all cores available to this process. Does not affect the result.

    Raises:
        ModelError: when the tokenizer is slow and not ByT5's, or does not end texts with an end-of-sequence token.
        DataError: when `max_input_tokens` is too small for two sentences, or a pair has another label.
    """
    lengths: dict[str, Any] = {"max_input_tokens": max_input_tokens, "max_target_tokens": max_target_tokens}
    return joined(list(pair_sequences_in_pieces(tokenizer, examples, prompt=prompt, **lengths, threads=threads)))


def pair_sequences_in_pieces(
    tokenizer: Any,
    examples: Iterable[SentencePair],
    *,
    prompt: PairPrompt,
    max_input_tokens: int,
    max_target_tokens: int | None,
    threads: int | None = None,
) -> Iterator[Sequences]:
    """Yield the sequences of `make_pair_sequences` in pieces; pointers begin at 0 in each."""
    cutter = PairSequenceCutter.of(tokenizer, prompt, max_input_tokens, max_target_tokens)
    cut = batches((pair, len(pair.first) + len(pair.second)) for pair in examples)
    return in_order(lambda batch: cutter.sequences(*batch), cut, cutter.threads(threads))


@dataclass(frozen=True)
class PairSequenceCutter(SequenceMaker):
    """Makes sequences of batches of pairs; thread-safe.

    Attributes:
        prompt: of the task.
    """

    prompt: PairPrompt

    @classmethod
    def of(
        cls, tokenizer: Any, prompt: PairPrompt, max_input_tokens: int, max_target_tokens: int | None
    ) -> PairSequenceCutter:
        """Set up a tokenizer; see `make_pair_sequences` for arguments and errors."""
        encoder = TextEncoder.of_tokenizer(tokenizer)
        ends = (encoder.backend, encoder.first_byte, encoder.end_token)
        cutter = cls(*ends, max_input_tokens, max_target_tokens, prompt)
        least = len(cutter.encode([prompt.template.format(first="", second="")], offsets=False)[0]) + 3
        if max_input_tokens < least:
            raise DataError(
                f"text_to_text.max_input_tokens: {max_input_tokens} leaves no room for two sentences in "
                f"{prompt.template.format(first='...', second='...')!r}; write {least} or more"
            )
        return cutter

    def sequences(self, first: int, batch: Sequence[SentencePair], segment: Segment | None = None) -> Sequences:
        """Sequences of consecutive pairs.

        Args:
            first: index of the first pair.
            batch: the pairs.
            segment: re-segments input texts; targets are unaffected.
        """
        texts = [self.prompt.text(pair) for pair in batch]
        inputs = self.encode(texts, offsets=segment is not None)
        if segment is not None:
            inputs = [segment(place, encoding, texts[place]) for place, encoding in enumerate(inputs)]
        long = [place for place, encoding in enumerate(inputs) if len(encoding) >= self.max_input_tokens]
        measured = self.encode([texts[i] for i in long], offsets=True) if segment is None else [inputs[i] for i in long]
        for place, encoding in zip(long, measured, strict=True):
            inputs[place] = self._shortened(encoding, batch[place])
        targets = None
        if self.max_target_tokens is not None:
            targets = self.encode([self.prompt.word(pair) for pair in batch], offsets=False)
        made = self.laid_out(first, range(len(batch)), inputs, targets, 0)
        return replace(made, inputs_cut=len(long))

    def _shortened(self, encoding: Encoding, pair: SentencePair) -> Encoding:
        """Leave tokens at the ends of sentences out until the rest fits."""
        ends = np.asarray([end for _, end in encoding.offsets], dtype=np.int64)
        sides = [np.flatnonzero((ends > start) & (ends <= stop)) for start, stop in self.prompt.spans(pair)]
        around = len(ends) - sum(map(len, sides))
        first, second = (np.asarray([len(side)], dtype=np.int64) for side in sides)
        kept = longest_first(first, second, self.max_input_tokens - 1 - around)
        lost = {int(i) for side, some in zip(sides, kept, strict=True) for i in side[int(some[0]) :]}
        rest = [i for i in range(len(ends)) if i not in lost]
        return _Shortened([encoding.ids[i] for i in rest], [encoding.offsets[i] for i in rest])


@dataclass(frozen=True)
class _Shortened:
    """Some tokens of a text."""

    ids: list[int]
    offsets: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.ids)
