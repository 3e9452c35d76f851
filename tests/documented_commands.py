"""The commands mentioned in documents, comments and docstrings."""

from __future__ import annotations

import os
import re
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLACES = (
    "README.md", "CONTRIBUTING.md", "AGENTS.md", "docs/*.md", "tests/benchmarks/README.md", "Makefile", "cluster.yaml",
    "studies/*.yaml", "studies/claims/*.yaml", "analysis/*.py", "tests/benchmarks/*.py",
)  # fmt: skip
PROGRAMS = r"(?:xlingual|python|pytest|make|ray)"
START = re.compile(rf"(?:\$ )?(?:\.venv/bin/)?{PROGRAMS} [\w/\[]")
SCRIPT = re.compile(r"(?:[\w/]+/)?[a-z_]+\.py [-$]")
LINE = re.compile(r"#?( {4,})(\S.*)")
CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")


def commands(text: str) -> Iterator[str]:
    """The commands of a text: indented lines with their continuations, and code in backticks."""
    lines = [match for line in text.splitlines() if (match := LINE.fullmatch(line) or line) is not None]
    for number, line in enumerate(lines):
        if isinstance(line, re.Match) and START.match(line[2]):
            yield plain(" ".join([line[2], *_rest(lines[number + 1 :], len(line[1]), line[2])]))
    for found in CODE.findall(" ".join(line.lstrip("# ") for line in text.splitlines())):
        if START.match(found) or SCRIPT.match(found):
            yield plain(found)


def _rest(following: list[re.Match[str] | str], indent: int, first: str) -> Iterator[str]:
    """Continuation lines of a command: after a backslash, or indented further and starting with an option."""
    said = first
    for line in following:
        if not isinstance(line, re.Match):
            return
        further = len(line[1]) > indent and line[2].startswith(("-", "["))
        if not said.endswith("\\") and not further:
            return
        said = line[2]
        yield said


def plain(command: str) -> str:
    """A command without prompt, comment, description, line breaks and the virtual environment's folder."""
    command = command.replace("\\ ", "").removeprefix("$ ").replace(".venv/bin/", "")
    return " ".join(re.split(r"  +(?![-\[])|\s+#|(?<=\]) (?=[a-z])", command)[0].split())


def options(command: str) -> set[str]:
    """The options of a command."""
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", command))


def documented() -> dict[str, list[str]]:
    """Every command, and the files that mention it."""
    found: dict[str, list[str]] = {}
    for place in PLACES:
        for path in sorted(ROOT.glob(place)):
            for command in commands(path.read_text(encoding="utf-8")):
                found.setdefault(command, []).append(str(path.relative_to(ROOT)))
    return found


def start(program: str, arguments: list[str]) -> None:
    """Run a command in this process, whose arguments and module path become the command's."""
    if program == "xlingual":
        from xlingual.cli import main

        sys.argv = [program, *arguments]
        main()
    else:
        script = str(ROOT / arguments[0])
        sys.argv = [script, *arguments[1:]]
        sys.path.insert(0, str(Path(script).parent))
        runpy.run_path(script, run_name="__main__")


def run(command: list[str], directory: Path) -> None:
    """Run a command in a process made for it, in a directory that its standard streams are written to."""
    os.chdir(directory)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT), descriptor)
    start(command[0], command[1:])
