"""Synonyms in place of English words."""

from __future__ import annotations

from typing import Annotated

from xlingual.study.derived import MILDEST_LOW
from xlingual.study.leaves import Count, Share
from xlingual.study.methods.method import TextMethod
from xlingual.study.methods.words import SYNONYMS
from xlingual.study.section import Section


class WordSubstitution(Section):
    """English words replaced by synonyms of `data.synonyms`: randomised smoothing by data augmentation.

    Huang et al., arXiv 2104.08645. A word that has synonyms is replaced by one of them with probability `rate`, or
    (None, as published) drawn evenly from itself and them. An example has that many `copies`, used in turn (None:
    another one in every epoch).
    """

    rate: Annotated[Share | None, MILDEST_LOW] = None
    copies: Count | None = None


class WordSubstitutionMethod(TextMethod[WordSubstitution]):
    """Word substitution."""

    name = "word_substitution"
    settings = WordSubstitution
    implementation = "xlingual.data.augmentation.word_substitution:WordSubstitution"
    strength = "rate"
    short = "synonyms"
    words = SYNONYMS

    def copies(self, settings: WordSubstitution) -> int | None:
        """Return the number of versions of an example."""
        return settings.copies


METHOD = WordSubstitutionMethod()
