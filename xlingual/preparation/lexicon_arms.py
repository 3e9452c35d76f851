"""Which arms alter texts, and the lexicons that they draw words from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.data.augmentation.lexicon_files import load_dictionary, load_synonyms
from xlingual.errors import DataError
from xlingual.study import Study, arm_space
from xlingual.study.robust import ALTERING_TEXT
from xlingual.study.space import Choice
from xlingual.tokens.rewritable import Lexicons


def text_methods(study: Study, arm: str) -> frozenset[str]:
    """Names of the methods by which trials of an arm may alter texts, those in a choice's options included."""
    return frozenset(name for name, _ in _methods(study, arm))


def load_lexicons(study: Study, synonyms: str | None, dictionaries: Mapping[str, str]) -> Lexicons:
    """Read the lexicons that some arm of a study asks for, and no others.

    Args:
        study: its arms decide.
        synonyms: where they are.
        dictionaries: by language, where they are.

    Raises:
        DataError: when one is not named, absent, malformed or empty.
    """
    methods = [method for arm in study.arms for method in _methods(study, arm)]
    substituted = any(name == "word_substitution" for name, _ in methods)
    languages = {
        language
        for name, settings in methods
        if name == "code_switch"
        for language in settings.get("languages") or _named(dictionaries)
    }
    absent = sorted(languages - dictionaries.keys())
    if absent:
        raise DataError(f"data.dictionaries: no dictionary of {', '.join(absent)}, which code_switch asks for; add one")
    if substituted and synonyms is None:
        raise DataError("data.synonyms: not there, and word_substitution asks for it; name a JSON file of synonyms")
    return Lexicons(
        load_synonyms(synonyms) if substituted and synonyms is not None else None,
        {language: load_dictionary(dictionaries[language], language) for language in sorted(languages)},
    )


def _named(dictionaries: Mapping[str, str]) -> Mapping[str, str]:
    if not dictionaries:
        raise DataError("data.dictionaries: not there, and code_switch asks for them; name a file for each language")
    return dictionaries


def _methods(study: Study, arm: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each method of an arm that alters texts, with its settings; one with several options comes several times."""
    for robust in _options(arm_space(study, arm)["robust"]):
        for name in ALTERING_TEXT:
            yield from ((name, settings) for settings in _options(robust.get(name)))


def _options(tree: Any) -> Iterator[Mapping[str, Any]]:
    """The settings that a part of a drawn tree may be."""
    if isinstance(tree, Choice):
        for option in tree.options:
            yield from _options(option)
    elif isinstance(tree, Mapping):
        yield tree
