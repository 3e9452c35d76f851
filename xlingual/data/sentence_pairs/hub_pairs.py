"""Read sentence pairs from the hub, from a copy of a hub data set, or from a directory of `save_to_disk`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from xlingual.data.hub import hub_rows, saved_rows
from xlingual.data.sentence_pairs.columns import columns_of, lacking
from xlingual.data.sentence_pairs.stated_pairs import StatedPair
from xlingual.data.texts import mended
from xlingual.errors import DataError


def pairs_of_hub(
    source: str, *, split: str, configuration: str | None, language: str, labels: Sequence[str]
) -> list[StatedPair]:
    """The pairs of one language in a split, in order.

    Args:
        source: hub id, or a directory in the same layout.
        split: of the data set.
        configuration: of the data set; None where it has a single one.
        language: two-letter; rows of other languages are left out where a column names theirs.
        labels: in the order of class ids, which are written in place of labels.

    Raises:
        DataError: see `hub_rows`; also when a column or the language is missing.
    """
    name = f"{source} {configuration} {split}" if configuration else f"{source} {split}"
    rows = hub_rows(source, split=split, columns=(), configuration=configuration)
    return _of_language(_pairs(rows, name, labels), name, language)


def pairs_of_saved(path: Path, *, splits: Sequence[str], language: str, labels: Sequence[str]) -> list[StatedPair]:
    """The pairs of one language in a directory written by `save_to_disk`; see `pairs_of_hub` and `saved_rows`."""
    name = f"{path} {splits[0]}"
    return _of_language(_pairs(saved_rows(path, splits=splits, columns=()), name, labels), name, language)


def _of_language(stated: Iterable[StatedPair], name: str, language: str) -> list[StatedPair]:
    pairs = list(stated)
    found = [pair for pair in pairs if pair.language in ("", language)]
    if not found:
        there = ", ".join(sorted({pair.language for pair in pairs}))
        raise DataError(f"{name}: no pair in {language}, found {there}; name another language or data set")
    return found


def _pairs(rows: Iterable[Mapping[str, Any]], name: str, labels: Sequence[str]) -> Iterator[StatedPair]:
    columns: dict[str, str] = {}
    for number, row in enumerate(rows, start=1):
        if not columns:
            columns = columns_of(list(row))
            if missing := lacking(columns):
                raise DataError(
                    f"{name}: found the columns {', '.join(row)}; {missing} missing; name a data set of sentence pairs"
                )
        parts = {part: _text(row[column]) for part, column in columns.items()}
        parts["label"] = _label(row[columns["label"]], labels)
        yield StatedPair(source=name, line=number, **parts)


def _label(value: Any, labels: Sequence[str]) -> str:
    """The label of a class id; any other value as text."""
    return labels[value] if isinstance(value, int) and 0 <= value < len(labels) else _text(value)


def _text(value: Any) -> str:
    return "" if value is None else mended(str(value)).strip()
