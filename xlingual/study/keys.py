"""Every key of a study file, from the JSON Schema and the docstrings of its sections."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from xlingual.study.node_syntax import KEYS as NODE_KEYS
from xlingual.study.schema import json_schema
from xlingual.study.section import Section

Schema: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a section.

    Attributes:
        name: its last step.
        takes: what may be written, in words.
        spaces: kinds of search space that may be written in place of a value.
        required: whether it has to be written.
        inherited: whether a section further up gives its value where it is left out.
        default: value where it is left out, as in a study file; None where nothing is set, or another key decides.
        has_default: whether `default` says what a key that is left out means.
        below: where the keys of its section are, by its own path below this one; None for a value.
    """

    name: str
    takes: str
    spaces: tuple[str, ...]
    required: bool
    inherited: bool
    default: str | None
    has_default: bool
    below: str | None = None

    @property
    def default_in_words(self) -> str:
        """What the key means where it is left out, in a word or two; empty for a section."""
        if self.required:
            return "required"
        if self.inherited:
            return "as set elsewhere"
        if self.has_default:
            return "none" if self.default is None else self.default
        return "" if self.below is not None else "see above"


@dataclass(frozen=True, slots=True)
class Part:
    """One section of a study file: its path, docstring and keys."""

    path: str
    prose: str
    keys: tuple[Key, ...]

    def of(self, key: Key) -> str:
        """The path of a key."""
        return f"{self.path}.{key.name}" if self.path else key.name

    def below(self, key: Key) -> str | None:
        """The path of a key's own section."""
        return None if key.below is None else f"{self.path}.{key.below}" if self.path else key.below


@cache
def parts() -> tuple[Part, ...]:
    """Every section of a study file, parents first; a name of the user's choice is NAME in paths."""
    schema = json_schema()
    return tuple(_parts("", schema, schema["$defs"]))


def _parts(path: str, schema: Schema, known: Schema) -> Iterator[Part]:
    described = _classes().get(schema.get("title", ""))
    inherits = described is not None and described.only_what_is_set
    required = schema.get("required", ())
    keys = [_key(name, leaf, name in required, inherits, known) for name, leaf in schema["properties"].items()]
    part = Part(path, _prose(schema), tuple(key for key, _ in keys))
    yield part
    for key, section in keys:
        if section is not None:
            yield from _parts(str(part.below(key)), section, known)


def _key(name: str, leaf: Schema, required: bool, inherits: bool, known: Schema) -> tuple[Key, Schema | None]:
    options = list(_options(leaf))
    spaces = tuple(key for option in options if (key := _node_key(option)) is not None)
    section = next((known[_reference(option)] for option in options if "$ref" in option), None)
    of_each = next((option["additionalProperties"] for option in options if option.get("additionalProperties")), None)
    below = name if section is not None else None
    if section is None and isinstance(of_each, Mapping) and "$ref" in of_each:
        section, below = known[_reference(of_each)], f"{name}.NAME"
    plain = [option for option in options if _node_key(option) is None]
    takes = _said(leaf) or ("a section" if section is not None else _shape(plain))
    default = leaf.get("default")
    written = None if default is None else _written(default)
    return Key(name, takes, spaces, required, inherits, written, "default" in leaf, below), section


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
            return "; ".join([", ".join(f"`{name}`" for name in named), words] if unsaid else [words])
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
