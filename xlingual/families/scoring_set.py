"""Examples of one language and what a model reads of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlingual.tokens.labelled_pairs import LabelledPairs
from xlingual.tokens.sequences import Sequences
from xlingual.tokens.windows import Windows


@dataclass(frozen=True, slots=True)
class ScoringSet:
    """Examples of one language and a model's inputs of them; `inputs.example` indexes `examples`."""

    examples: tuple[Any, ...]
    inputs: Windows | Sequences | LabelledPairs

    def sample(self, questions: int) -> ScoringSet:
        """The questions whose ids have the smallest hashes, in their order; all if there are not more.

        A question is in the sample or not whatever set it is asked in, so that languages share the ids.
        """
        if questions >= len(self.examples):
            return self
        by_hash = sorted(range(len(self.examples)), key=lambda i: hashlib.sha256(self.examples[i].id.encode()).digest())
        chosen = np.sort(np.array(by_hash[:questions]))
        return ScoringSet(tuple(self.examples[i] for i in chosen), self.inputs.of_examples(chosen))
