"""What the shell commands of a cluster file say: assigned variables, options, packages that pip installs."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

_SEPARATORS = {";", "&&", "||", "|", "&", "(", ")"}
_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<extras>\[[^\]]*\])?\s*(?P<version>.*)")
_PIP = re.compile(r"(.*/)?pip[\d.]*")
_BEFORE_PIP = re.compile(r"sudo|uv|exec|-m|-H|(.*/)?python[\d.]*|\w+=.*")
_TAKES_VALUE = {"-r", "--requirement", "-c", "--constraint", "-i", "--index-url", "--extra-index-url", "-f",
                "--find-links", "-t", "--target", "--prefix", "--root"}  # fmt: skip


def assigned(command: str, name: str) -> str | None:
    """Return the last value that a command gives to an environment variable; None when it gives none."""
    values = re.findall(rf"(?<![\w$]){name}=(['\"]?)([^\s;&'\"]*)\1", command)
    return values[-1][1] if values else None


def option(command: str, name: str) -> str | None:
    """Return the value of an option such as --port; None when it is absent."""
    found = re.search(rf"(?<!\S){name}[= ]+['\"]?([^\s'\"]+)", command)
    return found[1] if found else None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that pip is told to install.

    Attributes:
        name: of a package, in lower case; empty for a path.
        extras: with their brackets, or empty.
        version: what stands behind the name, such as ==2.60.0.
        path: of a project; empty for a package.
    """

    name: str
    extras: str
    version: str
    path: str = ""

    @property
    def pinned(self) -> str | None:
        """The one version that is asked for; None when several would do."""
        found = re.fullmatch(r"===?\s*([0-9][^*,;\s]*)(\s*;.*)?", self.version)
        return found[1] if found else None

    @property
    def written(self) -> str:
        """The requirement as pip reads it."""
        return self.path or f"{self.name}{self.extras}{self.version}"


def installed(command: str) -> Iterator[Requirement]:
    """Yield what the `pip install` commands of a shell command install."""
    for words in _simple_commands(command):
        before = list(takewhile(_BEFORE_PIP.fullmatch, words))
        pip, *arguments = [*words[len(before) :], ""]
        if _PIP.fullmatch(pip) and "install" in arguments:
            yield from _requirements(arguments[arguments.index("install") + 1 : -1])


def _requirements(words: list[str]) -> Iterator[Requirement]:
    skipped = False
    for word in words:
        if skipped or word.startswith("-"):
            skipped = not skipped and word in _TAKES_VALUE
            continue
        path = re.fullmatch(r"([~.$]?[^\[\s]*/[^\[\s@=<>]*|\.)(\[[^\]]*\])?", word)
        if path and "://" not in word:
            yield Requirement("", path[2] or "", "", path[1])
        elif found := _REQUIREMENT.fullmatch(word):
            yield Requirement(found["name"].lower(), found["extras"] or "", found["version"])


def _simple_commands(command: str) -> Iterator[list[str]]:
    """Split a shell command at its separators into words; nothing for one that the shell could not read."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=";&|()")
    lexer.whitespace_split = True
    words: list[str] = []
    try:
        for word in lexer:
            if word in _SEPARATORS:
                yield words
                words = []
            else:
                words.append(word)
    except ValueError:
        return
    yield words


def bound(options: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the folders of the host and of the container that options of `docker run` bind."""
    words = re.sub(r"--(volume|mount)[= ]", r"--\1 ", " ".join(options)).split()
    for name, value in pairwise(words):
        if name in ("-v", "--volume") and ":" in value:
            source, target = value.split(":")[:2]
            yield source, target
        if name == "--mount":
            parts = dict(part.partition("=")[::2] for part in value.split(","))
            source = parts.get("source") or parts.get("src") or ""
            target = parts.get("target") or parts.get("dst") or parts.get("destination") or ""
            yield source, target
