"""The parts of docs/study.md that follow from the code: the quickstart, and the messages of a study with mistakes."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlingual.errors import StudyFileError
from xlingual.study import load_study

NAME = "wrong.yaml"
MISTAKES = (
    ("log_uniform: [1.0e-3", "log_unifrom: [1.0e-3"),
    ("uniform: [0.2, 0.5]", "uniform: [0.5, 0.2]"),
    ("objective: dev.f1", "objective: xquad.f1"),
)
"""What the quickstart says, and what is written in its place, once."""


def study_page(root: Path) -> str:
    """Return the text of docs/study.md with these parts as they are now."""
    text = (root / "docs" / "study.md").read_text(encoding="utf-8")
    quickstart = (root / "studies" / "quickstart.yaml").read_text(encoding="utf-8")
    text = _replaced(text, r"(?<=^```yaml\n)(?:.*\n)*?(?=^```$)", quickstart)
    shown = "".join(f"    {message}\n" for message in messages(quickstart))
    return _replaced(text, rf"(?<=^    \$ xlingual validate {NAME}\n)(?:    .*\n)+", shown)


def messages(quickstart: str) -> list[str]:
    """What is said of the quickstart with mistakes, a line each."""
    for right, wrong in MISTAKES:
        assert right in quickstart
        quickstart = quickstart.replace(right, wrong, 1)
    with _empty_folder():
        Path(NAME).write_text(quickstart, encoding="utf-8")
        try:
            load_study(NAME)
        except StudyFileError as error:
            return str(error).splitlines()
    raise AssertionError("the mistakes are none")


@contextmanager
def _empty_folder() -> Iterator[None]:
    """Work in an empty folder: messages name the file as it was named."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def _replaced(text: str, pattern: str, part: str) -> str:
    made, count = re.subn(pattern, lambda _: part, text, count=1, flags=re.MULTILINE)
    assert count == 1, f"docs/study.md lacks the part {pattern}"
    return made
