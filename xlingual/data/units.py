"""The units in which tools count offsets, and a text's length in each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from unicodedata import normalize


@dataclass(frozen=True, slots=True)
class Unit:
    """A way to count: its name in counts, its title in messages, and whether it also alters the text first."""

    name: str
    title: str
    twofold: bool = False


_TO_ONE_SPACE = re.compile(r"\s{2,}|[^\S ]")


def _as_written(text: str) -> str:
    return text


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n")


def _carriage_returns(text: str) -> str:
    return _line_feeds(text).replace("\n", "\r\n")


def _single_spaces(text: str) -> str:
    return _TO_ONE_SPACE.sub(" ", text)


def _trimmed(text: str) -> str:
    return _single_spaces(text.lstrip())


def _utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _utf8_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_TEXTS: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("characters", "", _as_written),
    ("line_ends", "lines ending in LF alone", _line_feeds),
    ("line_ends", "lines ending in CR LF", _carriage_returns),
    *(("form", f"the text in Unicode form {form}", partial(normalize, form)) for form in ("NFC", "NFD")),
    *(("form", f"the text in Unicode form {form}", partial(normalize, form)) for form in ("NFKC", "NFKD")),
    ("white_space", "runs of white space as one space", _single_spaces),
    ("white_space", "white space before the text left out", str.lstrip),
    ("white_space", "white space before the text left out and its runs as one", _trimmed),
)
_SIZES: tuple[tuple[str, str, Callable[[str], int]], ...] = (
    ("characters", "characters", len),
    ("utf16", "UTF-16 units", _utf16_units),
    ("bytes", "bytes of UTF-8", _utf8_bytes),
)

UNITS = tuple(
    Unit(
        name if size == "characters" else size,
        f"{counted}, with {what}" if what else counted,
        bool(what) and size != "characters",
    )
    for name, what, _ in _TEXTS
    for size, counted, _ in _SIZES
)
"""The first unit is characters of the unaltered text."""


def lengths(text: str) -> tuple[int, ...]:
    """The text's length in each of UNITS."""
    found: list[int] = []
    for _, _, alter in _TEXTS:
        altered = alter(text)
        ascii_only = altered.isascii()  # all sizes are the same
        found += [len(altered)] * len(_SIZES) if ascii_only else [size(altered) for _, _, size in _SIZES]
    return tuple(found)
