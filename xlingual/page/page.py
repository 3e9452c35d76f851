"""The page of a study's report, and its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from xlingual.activity import doing
from xlingual.analyses.study_records import StudyRecords, read_records
from xlingual.checklist import checklist_from
from xlingual.errors import XlingualError
from xlingual.figures.languages import language_differences
from xlingual.languages import name_or_code
from xlingual.page.answer import answer
from xlingual.page.appendix import appendix
from xlingual.page.drawings import Drawing, drawing
from xlingual.page.environment import STYLES, environment
from xlingual.page.examples import OF_EACH_LANGUAGE, examples
from xlingual.page.findings import findings
from xlingual.page.links import record_links
from xlingual.page.protocol import facts
from xlingual.page.protocol import tables as protocol_tables
from xlingual.page.searching import search_drawings
from xlingual.records.files import write_text
from xlingual.records.layout import StudyDirectory
from xlingual.report.chosen import chosen_configurations
from xlingual.report.late_arms import with_marks
from xlingual.report.notes import warnings
from xlingual.report.status import search_table
from xlingual.report.summary import Summary
from xlingual.report.table import Notes, ReportPart, report_parts
from xlingual.report.wide_table import WideTable

MARK = '<meta name="generator" content="xlingual report">'
"""Begins every page, so that it may be replaced by a later one."""


@dataclass(frozen=True, slots=True)
class Results:
    """The report of one test set: tables with their signatures, then notes."""

    title: str
    tables: tuple[tuple[WideTable, str], ...]
    notes: tuple[str, ...]


def write_page(directory: StudyDirectory, file: Path) -> None:
    """Write the report of a study as one page, whole or not at all; an earlier page of that name is replaced.

    Raises:
        RecordError: when the directory is not a study's, or a record is broken or missing.
        XlingualError: when the file is there and is no such page.
    """
    check_replaceable(file)
    with doing("reading the records"):
        records = read_records(directory)
    with doing("drawing the page"):
        text = page(records, file)
    write_text(file, text)


def check_replaceable(file: Path) -> None:
    """Refuse a name that something other than a page has.

    Raises:
        XlingualError: when it has.
    """
    if file.is_dir():
        raise XlingualError(
            f"--html {file}: this is a folder; write the name of a file, for example {file / 'report.html'}"
        )
    if not file.exists():
        return
    with file.open("rb") as opened:
        if MARK.encode() not in opened.read(1000):
            raise XlingualError(
                f"--html {file}: the file exists and is no report page; delete it, or write another name"
            )


def page(records: StudyRecords, file: Path) -> str:
    """The page's text; links are relative to the folder of `file`."""
    directory, state, summary = records.place, records.state, records.summary
    return (
        environment()
        .get_template("page.html.jinja")
        .render(
            mark=MARK,
            version=version("xlingual"),
            summary=summary,
            warnings=warnings(summary),
            answer=answer(summary),
            differences=_differences(summary),
            examples=examples(directory, warnings(summary), summary.late) if summary.languages else None,
            examples_each=OF_EACH_LANGUAGE,
            results=list(_results(summary)),
            findings=findings(records),
            choices=with_marks(search_table(state, chosen_configurations(directory, state)), summary.late),
            searched=search_drawings(state),
            facts=facts(directory, state, summary),
            protocol=protocol_tables(directory, state),
            checklist=appendix(checklist_from(records)),
            links=record_links(directory, summary, file),
            languages={code: name_or_code(code) for one in (summary, *summary.others) for code in one.languages},
            styles=STYLES,
        )
    )


def _differences(summary: Summary) -> Drawing | None:
    if not summary.differences:
        return None
    metric = summary.metrics.headline.title
    return drawing(
        language_differences({summary.study: summary}),
        "differences",
        f"Differences of {metric} by language, with {100 * summary.confidence:g}% intervals",
        f"A filled mark is called a difference. The table of differences of {metric} under Results holds the numbers.",
    )


def _results(summary: Summary) -> Iterator[Results]:
    for one, parts in zip((summary, *summary.others), report_parts(summary), strict=False):
        yield Results(one.title, tuple(_tables(parts)), tuple(_notes(parts)))


def _tables(parts: Sequence[ReportPart]) -> Iterator[tuple[WideTable, str]]:
    """Each table with the signature that follows it."""
    for place, part in enumerate(parts):
        if isinstance(part, WideTable):
            below = parts[place + 1]
            yield part, "" if isinstance(below, (WideTable, Notes)) else below.text


def _notes(parts: Sequence[ReportPart]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Notes):
            yield from part.lines
