"""The reference of a study file's keys, as a page."""

from __future__ import annotations

from functools import cache
from typing import Any

from reference_tables import GENERATED, code, table

from xlingual.study.keys import Key, Part, parts

INTRODUCTION = """# Study file: every key

Press Ctrl+F and type a key with its path, such as `data.faq.spread`. [Writing a study](study.md) explains the file as a
whole and the kinds of search space; `xlingual schema` prints the JSON Schema for your editor, and `xlingual plan STUDY`
every default that a study takes.

- **default**: what a key means when it is left out. *required*: it has to be written. *none*: nothing is set; the text
  above the table says what that means. *as set elsewhere*: a section further up gives it.
- **search spaces**: what may be written in place of a value; nothing where the key takes one value only.
- `NAME` is a name of your choice."""


@cache
def keys_page() -> str:
    """Return the text of docs/study-file.md."""
    texts, drawn = [GENERATED, INTRODUCTION], dict[tuple[Any, ...], Part]()
    for part in parts():
        if part.path:
            texts.append(f"## {code(part.path)}")
        same = drawn.setdefault(tuple((key.name, key.takes, key.spaces) for key in part.keys), part)
        if same is not part:
            texts.append(part.prose.removeprefix(same.prose).strip())
            texts.append(f"The keys are those of [`{same.path}`](#{anchor(same.path)}).")
        else:
            rows = [_row(part, key) for key in part.keys]
            texts += [part.prose, table(("key", "takes", "default", "search spaces"), rows)]
    return "\n\n".join(texts) + "\n"


def anchor(path: str) -> str:
    """The anchor of a heading with this path."""
    return path.replace(".", "").lower()


def _row(part: Part, key: Key) -> tuple[str, ...]:
    takes, below = key.takes, part.below(key)
    if below is not None:
        takes = f"{takes}: see [`{below}`](#{anchor(below)})"
    said = key.default_in_words
    is_word = key.required or key.inherited or (key.has_default and key.default is None)
    default = said if said in ("", "see above") else f"*{said}*" if is_word else code(said)
    return f"`{part.of(key)}`", takes, default, ", ".join(map(code, key.spaces))
