"""Tables as LaTeX: escaped, well formed, and compiled where LaTeX is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from xlingual.report.wide_table import Column, WideTable
from xlingual.scripts.latex import escaped, latex

NASTY = r"50% of $x_1$ & #2 ~ ^ {a\b} <script> | '\"' \input{x} -1.5 ± 2"
TABLE = WideTable(
    f"Title: {NASTY}",
    [f"TOY WORLD: {NASTY}"],
    Column("arm_name", ["baseline", NASTY, "[x]"]),
    [[Column("mean of\nall", ["50.2 ± 0.9", "-", "-1.0"]), Column("note", ["a", "b", "*"], justify="left")]],
)
SPECIAL = re.compile(r"(?<!\\)[#%_&$~^]")
"""Characters that LaTeX reads as commands, where no backslash is before them."""


def test_every_special_character_is_escaped() -> None:
    text = escaped(NASTY)
    assert text == (
        r"50\% of \$x\_1\$ \& \#2 \textasciitilde{} \textasciicircum{} \{a\textbackslash{}b\} "
        r"\textless{}script\textgreater{} \textbar{} '\textbackslash{}\textquotedbl{}' \textbackslash{}input\{x\} "
        r"$-$1.5 $\pm$ 2"
    )
    assert escaped("+1.2 [-0.5, +2.9]*") == "+1.2 [$-$0.5, +2.9]*"
    assert escaped("zero-shot 3-4 claims_a") == r"zero-shot 3-4 claims\_a"


def test_a_table_has_booktabs_rules_and_as_many_cells_in_each_row() -> None:
    text = latex(TABLE)
    lines = text.splitlines()
    assert [line for line in lines if line.startswith("\\") and "rule" in line] == [
        r"\toprule", r"\midrule", r"\bottomrule",
    ]  # fmt: skip
    assert r"\begin{tabular}{lrl}" in lines and lines[0] == r"\begin{table}" and lines[-1] == r"\end{table}"
    rows = [line for line in lines if line.endswith(r" \\")]
    assert rows[0] == r"arm\_name & mean of all & note \\"
    assert [len(re.split(r"(?<!\\)&", row)) for row in rows] == [3] * 4
    assert rows[3] == r"{[x]} & $-$1.0 & {*} \\"
    bare = re.sub(r"\$(\\pm|-|\\rho)\$", "", text)
    assert SPECIAL.findall(bare) == ["&"] * 8  # those between cells
    assert bare.count("{") - bare.count(r"\{") == bare.count("}") - bare.count(r"\}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs pdflatex")
def test_it_compiles(tmp_path: Path) -> None:
    document = "\n".join(
        [r"\documentclass{article}", r"\usepackage[T1]{fontenc}", r"\usepackage{booktabs}", r"\begin{document}"]
    )
    source = tmp_path / "table.tex"
    source.write_text(f"{document}\n{latex(TABLE)}\n{latex(TABLE)}\n\\end{{document}}\n", encoding="utf-8")
    command = ["pdflatex", "-no-shell-escape", "-halt-on-error", "-interaction=nonstopmode", source.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "table.pdf").read_bytes().startswith(b"%PDF")
