"""Read lexicons from files: synonyms as JSON, dictionaries in columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from xlingual.data.augmentation.lexicon import Lexicon
from xlingual.errors import DataError
from xlingual.json_text import parsed

SEPARATOR = " | "
"""Separates the alternatives in a cell of a table."""


def load_synonyms(source: str) -> Lexicon:
    """Read synonyms: a JSON object from English words to lists of synonyms, like `counterfitted_neighbors.json`.

    Raises:
        DataError: when the file does not exist, has another layout, or has no synonyms.
    """
    key, layout = "data.synonyms", '{"word": ["synonym", ...], ...}'
    text = _text(source, key, f"a JSON file such as {layout}")
    try:
        entries = parsed(text)
    except json.JSONDecodeError as error:
        raise DataError(f"{key}: {source}:{error.lineno}: not JSON ({error.msg}); write {layout}") from None
    if not isinstance(entries, dict):
        raise DataError(f"{key}: {source}: expected a JSON object, found a {type(entries).__name__}; write {layout}")
    for word, found in entries.items():
        if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
            where = _line_of(text, json.dumps(word), json.dumps(word, ensure_ascii=False))
            raise DataError(
                f"{key}: {source}:{where}: {word!r:.40} has {found!r:.60}; write a list of words, or [] for none"
            )
    return _not_empty(Lexicon.of(entries), f"{key}: {source}: no word has a synonym; write {layout}")


def load_dictionary(source: str, language: str) -> Lexicon:
    """Read translations of English words into one language.

    Two layouts are supported:

    - Two columns, English word and translation, separated by a tab or white space (as in MUSE; a word with several
      translations has several lines).
    - A tab-separated table whose first line names the columns by language code, including `en` and the language.
      Alternatives within a cell are separated by ` | `; each English alternative gets all those of the other cell.

    Raises:
        DataError: when the file does not exist, a line has other columns, or no word is translated.
    """
    key = f"data.dictionaries.{language}"
    text = _text(source, key, "a file with an English word and its translation on each line")
    lines = text.split("\n")  # splitlines would split at more characters
    header = [cell.strip() for cell in lines[0].split("\t")]
    pairs = (
        _of_table(lines, header, language, f"{key}: {source}")
        if "en" in header or len(header) > 2
        else _of_columns(lines, f"{key}: {source}")
    )
    entries: dict[str, list[str]] = {}
    for word, translation in pairs:
        entries.setdefault(word, []).append(translation)
    remedy = f"write an English word and its {language} translation on each line, separated by a tab"
    return _not_empty(Lexicon.of(entries), f"{key}: {source}: no word has a translation other than itself; {remedy}")


def _of_columns(lines: Sequence[str], name: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, start=1):
        cells = [cell.strip() for cell in (line.split("\t") if "\t" in line else line.split())]
        if len(cells) == 2 and all(cells):
            yield cells[0], cells[1]
        elif line.strip():
            raise DataError(
                f"{name}:{number}: {len(cells)} columns in {line!r:.60}; write an English word and "
                "its translation, separated by a tab"
            )


def _of_table(lines: Sequence[str], header: Sequence[str], language: str, name: str) -> Iterator[tuple[str, str]]:
    absent = [code for code in ("en", language) if code not in header]
    if absent:
        columns = ", ".join(header)
        raise DataError(
            f"{name}:1: no column {' and no column '.join(absent)} in the table (its first line names {columns:.80}); "
            f"write a first line that names en and {language}, or two columns without one"
        )
    english, other = header.index("en"), header.index(language)
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) != len(header):
            if not line.strip():
                continue
            raise DataError(f"{name}:{number}: {len(cells)} columns, but the first line names {len(header)}")
        for word in _alternatives(cells[english]):
            yield from ((word, translation) for translation in _alternatives(cells[other]))


def _alternatives(cell: str) -> list[str]:
    return [one.strip() for one in cell.split(SEPARATOR) if one.strip()]


def _text(source: str, key: str, wanted: str) -> str:
    path = Path(source).expanduser()
    if not path.is_file():
        found = "a directory" if path.is_dir() else "nothing"
        raise DataError(f"{key}: {source}: expected {wanted}, found {found}; write the path of the file")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise DataError(f"{key}: {source}:{line}: not UTF-8; save the file as UTF-8") from None


def _line_of(text: str, *written: str) -> int:
    """Line of a key of a JSON object, given its likely spellings."""
    places = [place for one in written if (place := text.find(one)) >= 0]
    return text.count("\n", 0, min(places, default=0)) + 1


def _not_empty(lexicon: Lexicon, message: str) -> Lexicon:
    if not len(lexicon):
        raise DataError(message)
    return lexicon
