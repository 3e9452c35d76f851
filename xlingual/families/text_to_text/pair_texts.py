"""Text-to-text models that write the word of a sentence pair's label."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, ClassVar

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.examples import SentencePair
from xlingual.errors import ModelError
from xlingual.families.text_to_text.pair_text_usage import usage
from xlingual.families.text_to_text.text_to_text_family import TextToText, lengths_of_sequences, text_lengths
from xlingual.study import Lengths
from xlingual.tasks.sentence_pairs import SentencePairTask
from xlingual.tokens.feature_store import Examples, stored_pair_sequences
from xlingual.tokens.pair_sequences import PairPrompt, PairSequenceCutter, make_pair_sequences
from xlingual.tokens.rewritable import RewritableSequences
from xlingual.tokens.sequences import Sequences


class TextToTextPairs(TextToText):
    """T5, mT5, umT5 and ByT5: both sentences in one text in, the word of the label out (arXiv 2010.11934).

    Args:
        task: its template and words.
    """

    answers_by: ClassVar[str] = "writes the word of a sentence pair's label"
    learns_from: ClassVar[str] = "Pairs of sentences"
    pipeline: ClassVar[str] = "text2text-generation"
    recipes: ClassVar[tuple[str, ...]] = ("contrastive",)

    def __init__(self, task: SentencePairTask) -> None:
        self.task = task
        self.prompt = PairPrompt(task.template, task.words)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TextToTextPairs) and other.task == self.task

    def __hash__(self) -> int:
        return hash((self.name, self.task.name))

    def check(self, directory: Path, lengths: Lengths) -> None:
        """Besides what every text-to-text model needs, its tokenizer must have tokens for the word of each label."""
        super().check(directory, lengths)
        tokenizer = self.tokenizer(directory)
        for label, word in self.prompt.words.items():
            written = tokenizer.decode(tokenizer(word)["input_ids"], skip_special_tokens=True).strip()
            if self.task.label_of(written) != label:
                raise ModelError(
                    f"model {directory}: its tokenizer has no tokens for {word!r}, the word of the label {label} (it "
                    f"would write {written!r}); name an encoder, or a text-to-text model such as google/mt5-base"
                )

    def inputs(self, tokenizer: Any, examples: Iterable[SentencePair], lengths: Lengths, *, targets: bool) -> Sequences:
        """See `make_pair_sequences`."""
        return make_pair_sequences(tokenizer, examples, prompt=self.prompt, **lengths_of_sequences(lengths, targets))

    def stored_inputs(
        self,
        folder: Path,
        tokenizer: Any,
        fingerprint: str,
        examples: Examples[SentencePair],
        lengths: Lengths,
        *,
        targets: bool,
    ) -> Sequences:
        """See `stored_pair_sequences`."""
        most = lengths_of_sequences(lengths, targets)
        return stored_pair_sequences(folder, tokenizer, fingerprint, examples, prompt=self.prompt, **most)

    def rewritable(
        self, inputs: Any, tokenizer: Any, examples: Sequence[SentencePair], lexicons: Lexicons, lengths: Lengths
    ) -> RewritableSequences:
        """See `RewritableSequences.of_pairs`."""
        most = lengths_of_sequences(lengths, True)
        return RewritableSequences.of_pairs(inputs, examples, tokenizer, lexicons, prompt=self.prompt, **most)

    def usage(self, lengths: Lengths) -> str:
        """See `usage`."""
        return usage(text_lengths(lengths), self.prompt)

    def row_extras(self, example: Any, prediction: str) -> dict[str, Any]:
        """Nothing: the task says itself which texts are no labels."""
        return {}

    def _cutter(self, tokenizer: Any, max_input_tokens: int, max_target_tokens: int | None) -> PairSequenceCutter:
        return PairSequenceCutter.of(tokenizer, self.prompt, max_input_tokens, max_target_tokens)
