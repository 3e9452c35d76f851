"""A checklist as Markdown, to be pasted into an appendix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlingual.checklist.answers import Answer, Facts, Part
from xlingual.checklist.checklist import Checklist
from xlingual.inspection.terminal_text import visible


def markdown(checklist: Checklist) -> str:
    """Write the whole checklist; texts from data cannot become markup."""
    parts = [f"# Checklist of study {_plain(checklist.study)}", *(f"**{_plain(one)}**" for one in checklist.warnings)]
    for answer in checklist.drawn:
        parts += _answer(answer)
    return "\n\n".join(parts) + "\n"


def _answer(answer: Answer) -> Iterator[str]:
    yield f"## {answer.id}\n\n*{answer.asks}*"
    for part in answer.parts:
        yield _part(part)
        yield f"Source: {', '.join(f'`{record}`' for record in part.records)}"
    if answer.see:
        yield f"See {', '.join(answer.see)}."
    if answer.you:
        yield f"> **You:** {_plain(answer.you)}"


def _part(part: Part) -> str:
    if not isinstance(part, Facts):
        return _plain(f"{part.text[:1].upper()}{part.text[1:]}.")
    lines = [part.columns, ["---"] * len(part.columns), *part.rows]
    return f"**{_plain(part.title)}**\n\n" + "\n".join(map(_line, lines))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """One line without control characters, HTML, links and cell borders."""
    for mark, written in {"&": "&amp;", "<": "&lt;", "|": "\\|", "[": "\\[", "`": "\\`"}.items():
        text = text.replace(mark, written)
    return " ".join(visible(text).split())
