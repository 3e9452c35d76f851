"""The dictionary of a toy world, as a table that `code_switch` can read."""

from __future__ import annotations

from collections.abc import Iterator

from xlingual.data.toy.vocabularies import Lexicon, Tongue


def dictionary_table(lexicon: Lexicon) -> str:
    """Return a header line of language codes, then one line per word, without the names and numbers shared by all."""
    columns = {language: list(_words(tongue)) for language, tongue in lexicon.tongues.items()}
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    return "".join("\t".join(row) + "\n" for row in rows)


def _words(tongue: Tongue) -> Iterator[str]:
    yield from (*tongue.relations, *tongue.questions, *tongue.fillers, tongue.pronoun)
