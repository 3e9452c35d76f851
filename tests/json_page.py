"""What docs/json.md promises of the commands' JSON, and whether it holds."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "json.md"
ROW = re.compile(r"^\| `([\w -]+)` \|(?:.*\|)? ((?:`\w+\??`|, | \([^)]*\))+|events.*) \|$", re.MULTILINE)


@cache
def promised() -> dict[str, tuple[set[str], set[str]]]:
    """By command or event: keys that are always there, and those that may be absent."""
    found = {}
    for name, keys in ROW.findall(PAGE.read_text(encoding="utf-8")):
        words = re.findall(r"`(\w+\??)`", re.sub(r"\([^)]*\)", "", keys))
        found[name] = ({word for word in words if word[-1] != "?"}, {word[:-1] for word in words if word[-1] == "?"})
    return found


def check(command: str, printed: str) -> None:
    """Check what a command printed with --json against the page.

    Raises:
        AssertionError: when it is not JSON alone, or has other keys.
    """
    lines = "--follow" in command or command.startswith(("xlingual run", "xlingual submit"))
    values = [json.loads(line) for line in printed.splitlines()] if lines else [json.loads(printed)]
    for value in values:
        for one in value if isinstance(value, list) else [value]:
            _check_keys(named(command, one), one)


def named(command: str, value: dict[str, Any]) -> str:
    """The row of the page for what a command printed."""
    if "event" in value and "time" in value:
        return str(value["event"])
    if command.startswith(("xlingual run", "xlingual submit")):
        return "xlingual report"
    if command.startswith("xlingual plan") and "--power" in command:
        return "xlingual plan --power"
    return next(name for name in sorted(promised(), key=len, reverse=True) if f"{command} ".startswith(f"{name} "))


def _check_keys(name: str, value: dict[str, Any]) -> None:
    always, sometimes = promised()[name]
    found = set(value) - ({"event", "time"} if "event" in value else set())
    if name == "xlingual schema" and "$schema" in value:
        return
    assert always <= found, f"{name}: {sorted(always - found)} missing; docs/json.md promises them"
    assert found <= always | sometimes, f"{name}: add {sorted(found - always - sometimes)} to docs/json.md"
