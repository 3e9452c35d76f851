"""FAQ rows that the filters keep and drop, as tables with one column a language and examples below."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from xlingual.languages import name
from xlingual.report.wide_table import Column, WideTable

if TYPE_CHECKING:
    from xlingual.data.examples import Example
    from xlingual.data.faq.overview import LanguageOverview, Spread
    from xlingual.data.faq.rows import FaqRow

_LONGEST = 300
_NOTHING = "-"


def faq_tables(source: str, overviews: Mapping[str, LanguageOverview]) -> RenderableType:
    """Draw rows in and out, hosts and lengths of all languages side by side, then each language's examples.

    Args:
        source: as asked.
        overviews: by two-letter code.
    """
    found = list(overviews.values())
    rows = dict(_rows(found))
    columns = [[Column(each.language, [cell(each) for cell in rows.values()])] for each in found]
    short = [f"{each.language} {each.counts['read']:,}" for each in found if each.counts.get("short")]
    warnings = [f"fewer rows than asked for: {', '.join(short)}"] if short else []
    table = WideTable(f"FAQ rows of {source}", warnings, Column("", list(rows)), columns)
    return Group(table, *(part for each in found for part in _examples(each)))


_Cell = Callable[["LanguageOverview"], str]


def _rows(found: Iterable[LanguageOverview]) -> Iterator[tuple[str, _Cell]]:
    """Rows of the table: their names, and their cells of a language."""
    counts = list(dict.fromkeys(key for each in found for key in each.counts))
    yield "rows in", _count("read")
    for key in counts:
        if key.startswith("dropped_"):
            yield f"  dropped: {_words(key)}", _count(key)
    yield "rows kept", lambda each: f"{each.counts['kept']:,} ({_share(each)})"
    for key in counts:
        if key.startswith("repaired_"):
            yield f"  repaired: {_words(key)}", _count(key)
    yield "hosts in", lambda each: f"{each.hosts_read:,}"
    yield "hosts kept", lambda each: f"{each.hosts_kept:,}"
    for side in ("question", "answer"):
        yield f"{side}, characters: median", _length("characters", side, "median")
        yield f"{side}, characters: 90th percentile", _length("characters", side, "percentile_90")
    if any(each.tokens for each in found):
        for side in ("question", "answer"):
            yield f"{side}, tokens: median", _length("tokens", side, "median")
            yield f"{side}, tokens: 90th percentile", _length("tokens", side, "percentile_90")
    if any(each.passage_counts for each in found):
        yield "passages made", _made("kept")
        for key in dict.fromkeys(key for each in found for key, count in each.passage_counts.items() if count):
            if key.startswith("dropped_"):
                yield f"  no passage: {_words(key)}", _made(key)


def _count(key: str) -> _Cell:
    return lambda each: f"{each.counts[key]:,}" if key in each.counts else "0"


def _made(key: str) -> _Cell:
    return lambda each: f"{each.passage_counts.get(key, 0):,}"


def _length(unit: str, side: str, figure: str) -> _Cell:
    def cell(each: LanguageOverview) -> str:
        spread: Spread | None = getattr(each, unit).get(side)
        value = None if spread is None else getattr(spread, figure)
        return _NOTHING if value is None else f"{value:,.0f}"

    return cell


def _words(key: str) -> str:
    return key.split("_", 1)[1].replace("_", " ")


def _share(each: LanguageOverview) -> str:
    return f"{100 * each.counts['kept'] / each.counts['read']:.0f}%" if each.counts["read"] else _NOTHING


def _examples(each: LanguageOverview) -> Iterator[RenderableType]:
    title = name(each.language)
    if each.kept:
        yield Text(f"\n{title}: kept", style="bold green")
        yield from (_pair(row) for row in each.kept)
    for reason, rows in each.dropped.items():
        if rows:
            yield Text(f"\n{title}: dropped by {reason.replace('_', ' ')}", style="bold red")
            yield from (_pair(row) for row in rows)
    if each.passages:
        yield Text(f"\n{title}: passages, the span to find between **", style="bold")
        yield from (_passage(example) for example in each.passages)


def _pair(row: FaqRow) -> RenderableType:
    """One pair: the question in bold, the answer below it, and its origin; as text, never as markup."""
    lines = Text.assemble((_one_line(row.question), "bold"), "\n", _one_line(row.answer), "\n", (row.url, "dim"))
    return Padding(_foldable(lines), (0, 0, 1, 2))


def _passage(example: Example) -> RenderableType:
    start, end = example.answer_starts[0], example.answer_starts[0] + len(example.answers[0])
    context = Text(" ".join(example.context[:start].splitlines()))
    context.append(f"**{' '.join(example.answers[0].splitlines())}**", style="bold underline")
    context.append(" ".join(example.context[end:].splitlines()))
    lines = Text.assemble((_one_line(example.question), "bold"), "\n", context, "\n", (example.title, "dim"))
    return Padding(_foldable(lines), (0, 0, 1, 2))


def _one_line(text: str) -> str:
    """A text without line breaks, shortened if long."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rstrip()} [...]"


def _foldable(text: Text) -> Text:
    text.overflow = "fold"
    return text
