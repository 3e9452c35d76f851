"""Search spaces of sections, derived from the classes of their settings.

A settings class holds the plain values of one trial, each leaf written once:

    class TrainingSettings(Section):
        updates: Annotated[Count, FIXED]
        learning_rate: LearningRate
        optimizer: Annotated[Optimizer, OF_FAMILY] = "adamw"

`Space[TrainingSettings]` is the section that a study file writes instead: the same keys with the same defaults, each a
value or a search space. A mark beside a leaf says where the two differ.
"""

from __future__ import annotations

from enum import Enum, auto
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Generic, TypeVar, Union, get_args, get_origin

from pydantic import Field, GetJsonSchemaHandler, create_model
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema

from xlingual.study.section import Section
from xlingual.study.tunable import Tunable

S = TypeVar("S", bound=Section)


class Mark(Enum):
    """How a leaf of a space differs from that of the settings; see the constants below."""

    FIXED = auto()
    VOIDABLE = auto()
    OF_FAMILY = auto()
    COMPUTED = auto()
    PARTIAL = auto()
    MILDEST_LOW = auto()
    MILDEST_HIGH = auto()


FIXED = Mark.FIXED
"""The leaf is never searched: a study file gives its value."""

VOIDABLE = Mark.VOIDABLE
"""The setting is None only where another one makes it void: a study file may not write null."""

OF_FAMILY = Mark.OF_FAMILY
"""A study file may leave the leaf out (or write null) for what suits the model's family."""

COMPUTED = Mark.COMPUTED
"""The setting follows from others: no study file writes it."""

PARTIAL = Mark.PARTIAL
"""The section holds only what differs from defaults that are given elsewhere: its space is a `Partial`."""

MILDEST_LOW = Mark.MILDEST_LOW
"""The lower the value, the milder the treatment."""

MILDEST_HIGH = Mark.MILDEST_HIGH
"""The higher the value, the milder the treatment."""


def marked(settings: type[Section], mark: Mark) -> tuple[str, ...]:
    """Return the keys of a settings class that have a mark."""
    return tuple(name for name, field in settings.model_fields.items() if mark in field.metadata)


class Space(Section, Generic[S]):
    """A section whose leaves are values or search spaces; `Space[Settings]` is that of a settings class.

    A subclass of it may add keys that the settings do not have.
    """

    settings: ClassVar[type[Section]]
    """The class that this space is derived from."""

    def __class_getitem__(cls, settings: Any) -> Any:
        """Return the space of a settings class."""
        return cls if isinstance(settings, TypeVar) else space_of(settings, cls.only_what_is_set)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Pickle by the settings class: a derived class is not an attribute of a module."""
        if type(self) is not space_of(self.settings, self.only_what_is_set):
            return super().__reduce_ex__(protocol)
        return _unpickled, (self.settings, self.only_what_is_set), self.__getstate__()

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


class Partial(Space[S], Generic[S]):
    """A space in which only the keys that are set count: the others are given elsewhere, so none is required.

    Its JSON Schema has no defaults.
    """

    only_what_is_set: ClassVar[bool] = True

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Leave out the defaults."""
        written = handler.resolve_ref_schema(handler(schema))
        for leaf in written.get("properties", {}).values():
            leaf.pop("default", None)
        return written


def space_of(settings: type[Section], only_what_is_set: bool = False) -> type[Space[Any]]:
    """Return the space of a settings class: every leaf a value or a search space, with the same default.

    Sections within become spaces of their own. One that the settings require may be left out where none of its own keys
    is required. The class is named after the settings: TrainingSettings gives TrainingSpace.

    Args:
        settings: the class, its leaves marked where the space differs.
        only_what_is_set: derive a `Partial`.
    """
    return _derived(settings, only_what_is_set)


@cache
def _derived(settings: type[Section], only_what_is_set: bool) -> type[Space[Any]]:
    fields: dict[str, Any] = {}
    for name, field in settings.model_fields.items():
        marks = [mark for mark in field.metadata if isinstance(mark, Mark)]
        if COMPUTED not in marks:
            leaf = _space_leaf(field, marks)
            marked_leaf = Annotated[(leaf, *marks)] if marks else leaf
            fields[name] = (marked_leaf, _default(field, marks, only_what_is_set))
    base: Any = Partial if only_what_is_set else Space
    name = ("Partial" if only_what_is_set else "") + settings.__name__.removesuffix("Settings") + "Space"
    space: type[Space[Any]] = create_model(
        name, __base__=base, __module__=settings.__module__, __doc__=settings.__doc__, **fields
    )
    space.settings = settings
    return space


def _space_leaf(field: FieldInfo, marks: list[Mark]) -> Any:
    """The type of a leaf of the space, but for its marks."""
    rest = [mark for mark in field.metadata if not isinstance(mark, Mark)]
    leaf: Any = Annotated[(field.annotation, *rest)] if rest else field.annotation
    section, is_optional = _section_of(field.annotation)
    if section is not None:
        space = space_of(section, PARTIAL in marks)
        leaf = space | None if is_optional else space
    elif VOIDABLE in marks:
        leaf = _without_none(field.annotation)
    elif OF_FAMILY in marks:
        leaf = leaf | None
    tunable: Any = Tunable  # mypy takes a subscript for a type application
    return leaf if FIXED in marks else tunable[leaf]


def _default(field: FieldInfo, marks: list[Mark], only_what_is_set: bool) -> Any:
    section, is_optional = _section_of(field.annotation)
    if OF_FAMILY in marks:
        return None
    if section is not None and not is_optional:
        space = space_of(section, PARTIAL in marks)
        required = any(inner.is_required() for inner in space.model_fields.values())
        return ... if required and not only_what_is_set else Field(default_factory=space)
    if field.is_required():
        return None if only_what_is_set else ...
    return Field(default_factory=field.default_factory) if field.default_factory is not None else field.default


def _section_of(annotation: Any) -> tuple[type[Section] | None, bool]:
    """The section that an annotation names, if it names one, and whether it may be None."""
    bare = _without_none(annotation)
    is_section = isinstance(bare, type) and issubclass(bare, Section)
    return (bare if is_section else None), bare is not annotation


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) not in (Union, UnionType) or type(None) not in get_args(annotation):
        return annotation
    return Union[tuple(member for member in get_args(annotation) if member is not type(None))]  # noqa: UP007


def _unpickled(settings: type[Section], only_what_is_set: bool) -> Section:
    space = space_of(settings, only_what_is_set)
    return space.__new__(space)
