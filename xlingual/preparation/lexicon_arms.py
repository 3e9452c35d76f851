"""Which arms alter texts, and the lexicons that they draw words from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from xlingual.data.augmentation.lexicon import Lexicons
from xlingual.data.augmentation.lexicon_files import load_dictionary, load_synonyms
from xlingual.errors import DataError
from xlingual.study import Study, arm_space
from xlingual.study.methods import DICTIONARIES, SYNONYMS, TextMethod
from xlingual.study.methods.registry import METHODS
from xlingual.study.space import values


def text_methods(study: Study, arm: str) -> frozenset[str]:
    """Names of the methods by which trials of an arm may alter texts, those in a choice's options included."""
    return frozenset(method.name for method, _ in _methods(study, arm))


def load_lexicons(study: Study, synonyms: str | None, dictionaries: Mapping[str, str]) -> Lexicons:
    """Read the lexicons that some arm of a study asks for, and no others.

    Args:
        study: its arms decide.
        synonyms: where they are.
        dictionaries: by language, where they are.

    Raises:
        DataError: when one is not named, absent, malformed or empty.
    """
    languages: dict[str, str] = {}
    synonyms_for = ""
    for method, settings in (one for arm in study.arms for one in _methods(study, arm)):
        if method.words is SYNONYMS:
            synonyms_for = method.name
        if method.words is DICTIONARIES:
            asked = settings.get("languages") or _named(dictionaries, method.name)
            languages |= dict.fromkeys(asked, method.name)
    if absent := sorted(languages.keys() - dictionaries.keys()):
        users = " and ".join(dict.fromkeys(languages[language] for language in absent))
        raise DataError(f"data.dictionaries: no dictionary of {', '.join(absent)} for {users}; add one for each")
    if synonyms_for and synonyms is None:
        raise DataError(f"data.synonyms: missing, and {synonyms_for} needs it; name a JSON file of synonyms")
    return Lexicons(
        load_synonyms(synonyms) if synonyms_for and synonyms is not None else None,
        {language: load_dictionary(dictionaries[language], language) for language in sorted(languages)},
    )


def _named(dictionaries: Mapping[str, str], method: str) -> Mapping[str, str]:
    if not dictionaries:
        raise DataError(f"data.dictionaries: missing, and {method} needs them; name a file for each language")
    return dictionaries


def _methods(study: Study, arm: str) -> Iterator[tuple[TextMethod[Any], Mapping[str, Any]]]:
    """Each method of an arm that alters texts, with its settings; one with several options comes several times."""
    for robust in values(arm_space(study, arm)["robust"]):
        for name, method in METHODS.items():
            if isinstance(method, TextMethod):
                found = values((robust or {}).get(name))
                yield from ((method, settings) for settings in found if settings is not None)
