"""Tables as LaTeX, with the rules of the package booktabs."""

from __future__ import annotations

import re

from xlingual.report.wide_table import Column, WideTable

_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}", '"': r"\textquotedbl{}", "±": r"$\pm$", "−": "$-$", "ρ": r"$\rho$",
}  # fmt: skip
_NEGATIVE = re.compile(r"(?<![\w.])-(?=\d)")


def escaped(text: str) -> str:
    """A text as LaTeX shows it, whatever is in it; the sign of a negative number is a minus."""
    minus = _NEGATIVE.sub("−", text)
    return " ".join("".join(_ESCAPES.get(character, character) for character in minus).split())


def latex(table: WideTable) -> str:
    """A table environment: all columns in one block, title and warnings as its caption."""
    columns = [table.first, *(column for group in table.groups for column in group)]
    sides = "".join("l" if place == 0 or one.justify == "left" else "r" for place, one in enumerate(columns))
    caption = " ".join(escaped(text) for text in (table.title, *table.warnings))
    rows = [[_cell(column, row) for column in columns] for row in range(len(table.first.cells))]
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{caption}}}",
        rf"\begin{{tabular}}{{{sides}}}",
        r"\toprule",
        _line([escaped(column.header) for column in columns]),
        r"\midrule",
        *map(_line, rows),
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _cell(column: Column, row: int) -> str:
    return escaped(column.cells[row])


def _line(cells: list[str]) -> str:
    """One row; braces keep a cell that begins with a bracket from being read as the option of the row before."""
    return " & ".join(f"{{{cell}}}" if cell.startswith(("[", "*")) else cell for cell in cells) + r" \\"
