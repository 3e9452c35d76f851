"""A dictionary of a toy world: its words in all languages, in the layout of a table that `code_switch` reads."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.data.toy.vocabularies import Lexicon, Tongue


def dictionary_table(lexicon: Lexicon) -> str:
    """Return a line with the languages' codes, then one a word; names and numbers, which all share, are not there."""
    columns = {language: list(_words(tongue)) for language, tongue in lexicon.tongues.items()}
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join("\t".join(row) + "\n" for row in rows)


def _words(tongue: Tongue) -> Iterator[str]:
    yield from (*tongue.relations, *tongue.questions, *tongue.fillers, tongue.pronoun)
