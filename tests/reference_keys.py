"""The reference of a study file's keys, from the JSON Schema and the docstrings of its sections."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from reference_tables import GENERATED, code, table

from xlingual.study import json_schema
from xlingual.study.node_syntax import KEYS as NODE_KEYS
from xlingual.study.section import Section

Schema: TypeAlias = Mapping[str, Any]

INTRODUCTION = """# Study file: every key

Press Ctrl+F and type a key with its path, such as `data.faq.spread`. [Writing a study](study.md) explains the file as a
whole and the kinds of search space; `xlingual schema` prints the JSON Schema for your editor, and `xlingual plan STUDY`
every default that a study takes.

- **default**: what a key means when it is left out. *required*: it has to be written. *none*: nothing is set; the text
  above the table says what that means. *as set elsewhere*: a section further up gives it.
- **search spaces**: what may be written in place of a value; nothing where the key takes one value only.
- `NAME` is a name of your choice."""


@dataclass(frozen=True)
class Key:
    """One row: a key of a section, its type, and its subsection if it has one."""

    name: str
    takes: str
    default: str
    spaces: tuple[str, ...]
    below: str | None = None


@dataclass(frozen=True)
class Part:
    """One section of a study file: its path, docstring and keys."""

    path: str
    prose: str
    keys: tuple[Key, ...]

    def of(self, key: Key) -> str:
        """The path of a key."""
        return f"{self.path}.{key.name}" if self.path else key.name


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


@cache
def parts() -> list[Part]:
    """Every section of a study file, parents first."""
    schema = json_schema()
    return list(_parts("", schema, schema["$defs"]))


def anchor(path: str) -> str:
    """The anchor of a heading with this path."""
    return path.replace(".", "").lower()


def _parts(path: str, schema: Schema, known: Schema) -> Iterator[Part]:
    described = _classes().get(schema.get("title", ""))
    inherits = described is not None and described.only_what_is_set
    required = schema.get("required", ())
    keys = [_key(name, leaf, name in required, inherits, known) for name, leaf in schema["properties"].items()]
    yield Part(path, _prose(schema), tuple(key for key, _ in keys))
    for key, section in keys:
        if section is not None:
            below = f"{path}.{key.below}" if path else str(key.below)
            yield from _parts(below, section, known)


def _key(name: str, leaf: Schema, required: bool, inherits: bool, known: Schema) -> tuple[Key, Schema | None]:
    options = list(_options(leaf))
    spaces = [key for option in options if (key := _node_key(option)) is not None]
    section = next((known[_reference(option)] for option in options if "$ref" in option), None)
    of_each = leaf.get("additionalProperties")
    below = name if section is not None else None
    if section is None and isinstance(of_each, Mapping) and "$ref" in of_each:
        section, below = known[_reference(of_each)], f"{name}.NAME"
    plain = [option for option in options if _node_key(option) is None]
    takes = _said(leaf) or ("a section" if section is not None else _shape(plain))
    return Key(name, takes, _default(leaf, required, inherits, section), tuple(spaces), below), section


def _row(part: Part, key: Key) -> tuple[str, ...]:
    path = part.of(key)
    takes = key.takes
    if key.below is not None:
        below = f"{part.path}.{key.below}" if part.path else key.below
        takes = f"{takes}: see [`{below}`](#{anchor(below)})"
    return f"`{path}`", takes, key.default, ", ".join(map(code, key.spaces))


def _options(leaf: Schema) -> Iterator[Schema]:
    """The alternatives of a leaf, flattened."""
    if "anyOf" not in leaf:
        yield leaf
    for option in leaf.get("anyOf", ()):
        yield from _options({**option, **({"description": option["description"]} if "description" in option else {})})


def _node_key(option: Schema) -> str | None:
    """The kind of search space of an alternative; None for a value."""
    names = list(option.get("properties", ()))
    return names[0] if len(names) == 1 and names[0] in NODE_KEYS and option.get("required") == names else None


def _said(leaf: Schema) -> str:
    """The description of a leaf's type, from the outermost type that has one."""
    named = [name for option in leaf.get("anyOf", ()) for name in option.get("enum", ()) if isinstance(name, str)]
    while True:
        if "description" in leaf:
            words = str(leaf["description"])
            unsaid = [name for name in named if name not in words]
            return "; ".join([", ".join(map(code, named)), words] if unsaid else [words])
        alternatives = [option for option in leaf.get("anyOf", ()) if _node_key(option) is None]
        alternatives = [option for option in alternatives if option.get("type") != "null"]
        if len(alternatives) != 1 or "$ref" in alternatives[0]:
            return ""
        leaf = alternatives[0]


def _shape(options: Sequence[Schema]) -> str:
    """The description of a leaf by its JSON types, if its type has none."""
    words = {"string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
    found = []
    for option in options:
        if "const" in option:
            found.append(str(option["const"]))
        elif "minimum" in option:
            found.append(f"{words[option['type']]} of at least {option['minimum']}")
        elif "properties" in option:
            found.append(f"a mapping with the keys {', '.join(option['properties'])}")
        elif option.get("type") in words:
            found.append(words[option["type"]])
    return " or ".join(found)


def _default(leaf: Schema, required: bool, inherits: bool, section: Schema | None) -> str:
    if required:
        return "*required*"
    if inherits:
        return "*as set elsewhere*"
    if "default" in leaf:
        return "*none*" if leaf["default"] is None else code(_written(leaf["default"]))
    return "" if section is not None else "see above"


def _written(value: Any) -> str:
    """A value as written in a study file."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False).replace('"', "")


def _reference(option: Schema) -> str:
    return str(option["$ref"]).rsplit("/", 1)[1]


def _prose(schema: Schema) -> str:
    """The docstrings of a section: of the settings class of its space, and its own."""
    settings = getattr(_classes().get(schema.get("title", "")), "settings", None)
    texts = [inspect.getdoc(settings) or "" if settings is not None else "", schema.get("description", "")]
    return "\n\n".join(dict.fromkeys(inspect.cleandoc(text) for text in texts if text))


def _classes() -> dict[str, type[Section]]:
    """Every class of sections by its name."""
    found, rest = dict[str, type[Section]](), list(Section.__subclasses__())
    while rest:
        one = rest.pop()
        found.setdefault(one.__name__, one)
        rest += one.__subclasses__()
    return found
