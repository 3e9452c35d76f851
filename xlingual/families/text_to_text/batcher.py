"""Sequences as a text-to-text model's inputs."""

from __future__ import annotations

from xlingual.families.batches import Batcher
from xlingual.families.pass_limits import tokens_per_pass

STEP_TOKENS = 4096
"""Input tokens that a CPU answers together. Each token that is written reads the whole head, for one answer as for
many: 24 answers of 16 tokens by an mT5 small took 24.8 s of one thread at 1,024 tokens, 11.3 s at 4,096, 9.2 s at
16,384."""


class TextBatcher(Batcher):
    """A padded row for each sequence: relative positions would run across inputs that share a row."""

    @property
    def tokens_per_pass(self) -> int:
        """Input tokens that are answered well together."""
        return max(STEP_TOKENS, tokens_per_pass(self._device))
