"""What a part of an arm may be: itself, or the options of its choices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xlingual.study.document import Path
from xlingual.study.section import Section
from xlingual.study.space import choice_options


def options(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield a section with its path, or those among the options of a choice; nothing for what is left out."""
    if isinstance(value, Section):
        yield path, value
    for step, option in choice_options(value):
        yield from options(option, (*path, "choice", step))
