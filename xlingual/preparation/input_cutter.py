"""One model's inputs of examples, pairs and texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.examples import ExampleSet
from xlingual.families import Checkpoint, Family, Inputs, Lengths, ScoringSet
from xlingual.tokens.feature_store import (
    Examples,
    PairTexts,
    TextPairs,
    fingerprint_tokenizer,
    stored_pairs,
    stored_text_sequences,
)
from xlingual.tokens.pairs import Pairs, make_pairs
from xlingual.tokens.rewritable import Rewritable
from xlingual.tokens.sequence_cutter import sequences_of_texts
from xlingual.tokens.sequences import Sequences


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
    def of(cls, checkpoint: Checkpoint, settings: Lengths, features: Path | None) -> InputCutter:
        """Make one for a checkpoint; other arguments as the attributes."""
        fingerprint = fingerprint_tokenizer(checkpoint.directory) if features else ""
        return cls(checkpoint.family, checkpoint.tokenizer, fingerprint, settings, features)

    def inputs(self, part: Examples, *, targets: bool) -> Inputs:
        """Make inputs of questions, see `Family.inputs`."""
        if self.features is None:
            return self.family.inputs(self.tokenizer, part.examples, self.settings, targets=targets)
        return self.family.stored_inputs(
            self.features, self.tokenizer, self.fingerprint, part, self.settings, targets=targets
        )

    def rewritable(self, inputs: Inputs, part: ExampleSet, lexicons: Lexicons) -> Rewritable:
        """Add to inputs what they were made of, see `Family.rewritable`."""
        return self.family.rewritable(inputs, self.tokenizer, part.examples, lexicons, self.settings)

    def pairs(self, source: PairTexts) -> Pairs:
        """Make questions and answers pairs."""
        longest = self.settings.longest
        assert longest is not None, "a family fills lengths in"
        if self.features is None:
            return make_pairs(self.tokenizer, source.texts, max_length=longest)
        return stored_pairs(self.features, self.tokenizer, self.fingerprint, source, max_length=longest)

    def texts(self, source: TextPairs) -> Sequences:
        """Make texts to read and to write sequences."""
        lengths = self.settings.model_dump(include={"max_input_tokens", "max_target_tokens"})
        if self.features is None:
            return sequences_of_texts(self.tokenizer, source.texts, **lengths)
        return stored_text_sequences(self.features, self.tokenizer, self.fingerprint, source, **lengths)

    def scoring_sets(self, examples: Mapping[str, ExampleSet]) -> dict[str, ScoringSet]:
        """Make inputs of questions that are asked, by language."""
        return {
            language: ScoringSet(part.examples, self.inputs(part, targets=False)) for language, part in examples.items()
        }
