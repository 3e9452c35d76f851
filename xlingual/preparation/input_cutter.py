"""One model's inputs of examples, pairs and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.examples import ExampleSet
from xlingual.families import Family, Inputs, Lengths, ScoringSet
from xlingual.preparation.faq_sources import BitextPairs, FaqSource, GenerationPairs, PassageExamples, RowPairs
from xlingual.records.files import read_json, write_json
from xlingual.study import TextToTextSettings, WindowSettings
from xlingual.tokens.feature_store import Examples, fingerprint_tokenizer, stored_pairs, stored_text_sequences
from xlingual.tokens.pairs import Pairs, make_pairs
from xlingual.tokens.rewritable import Rewritable, RewritableSequences, RewritableWindows
from xlingual.tokens.sequence_cutter import sequences_of_texts
from xlingual.tokens.sequences import Sequences
from xlingual.tokens.windows import Windows


@dataclass(frozen=True)
class InputCutter:
    """Makes inputs for one tokenizer, in memory or (where there is a folder for them) on disk.

    Attributes:
        family: the model's.
        tokenizer: see `Family.tokenizer`.
        fingerprint: of the tokenizer's files, where there is a folder.
        settings: lengths of the family's kind.
        features: the folder; None for memory.
    """

    family: Family
    tokenizer: Any
    fingerprint: str
    settings: Lengths
    features: Path | None

    @classmethod
    def of(
        cls, family: Family, tokenizer: Any, directory: Path, settings: Lengths, features: Path | None
    ) -> InputCutter:
        """Make one for the checkpoint in a directory; other arguments as the attributes."""
        return cls(family, tokenizer, fingerprint_tokenizer(directory) if features else "", settings, features)

    @property
    def max_length(self) -> int:
        """Most tokens of what a model reads at once."""
        if isinstance(self.settings, WindowSettings):
            return self.settings.max_length
        assert self.settings.max_input_tokens is not None, "a family fills lengths in"
        return self.settings.max_input_tokens

    def inputs(self, part: Examples, *, targets: bool) -> Inputs:
        """Make inputs of questions, see `Family.inputs`."""
        if self.features is None:
            return self.family.inputs(self.tokenizer, part.examples, self.settings, targets=targets)
        return self.family.stored_inputs(
            self.features, self.tokenizer, self.fingerprint, part, self.settings, targets=targets
        )

    def rewritable(self, inputs: Inputs, part: ExampleSet, lexicons: Lexicons) -> Rewritable:
        """Add to inputs what they were made of, and the lexicons that these may be rewritten with."""
        settings = self.settings
        if isinstance(settings, WindowSettings):
            assert isinstance(inputs, Windows)
            lengths = {"max_length": settings.max_length, "stride": settings.stride}
            return RewritableWindows.of(inputs, part.examples, self.tokenizer, lexicons, **lengths)
        assert isinstance(inputs, Sequences)
        return RewritableSequences.of(inputs, part.examples, self.tokenizer, lexicons, **self._most_tokens)

    def examples(self, source: FaqSource) -> Inputs | Pairs:
        """Make what a recipe's objective reads of what it makes of FAQ rows."""
        if isinstance(source, PassageExamples):
            passages = self.inputs(source, targets=True)
            self._keep_counts(source)
            return passages
        if isinstance(source, GenerationPairs):
            if self.features is None:
                return sequences_of_texts(self.tokenizer, source.texts, **self._most_tokens)
            return stored_text_sequences(self.features, self.tokenizer, self.fingerprint, source, **self._most_tokens)
        if not isinstance(source, RowPairs | BitextPairs):
            return self.inputs(source, targets=True)
        if self.features is None:
            return make_pairs(self.tokenizer, source.texts, max_length=self.max_length)
        return stored_pairs(self.features, self.tokenizer, self.fingerprint, source, max_length=self.max_length)

    @property
    def _most_tokens(self) -> dict[str, int]:
        """Most tokens that a text-to-text model reads and writes in training."""
        settings = self.settings
        assert isinstance(settings, TextToTextSettings), "no other model writes texts"
        assert settings.max_input_tokens is not None and settings.max_target_tokens is not None
        return {"max_input_tokens": settings.max_input_tokens, "max_target_tokens": settings.max_target_tokens}

    def _keep_counts(self, source: PassageExamples) -> None:
        """Keep what became of the rows beside the windows, for studies that find these there already."""
        if self.features is None:
            return
        path = self.features / f"{source.fingerprint}.counts.json"
        if source.counts:
            write_json(path, dict(source.counts))
        elif path.exists():
            source.counts.update(read_json(path))

    def scoring_sets(self, examples: Mapping[str, ExampleSet]) -> dict[str, ScoringSet]:
        """Make inputs of questions that are asked, by language."""
        return {
            language: ScoringSet(part.examples, self.inputs(part, targets=False)) for language, part in examples.items()
        }
