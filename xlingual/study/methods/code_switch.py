"""Translations in place of English words."""

from __future__ import annotations

from typing import Annotated

from xlingual.study.derived import FIXED, MILDEST_LOW
from xlingual.study.leaves import Languages, Share
from xlingual.study.methods.method import TextMethod
from xlingual.study.methods.words import DICTIONARIES
from xlingual.study.section import Section


class CodeSwitch(Section):
    """English words replaced by translations of `data.dictionaries` (CoSDA-ML, arXiv 2006.06402; xTune, 2106.08226).

    A word that has a translation into some of `languages` (none: all dictionaries) is replaced, with probability
    `rate`, by the translation of a language drawn evenly among these.
    """

    rate: Annotated[Share, MILDEST_LOW] = 0.3
    languages: Annotated[Languages | None, FIXED] = None


class CodeSwitchMethod(TextMethod[CodeSwitch]):
    """Code switching."""

    name = "code_switch"
    settings = CodeSwitch
    implementation = "xlingual.data.augmentation.code_switch:CodeSwitch"
    strength = "rate"
    short = "switch"
    words = DICTIONARIES

    def completed(self, settings: CodeSwitch, dictionaries: tuple[str, ...]) -> CodeSwitch:
        """Name the languages, in alphabetical order: all that have a dictionary where the settings name none."""
        return settings.model_copy(update={"languages": tuple(sorted(settings.languages or dictionaries))})

    def languages(self, settings: CodeSwitch) -> tuple[str, ...]:
        """Return the languages that words are translated into."""
        return settings.languages or ()


METHOD = CodeSwitchMethod()
