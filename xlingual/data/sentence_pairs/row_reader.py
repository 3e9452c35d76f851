"""Read a tab-separated file of sentence pairs exactly as its layout has it.

Two kinds of layouts are published, and what is in a file tells them apart:

- With a header (PAWS-X's own, XNLI's and MultiNLI's): the header names the columns, and a quotation mark is a letter
  like any other. A reader that takes it for quoting joins lines: it loses 30 of the 2,000 Spanish rows.
- Without a header (XTREME's): first sentence, second sentence, label. A csv writer may have made it, which encloses a
  sentence with quotation marks in further ones and doubles those in it, or no sentence is enclosed. Whichever of the
  two explains every sentence of the file is how it is read; a file with sentences of both kinds is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from xlingual.data.file_kinds import POINTER, is_pointer, opened, pull, readable
from xlingual.data.sentence_pairs.columns import NAMES, columns_of, lacking
from xlingual.data.sentence_pairs.stated_pairs import StatedPair
from xlingual.errors import DataError

_WITHOUT_HEADER = {"first": 0, "second": 1, "label": 2}
_SENTENCES = {*NAMES["first"], *NAMES["second"]}


@dataclass(frozen=True)
class _Layout:
    """Where the parts of a pair are in a line.

    Attributes:
        header: names of the columns; empty without a header.
        places: from a part to the number of its column.
        quoted: whether sentences with quotation marks are enclosed in further ones.
    """

    header: tuple[str, ...]
    places: dict[str, int]
    quoted: bool = False

    @property
    def least(self) -> int:
        """Columns that a line needs. Headers of MultiNLI name more at the end than its lines have."""
        return max(self.places.values()) + 1

    @property
    def most(self) -> int:
        """Columns that a line may have."""
        return len(self.header) or self.least


def pairs_of_file(path: Path) -> list[StatedPair]:
    """Every pair of a file, in order.

    Raises:
        DataError: when the file cannot be read, has no pair, or a line does not fit the layout.
    """
    lines = _lines(path)
    if not lines:
        raise DataError(f"{path}: it is empty; name a file with a pair of sentences and their label on each line")
    header = _header(path, lines[0])
    rows = [line.split("\t") for line in lines]
    layout = header or _without_header(path, rows)
    _check_width(path, rows, layout)
    if header is not None:
        _refuse_quoted(path, rows[1:])
    first = 1 if layout.header else 0
    pairs = [_pair(path, number, row, layout) for number, row in enumerate(rows[first:], start=first + 1)]
    if not pairs:
        raise DataError(f"{path}: it has a header alone; name a file with a pair of sentences on each line below it")
    return pairs


def _lines(path: Path) -> list[str]:
    """The lines without their ends; only a line feed, alone or after a carriage return, ends a line."""
    if path.is_file() and is_pointer(path):
        raise DataError(f"{path}: {POINTER}; {pull(path.parent)}")
    with readable(path), opened(path) as stream:
        text = stream.read().decode("utf-8-sig")
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")] if text.strip() else []


def _header(path: Path, line: str) -> _Layout | None:
    names = [name.strip() for name in line.split("\t")]
    if not _SENTENCES.intersection(names):
        return None
    columns = columns_of(names)
    if missing := lacking(columns):
        raise DataError(
            f"{path}:1: the header {', '.join(names)} lacks {missing}; every pair needs two sentences and a label: "
            "name a file that has them"
        )
    return _Layout(tuple(names), {part: names.index(name) for part, name in columns.items()})


def _without_header(path: Path, rows: Sequence[Sequence[str]]) -> _Layout:
    width = len(rows[0])
    if width == 2:
        raise DataError(
            f"{path}:1: two sentences and no label (XTREME leaves the labels out of its test files); name the files "
            "of the test set's authors, which have them"
        )
    if width != len(_WITHOUT_HEADER):
        raise DataError(
            f"{path}:1: {_columns(width)} and no header; write first sentence, second sentence and label with tabs "
            "between them, or a header such as: id, sentence1, sentence2, label"
        )
    return _Layout((), _WITHOUT_HEADER, _is_quoted(path, rows))


def _check_width(path: Path, rows: Sequence[Sequence[str]], layout: _Layout) -> None:
    named = f"the header names {layout.most}" if layout.header else f"the first line has {layout.most}"
    for number, row in enumerate(rows, start=1):
        if not layout.least <= len(row) <= layout.most:
            what = "an empty line" if row == [""] else _columns(len(row))
            raise DataError(
                f"{path}:{number}: {what}, where {named} ({_names(layout)}); write one pair on each line, with a tab "
                "between columns and none within a sentence"
            )


def _names(layout: _Layout) -> str:
    return ", ".join(layout.header) or "first sentence, second sentence, label"


def _columns(number: int) -> str:
    return f"{number} column{'' if number == 1 else 's'}"


def _is_quoted(path: Path, rows: Sequence[Sequence[str]]) -> bool:
    """Whether a csv writer made a file without a header; False as well if no sentence has a quotation mark."""
    quoted, plain = _quoting(rows)
    if quoted and plain:
        raise DataError(
            f"{path}:{max(quoted[0], plain[0])}: quoting that does not fit the rest of the file: line {quoted[0]} is "
            f"quoted as csv, line {plain[0]} has quotation marks that are not; write all lines alike, or a first line "
            "sentence1, sentence2, label (with tabs): a file with a header is read without quoting"
        )
    return bool(quoted)


def _refuse_quoted(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """Refuse a file with a header whose quotation marks were all written by a csv writer."""
    quoted, plain = _quoting(rows)
    if quoted and not plain:
        raise DataError(
            f"{path}:{quoted[0] + 1}: quoted as csv, but a file with a header is read without quoting; write its "
            "lines as they were published, or remove the header and all columns but sentences and label"
        )


def _quoting(rows: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """Lines with a cell as a csv writer quotes it, and lines with a quotation mark that it would not have written."""
    cells = [(number, cell) for number, row in enumerate(rows, start=1) for cell in row if '"' in cell]
    return [n for n, cell in cells if _of_csv(cell)], [n for n, cell in cells if not _of_csv(cell)]


def _of_csv(cell: str) -> bool:
    """Whether a csv writer made the cell: it encloses only what has a quotation mark, and doubles those."""
    inner = cell[1:-1]
    return len(cell) > 2 and cell[0] == cell[-1] == '"' and '""' in inner and '"' not in inner.replace('""', "")


def _pair(path: Path, number: int, row: Sequence[str], layout: _Layout) -> StatedPair:
    parts = dict(_parts(row, layout))
    return StatedPair(source=str(path), line=number, **parts)


def _parts(row: Sequence[str], layout: _Layout) -> Iterator[tuple[str, str]]:
    for part, place in layout.places.items():
        cell = row[place]
        if layout.quoted and '"' in cell:
            cell = cell[1:-1].replace('""', '"')
        yield part, cell.strip()
