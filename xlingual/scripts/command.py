"""The command line of every script of `analysis/`: studies in; tables, CSV, LaTeX and figures out."""

from __future__ import annotations

import argparse
import csv
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from rich.console import Console

from xlingual.activity import doing
from xlingual.analyses.study_records import StudyRecords, read_records
from xlingual.errors import DataError, XlingualError
from xlingual.figures.style import check_format, save
from xlingual.progress.activities import activities_shown
from xlingual.records.attached import study_argument
from xlingual.report.notes import warnings
from xlingual.report.table import Notes
from xlingual.report.wide_table import WideTable
from xlingual.scripts.latex import latex

Studies = Mapping[str, StudyRecords]
"""By label: a study's name, its path where names repeat."""


@dataclass(frozen=True)
class Findings:
    """What a script found.

    Attributes:
        tables: to print, and to write as LaTeX.
        notes: sentences below them.
        rows: of the CSV, unrounded; None is an empty cell.
        draw: makes the figure.
    """

    tables: Sequence[WideTable]
    notes: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    draw: Callable[[], Figure]


class Script:
    """The command line of one script: called with its arguments, it returns the exit status.

    Args:
        text: the script's docstring: the question in one line, then what is answered.
        find: computes the findings.
        test_set: whether it reads a test set, which `--set` names.
        scored: whether every study must have a score on the test set.

    Attributes:
        parser: its options, to which a script may add its own.
    """

    def __init__(
        self,
        text: str | None,
        find: Callable[[Studies, argparse.Namespace], Findings],
        *,
        test_set: bool = True,
        scored: bool = True,
    ) -> None:
        self._find, self._scored = find, scored
        self.parser = parser = argparse.ArgumentParser(
            description=inspect.cleandoc(text or ""), formatter_class=argparse.RawDescriptionHelpFormatter
        )
        parser.add_argument(
            "studies", nargs="+", type=study_argument, metavar="STUDY_DIR", help="directory or URL: STORAGE/NAME"
        )
        if test_set:
            parser.add_argument("--set", metavar="NAME", help="test set of all studies; default: each study's headline")
        parser.add_argument("--csv", type=Path, help="write the numbers here, unrounded")
        parser.add_argument("--latex", type=Path, help="write the tables here, for LaTeX with the package booktabs")
        parser.add_argument("--figure", type=Path, help="draw the figure here (.svg, .png or .pdf)")

    def __call__(self, arguments: Sequence[str] | None = None) -> int:
        """Read the studies, write what was asked for, and print the tables.

        Args:
            arguments: of the command line; None for the process's own.
        """
        chosen = self.parser.parse_args(arguments)
        try:
            if chosen.figure is not None:
                check_format(chosen.figure)
            with activities_shown() if sys.stderr.isatty() else nullcontext():
                with doing("reading the records"):
                    studies = read_studies(chosen.studies, getattr(chosen, "set", None), scored=self._scored)
                with doing("computing"):
                    findings = self._find(studies, chosen)
            if chosen.csv is not None:  # files first: the reader of the tables may leave early
                write_csv(findings.rows, chosen.csv)
            if chosen.latex is not None:
                write_text("\n".join(map(latex, findings.tables)), chosen.latex)
            if chosen.figure is not None:
                save(_flagged(findings.draw(), studies), chosen.figure)
            console = Console()
            for table in findings.tables:
                console.print(table, "")
            console.print(Notes(list(dict.fromkeys(findings.notes))))
        except (XlingualError, OSError) as error:
            print(error, file=sys.stderr)
            return 1
        return 0


def _flagged(figure: Figure, studies: Studies) -> Figure:
    """The figure with the first words of the reports' warnings above it, unless its own titles have them."""
    flags = dict.fromkeys(line.split(":")[0] for one in studies.values() for line in warnings(one.summary))
    titles = "\n".join([figure.get_suptitle(), *(panel.get_title() for panel in figure.axes)])
    missing = [flag for flag in flags if flag not in titles]
    if missing:
        figure.suptitle("\n".join(filter(None, [figure.get_suptitle(), *missing])), fontsize="medium")
    return figure


def read_studies(directories: Sequence[Path], test_set: str | None = None, *, scored: bool = True) -> Studies:
    """Studies by label, on a test set, None for each one's headline.

    Args:
        directories: of the studies.
        test_set: its name.
        scored: whether each must have a score on it.

    Raises:
        DataError: when a study is named twice, or has no score on the test set.
        RecordError: when a directory is no study's, has no such test set, or a record is broken.
    """
    if len({directory.resolve() for directory in directories}) < len(directories):
        raise DataError(f"a study directory is named twice in {', '.join(map(str, directories))}; name each once")
    found = {directory: read_records(directory, test_set) for directory in directories}
    for directory, one in found.items():
        if scored and not one.summary.languages:
            what = one.summary.title if len(one.state.test_sets) > 1 else "the test set"
            raise DataError(f"{directory}: no replicate was scored on {what} yet; let `xlingual run` end first")
    names = [one.summary.study for one in found.values()]
    return {
        one.summary.study if names.count(one.summary.study) == 1 else str(directory): one
        for directory, one in found.items()
    }


def write_csv(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows whose columns are the keys of all of them, in the order in which they come.

    Raises:
        DataError: without a row.
    """
    if not rows:
        raise DataError(f"{path}: there is nothing to write; leave --csv out")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)


def write_text(text: str, path: Path) -> None:
    """Write a text, in a folder that need not exist."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
