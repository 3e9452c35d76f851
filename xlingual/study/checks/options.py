"""What a part of an arm may be: itself, or the options of its choices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from xlingual.study.document import Path
from xlingual.study.section import Section
from xlingual.study.space import Choice


def options(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield a section with its path, or those among the options of a choice; nothing for what is left out."""
    if isinstance(value, Choice):
        steps: Iterable[str | int] = value.labels or range(len(value.options))
        for step, option in zip(steps, value.options, strict=True):
            yield from options(option, (*path, "choice", step))
    elif isinstance(value, Section):
        yield path, value


def values(leaf: Any) -> tuple[Any, ...]:
    """Return the options of a choice, or the leaf alone; a range is one value."""
    return leaf.options if isinstance(leaf, Choice) else (leaf,)
