"""One key of a study file explained: what it takes, its default, what it does, its source, an example."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from xlingual.errors import XlingualError
from xlingual.study.document import dotted
from xlingual.study.keys import Key, Part, parts
from xlingual.study.loader import read_document
from xlingual.study.node_syntax import KEYS as NODE_KEYS
from xlingual.study.problems import spot_at

MOST_NAMED = 3
"""Number of studies that are named to people."""

_SENTENCE = re.compile(r"(?<=[.)])\s+(?=[A-Z`])")
_SOURCE = re.compile(r"arXiv\s+\d{4}\.\d{5}")
_SPACES = {
    "uniform": "[LOW, HIGH]",
    "log_uniform": "[LOW, HIGH]",
    "log_normal": "[MEDIAN, FACTOR]",
    "integer": "[LOW, HIGH]",
    "choice": "[A, B]",
    "simplex": "all",
}


@dataclass(frozen=True, slots=True)
class KeyHelp:
    """What is known of one key.

    Attributes:
        path: dotted; NAME stands for a name of the user's choice.
        key: its facts.
        about: what it does, with its unit: of its section's description the sentences that name it, or all of that
            where it is a section itself.
        sources: papers that its section is after.
        keys: of a section.
        example: lines of a study file.
        used_in: studies that write it, of those in the folder `studies` here.
    """

    path: str
    key: Key
    about: str
    sources: tuple[str, ...]
    keys: tuple[str, ...]
    example: tuple[str, ...]
    used_in: tuple[str, ...] = ()

    def in_words(self) -> Iterator[str]:
        """Lines for a terminal."""
        yield self.path
        yield f"  takes          {self.key.takes}"
        if self.key.default_in_words:
            yield f"  default        {self.key.default_in_words}"
        if self.key.spaces:
            yield f"  search spaces  {', '.join(self.key.spaces)}"
        if self.sources:
            yield f"  source         {', '.join(self.sources)}"
        if self.used_in:
            more = f" and {len(self.used_in) - MOST_NAMED} more" if len(self.used_in) > MOST_NAMED else ""
            yield f"  used in        {', '.join(self.used_in[:MOST_NAMED])}{more}"
        if self.keys:
            yield f"  keys           {', '.join(self.keys)}"
        about = [line for text in self.about.splitlines() for line in textwrap.wrap(text, 98) or [""]]
        yield from ("", *(f"  {line}".rstrip() for line in about), "")
        yield from (f"  {line}" for line in self.example)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "key": self.path,
            "takes": self.key.takes,
            "required": self.key.required,
            "default": self.key.default,
            "search_spaces": list(self.key.spaces),
            "about": self.about,
            "sources": list(self.sources),
            "keys": list(self.keys),
            "example": "\n".join(self.example),
            "used_in": list(self.used_in),
        }


def explained(pattern: str) -> list[KeyHelp]:
    """Explain a key.

    Args:
        pattern: dotted path, as messages write it, with the name of an arm or NAME for it; * stands for anything.

    Raises:
        XlingualError: when there is no such key; names the nearest ones.
    """
    known = {part.of(key): (part, key) for part in parts() for key in part.keys}
    asked = _plain(pattern)
    found = [path for path in known if _fits(path, asked)]
    if not found:
        last = asked.rpartition(".")[2]
        near = [path for path in known if path.rpartition(".")[2] == last]
        near = near or get_close_matches(asked, known, n=3) or get_close_matches(last, known, n=3, cutoff=0.4)
        raise XlingualError(f"--field {pattern}: no such key of a study file; {_nearest(near)}")
    written = _written_paths()
    return [
        _help(path, *known[path], [name for name, paths in written.items() if _is_in(path, paths)]) for path in found
    ]


def _plain(pattern: str) -> str:
    """Leave out search spaces and their options, and indices: robust.choice.noisy.averaging is robust.averaging."""
    steps, left = [], iter(re.sub(r"\[\d+\]", "", pattern).split("."))
    for step in left:
        if step == "choice":
            next(left, None)
        elif step not in NODE_KEYS:
            steps.append(step)
    return ".".join(steps)


def _fits(path: str, asked: str) -> bool:
    """Whether a path is asked for; in place of NAME, any name is."""
    if "*" in asked:
        return fnmatchcase(path, asked) or fnmatchcase(path, re.sub(r"^arms\.[^.*]+", "arms.NAME", asked))
    steps, words = path.split("."), asked.split(".")
    return len(steps) == len(words) and all(step in ("NAME", word) for step, word in zip(steps, words, strict=True))


def _nearest(near: list[str]) -> str:
    if len(near) > 6:
        near = [*near[:5], f"{len(near) - 5} more"]
    if near:
        return f"did you mean {' or '.join(near)}?"
    return f"at its top are {', '.join(key.name for key in parts()[0].keys)}"


def _written_paths() -> dict[str, set[str]]:
    """The keys that each study in the folder `studies` writes; what cannot be read is left out."""
    found = {}
    for file in sorted(Path("studies").rglob("*.yaml")):
        with suppress(XlingualError):
            found[str(file)] = {_plain(dotted(path)) for path in read_document(file).lines}
    return found


def _is_in(path: str, written: set[str]) -> bool:
    return any(_fits(path, one) for one in written)


def _help(path: str, part: Part, key: Key, used_in: Sequence[str]) -> KeyHelp:
    section = next((one for one in parts() if one.path == part.below(key)), None)
    prose = part.prose if section is None else section.prose
    about = prose if section is not None else " ".join(_sentences(prose, key.name)) or prose
    sources = dict.fromkeys(" ".join(found.split()) for found in _SOURCE.findall(prose))
    keys = tuple(one.name for one in section.keys) if section is not None else ()
    return KeyHelp(path, key, about, tuple(sources), keys, tuple(_example(path, key)), tuple(used_in))


def _sentences(prose: str, name: str) -> list[str]:
    """The sentences of a description that name a key, each on one line."""
    named = re.compile(rf"`(?:\w+\.)*{re.escape(name)}[`:]")
    texts = (" ".join(paragraph.split()) for paragraph in prose.split("\n\n"))
    return [sentence for text in texts for sentence in _SENTENCE.split(text) if named.search(sentence)]


def _example(path: str, key: Key) -> Iterator[str]:
    *sections, last = path.split(".")
    for depth, step in enumerate(sections):
        yield f"{'  ' * depth}{step}:"
    indent = "  " * len(sections)
    doc = spot_at(tuple(path.split("."))).doc
    if doc is not None and doc.example:
        yield f"{indent}{last}: {doc.example}"
    elif key.below is not None:
        yield f"{indent}{last}: {{...}}"
    elif key.default is not None:
        yield f"{indent}{last}: {key.default}"
    for space in key.spaces[:2]:
        yield f"{indent}{last}: {{{space}: {_SPACES[space]}}}    # searched"
