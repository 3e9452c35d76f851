"""AGENTS.md stays short, and what it names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
MOST_LINES = 60
FILE = re.compile(r"(?:xlingual|tests|docs|studies|analysis)(?:/[\w.-]+)*/?|[A-Z]+\.md")


def test_it_is_short_and_points_to_the_rules() -> None:
    assert len(TEXT.splitlines()) <= MOST_LINES
    assert "(CONTRIBUTING.md)" in TEXT


def test_its_files_and_folders_exist() -> None:
    words = {word for code in re.findall(r"`([^`]+)`", TEXT) for word in code.split()}
    words |= {word for line in TEXT.splitlines() if line.startswith("    ") for word in line.split("#")[0].split()}
    words |= set(re.findall(r"\]\(([^)#]+)", TEXT))
    named = {word for word in words if FILE.fullmatch(word)}
    assert {"xlingual/search", "docs/json.md", "CONTRIBUTING.md", "tests/study"} <= named
    assert [word for word in sorted(named) if not (ROOT / word).exists()] == []


def test_its_targets_of_make_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\bmake (\w+)", TEXT))
    assert {"install", "check", "docs"} <= named <= set(re.findall(r"^(\w+):", makefile, flags=re.MULTILINE))
