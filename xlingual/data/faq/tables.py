"""Find the rows of a configuration in a local file, a local copy of a hub data set, or on the hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Protocol

from xlingual.data.faq.row_streams import ENDINGS, file_columns, file_rows, hash_files
from xlingual.data.hub import Row, hub_files, hub_rows
from xlingual.data.location import contents, local_path
from xlingual.errors import DataError

SPLIT = "default"
"""The only split of each WebFAQ configuration."""


class Table(Protocol):
    """The rows of one configuration, such as a language."""

    @property
    def place(self) -> str:
        """The file, or data set and configuration, for messages."""

    def content(self) -> str | None:
        """Hash of the underlying files; None if it cannot be computed without reading from the hub."""

    def open(self, wanted: Sequence[str]) -> tuple[tuple[str, ...], Iterator[Row]]:
        """The names of all columns, and the rows in order with at least the wanted columns.

        If the format has no schema, columns are those of the first row. Raises DataError when it cannot be read.
        """


@dataclass(frozen=True, slots=True)
class FileTable:
    """The rows of one local file."""

    path: Path

    @property
    def place(self) -> str:
        """Path of the file."""
        return str(self.path)

    def content(self) -> str:
        """Hash of the file."""
        return hash_files([self.path])

    def open(self, wanted: Sequence[str]) -> tuple[tuple[str, ...], Iterator[Row]]:
        """Columns and rows, see Table."""
        columns = file_columns(self.path)
        return columns, file_rows(self.path, [name for name in columns if name in wanted])


@dataclass(frozen=True, slots=True)
class HubTable:
    """A configuration of a hub data set, streamed, or of a local copy in the same layout."""

    source: str
    configuration: str

    @property
    def place(self) -> str:
        """Data set and configuration."""
        return f"{self.source} ({self.configuration})"

    def content(self) -> str | None:
        """Hash of the local files of this configuration; None for the hub, whose revision needs the network."""
        if not Path(self.source).is_dir():
            return None
        return hash_files(hub_files(self.source, split=SPLIT, configuration=self.configuration))

    def open(self, wanted: Sequence[str]) -> tuple[tuple[str, ...], Iterator[Row]]:
        """Columns and rows, see Table; a configuration without rows is an error."""
        rows = hub_rows(self.source, configuration=self.configuration, split=SPLIT, columns=(), streaming=True)
        first = next(rows)
        return tuple(first), chain([first], rows)


def find_tables(source: str, configurations: Mapping[str, Sequence[str]]) -> dict[str, Table]:
    """Find the table of each requested configuration.

    Args:
        source: a hub id; a local copy of a hub data set; a directory with one NAME.jsonl, NAME.jsonl.gz or NAME.parquet
            for each configuration, there or in its subdirectory `data`; or one such file if a single configuration is
            requested.
        configurations: the names of each configuration, the hub's first, by any key.

    Raises:
        DataError: when the source does not exist, or a configuration has no file or several.
    """
    path = local_path(source)
    if path is None:
        return {key: HubTable(source, names[0]) for key, names in configurations.items()}
    if path.is_file():
        return _single(path, configurations)
    found = {key: _files(path, names) for key, names in configurations.items()}
    missing = [key for key, files in found.items() if not files]
    if missing and not _has_configurations(path):
        wanted = ", ".join(f"{key} ({configurations[key][0]}.jsonl)" for key in missing)
        raise DataError(
            f"{source}: no file for {wanted}; found {contents(path, 40)}; add the file or leave the language out"
        )
    return {
        key: FileTable(_only(files)) if files else HubTable(str(path), configurations[key][0])
        for key, files in found.items()
    }


def _has_configurations(directory: Path) -> bool:
    """Whether the directory has a hub dataset card that assigns files to configurations."""
    try:
        card = (directory / "README.md").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return card.startswith("---") and "config_name" in card.split("\n---", 1)[0]


def _files(directory: Path, names: Sequence[str]) -> list[Path]:
    places = (folder / (name + ending) for folder in (directory, directory / "data") for name in names
              for ending in ENDINGS)  # fmt: skip
    return [place for place in places if place.is_file()]


def _only(files: Sequence[Path]) -> Path:
    if len(files) > 1:
        names = " and ".join(str(file) for file in files)
        raise DataError(f"several files of one language: {names}; keep one of them")
    return files[0]


def _single(path: Path, configurations: Mapping[str, Sequence[str]]) -> dict[str, Table]:
    if not path.name.endswith(ENDINGS):
        raise DataError(f"{path}: expected a file that ends in {', '.join(ENDINGS)}; convert it to one of these")
    if len(configurations) != 1:
        raise DataError(
            f"{path}: one file holds the rows of one language, but {len(configurations)} were requested "
            f"({', '.join(configurations)}); name one language, or a directory with a file for each"
        )
    return {key: FileTable(path) for key in configurations}
