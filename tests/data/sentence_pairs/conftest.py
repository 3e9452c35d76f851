from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

OWN = "id\tsentence1\tsentence2\tlabel"


@pytest.fixture
def write_lines(tmp_path: Path) -> Callable[..., Path]:
    """Write lines, each a sequence of cells or a whole line, to a file below the test's folder."""

    def write(name: str, *lines: str | Sequence[str]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = "".join((line if isinstance(line, str) else "\t".join(line)) + "\n" for line in lines)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


@pytest.fixture
def pawsx_directory(write_lines: Callable[..., Path], tmp_path: Path) -> Path:
    """A test set in PAWS-X's own layout: pairs 1 and 2 share a sentence; no German sentence of pair 3 is there."""
    sentences = {"1": ("red {}", "blue {}", "1"), "2": ("blue {}", "green {}", "0"), "3": ("one {}", "two {}", "1")}
    for code in ("en", "de", "zh"):
        rows = [(key, a.format(code), b.format(code), label) for key, (a, b, label) in sentences.items()]
        if code == "de":
            rows[2] = ("3", "NS", "two de", "0")
        write_lines(f"{code}/test_2k.tsv", OWN, *rows)
    return tmp_path
