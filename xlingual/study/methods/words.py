"""The data that methods draw words from: synonyms, and translations into other languages."""

from __future__ import annotations

from typing import Any, ClassVar, Protocol

SYNONYMS_SOURCE = "synonyms"


def dictionary_source(language: str) -> str:
    """Return the name of a dictionary among a trial's sources."""
    return f"dictionary of {language}"


class WordSource(Protocol):
    """A key of a study's `data` that names words.

    Attributes:
        key: see above.
        drawn: what is drawn from it.
        example: what to write for it, in words.
        in_toy_studies: the same in a study of the toy world.
    """

    key: ClassVar[str]
    drawn: ClassVar[str]
    example: ClassVar[str]
    in_toy_studies: ClassVar[str]

    def names(self, settings: Any) -> tuple[str, ...]:
        """Return the names of the sources of words that a trial with a method's settings reads."""
        ...


class Synonyms:
    """Synonyms of English words."""

    key: ClassVar[str] = "synonyms"
    drawn: ClassVar[str] = "synonyms are drawn"
    example: ClassVar[str] = "FILE.json (an object from words to lists of synonyms)"
    in_toy_studies: ClassVar[str] = example

    def names(self, settings: Any) -> tuple[str, ...]:
        """Return the one name."""
        return (SYNONYMS_SOURCE,)


class Dictionaries:
    """Translations of English words; the settings of a method that draws from them have `languages`."""

    key: ClassVar[str] = "dictionaries"
    drawn: ClassVar[str] = "translations are drawn"
    example: ClassVar[str] = "{de: en-de.txt} (words and translations in columns)"
    in_toy_studies: ClassVar[str] = "toy"

    def names(self, settings: Any) -> tuple[str, ...]:
        """Return the name of each language's dictionary."""
        return tuple(map(dictionary_source, settings.languages or ()))


SYNONYMS = Synonyms()
DICTIONARIES = Dictionaries()
