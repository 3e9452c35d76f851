"""What may be written at a place of a study file, found by walking down from a section's class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_origin

from xlingual.study.derived import Mark
from xlingual.study.section import LeafDoc, Section
from xlingual.study.tunable import TunableMarker, leaf_type


@dataclass(frozen=True, slots=True)
class Spot:
    """A place of a study file.

    Attributes:
        kind: the type of what may be written; None where nothing may.
        doc: what the leaf takes, in words.
        tunable: whether a search space may be written instead.
        marks: of the leaf, see `xlingual.study.derived`.
    """

    kind: Any
    doc: LeafDoc | None = None
    tunable: bool = False
    marks: tuple[Mark, ...] = ()

    @property
    def section(self) -> type[Section] | None:
        """The section that is written here, if one is."""
        return self.kind if isinstance(self.kind, type) and issubclass(self.kind, Section) else None

    def below(self, step: str | int) -> Spot:
        """Return what may be written under a key of a section or a mapping, or at a position of a list."""
        if self.section is None:
            arguments = [argument for argument in get_args(self.kind) if argument is not ...]
            return _bare(arguments[-1] if arguments else None)
        field = self.section.model_fields.get(str(step))
        if field is None:
            return Spot(None)
        tunable = any(isinstance(mark, TunableMarker) for mark in field.metadata)
        spot = _bare(leaf_type(field.annotation) if tunable else field.annotation)
        marks = tuple(mark for mark in field.metadata if isinstance(mark, Mark))
        return Spot(spot.kind, _last_doc(field.metadata) or spot.doc, tunable, marks)


def _bare(kind: Any) -> Spot:
    """Take off Annotated and "or None"."""
    doc = None
    while True:
        if get_origin(kind) is Annotated:
            kind, *marks = get_args(kind)
            doc = doc or _last_doc(marks)
        elif type(None) in (members := get_args(kind)) and len(members) == 2:
            kind = next(member for member in members if member is not type(None))
        else:
            return Spot(kind, doc)


def _last_doc(marks: Sequence[Any]) -> LeafDoc | None:
    return next((mark for mark in reversed(marks) if isinstance(mark, LeafDoc)), None)
