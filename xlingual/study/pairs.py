"""The pairs section: how much of two sentences an encoder reads."""

from __future__ import annotations

from typing import ClassVar

from xlingual.study.lengths import Lengths
from xlingual.study.windows import Length


class PairSettings(Lengths):
    """Length in tokens, for encoders that classify pairs of sentences.

    Both sentences and special tokens take at most `max_length` tokens; of longer pairs the longer sentence loses its
    end first, as with `truncation="longest_first"` in transformers.
    """

    key: ClassVar[str] = "pairs"
    family: ClassVar[str] = "pair_classification"
    models: ClassVar[str] = "encoders"
    unit: ClassVar[str] = "pairs"
    answers: ClassVar[str] = "label"
    bound: ClassVar[str] = "max_length"
    writes_answers: ClassVar[bool] = False

    max_length: Length = 128
