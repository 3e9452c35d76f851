"""What a study asks of the data of a test set of sentence pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from xlingual.activity import doing
from xlingual.data.examples import ExampleSet, SentencePair
from xlingual.data.sentence_pairs.crossing import cross_test_pairs
from xlingual.data.sentence_pairs.pair_files import is_of_one_language, languages_of
from xlingual.data.sentence_pairs.pair_source import PairSource
from xlingual.data.sentence_pairs.test_pairs import load_test_pairs
from xlingual.data.sentence_pairs.training_pairs import load_training_pairs


@dataclass(frozen=True)
class PairReader:
    """Reads a test set, its training data, and its pairs in two languages."""

    layout: PairSource

    @doing("reading test pairs")
    def load(
        self, source: str, languages: Sequence[str], paragraphs: int | None = None
    ) -> dict[str, ExampleSet[SentencePair]]:
        """See `load_test_pairs`."""
        return load_test_pairs(self.layout, source, languages, paragraphs)

    @doing("reading test pairs")
    def stated(self, source: str, languages: Sequence[str]) -> dict[str, ExampleSet[SentencePair]]:
        """All test pairs of a source, for the check of training data; see `load_test_pairs`.

        A file that does not say which language it is in is read once.
        """
        return load_test_pairs(self.layout, source, languages[:1] if is_of_one_language(source) else languages)

    def languages_of(self, source: str) -> list[str]:
        """See `languages_of`."""
        return languages_of(self.layout, source)

    @doing("reading sentence pairs")
    def load_training(
        self, source: str, *, language: str = "en", split: Literal["train", "dev"] = "train"
    ) -> ExampleSet[SentencePair]:
        """See `load_training_pairs`."""
        return load_training_pairs(self.layout, source, language=language, split=split)

    @doing("reading test pairs")
    def cross(
        self, source: str, pairs: Sequence[tuple[str, str]], paragraphs: int | None = None
    ) -> dict[str, ExampleSet[SentencePair]]:
        """See `cross_test_pairs`."""
        return cross_test_pairs(self.layout, source, pairs, paragraphs)
