"""Checks of lexicons: synonyms and dictionaries are named, and languages fit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xlingual.errors import DataError
from xlingual.languages import two_letter
from xlingual.study.checks.robust import robusts
from xlingual.study.data import TOY
from xlingual.study.draft import Draft
from xlingual.study.finding import Finding
from xlingual.study.methods.method import TextMethod
from xlingual.study.methods.words import DICTIONARIES
from xlingual.study.robust import methods_of
from xlingual.study.section import section_options

_DICTIONARIES = ("data", "dictionaries")


def words_are_named(draft: Draft) -> Iterator[Finding]:
    """Synonyms and translations are drawn from files that the study names."""
    if draft.data is None:
        return
    toy = draft.data.train == TOY
    for path, robust in robusts(draft):
        for method, _ in methods_of(robust, TextMethod):
            words = method.words
            if words is not None and getattr(draft.data, words.key) is None:
                example = words.in_toy_studies if toy else words.example
                message = f"{words.drawn}, but data.{words.key} names none"
                remedy = f"write data.{words.key}: {example}, or delete {method.name}"
                yield Finding((*path, method.name), f"{message}; {remedy}")


def languages_have_dictionaries(draft: Draft) -> Iterator[Finding]:
    """Methods that translate words name languages with a dictionary."""
    if draft.data is None or draft.data.dictionaries is None:
        return
    known = draft.data.dictionary_languages
    for path, robust in robusts(draft):
        for method, space in methods_of(robust, TextMethod):
            for place, settings in section_options(
                space if method.words is DICTIONARIES else None, (*path, method.name)
            ):
                for i, code in enumerate(settings.languages or ()):
                    if code not in known:
                        message = f"data.dictionaries has no {code!r}, it has {', '.join(known)}"
                        yield Finding((*place, "languages", i), f"{message}; write one of these, or add {code} there")


def dictionaries_translate(draft: Draft) -> Iterator[Finding]:
    """Each language but English has one dictionary, and toy words are for toy studies."""
    data = draft.data
    if data is None or data.dictionaries is None:
        return
    written = draft.document.at(_DICTIONARIES)
    seen: dict[str, str] = {}
    for key in written if isinstance(written, Mapping) else ():
        code = _code(str(key))
        if code == "en":
            message = "words are translated from English, so that English has no dictionary"
            yield Finding((*_DICTIONARIES, key), f"{message}; delete this line")
        elif code in seen:
            yield Finding((*_DICTIONARIES, key), f"the language {code!r} is named twice; delete one")
        seen[code] = str(key)
    if data.train != TOY and TOY in data.dictionaries.values():
        toy = next(((key,) for code, key in seen.items() if data.dictionaries.get(code) == TOY), ())
        message = f"the toy world's dictionaries know toy words only, and data.train is {data.train}"
        remedy = "write a file for each language, for example {de: en-de.txt}"
        yield Finding((*_DICTIONARIES, *toy), f"{message}; {remedy}")


def words_are_of_the_source_language(draft: Draft) -> Iterator[Finding]:
    """Lexicons are of English words, so that methods which draw from them work on English training data."""
    if draft.data is None or draft.data.source_language == "en":
        return
    for path, robust in robusts(draft):
        for method, _ in methods_of(robust, TextMethod):
            if method.words is not None:
                message = f"replaces English words, and data.source_language is {draft.data.source_language}"
                yield Finding((*path, method.name), f"{message}; delete {method.name}, or train on English data")


CHECKS = (words_are_named, words_are_of_the_source_language, languages_have_dictionaries, dictionaries_translate)


def _code(key: str) -> str:
    try:
        return two_letter(key)
    except DataError:  # reported by the schema
        return key
