"""Decide which occurrence of an answer an offset refers to, judging by all offsets of the file together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from xlingual.data.answer_spans import Slice, slices_of
from xlingual.data.units import UNITS, lengths

NEARBY = 20
"""Maximum distance, in characters, from an answer to its offset in a file whose offsets are all slightly wrong."""

FEWEST = 5
"""Minimum number of answers with a single occurrence needed to judge how far a file's offsets are off."""

FEWEST_SHIFTED = 3
"""Minimum number of distinct offsets that establish a constant shift."""

STATED = "stated"
SHIFT, UNIQUE, NEAR, TEXT = "shift", "unique", "near", "text"

RULES = (*dict.fromkeys(unit.name for unit in UNITS[1:]), SHIFT, UNIQUE, NEAR, TEXT)
"""How an answer that is not at its offset was found.

By the unit in which the file counts; by a constant shift; as the only occurrence; as the only occurrence nearby, in a
file whose offsets are all slightly wrong; or `text`: the offset is right, but the context differs in Unicode form or
white space.
"""

Lost: TypeAlias = Literal["absent", "ambiguous"]
"""The answer is not in the context, or it occurs several times and the offset does not tell which one is meant."""


@dataclass(frozen=True, slots=True)
class Stated:
    """An answer and its offset as stated in a file; a negative offset means none."""

    context: str
    answer: str
    start: int

    @property
    def fits(self) -> bool:
        """Whether the answer is at its offset."""
        return self.start >= 0 and bool(self.answer.strip()) and self.context.startswith(self.answer, self.start)


@dataclass(frozen=True, slots=True)
class Span:
    """An answer's place in its context, and how it was found: STATED or one of RULES."""

    start: int
    end: int
    how: str = STATED


@dataclass(frozen=True)
class Located:
    """The answers of a file, in order, and the likely cause of its wrong offsets ("look ..."), if known."""

    answers: list[Span | Lost]
    cause: str = ""


def locate_answers(stated: Sequence[Stated]) -> Located:
    """Find the answers of one file.

    An answer that occurs once in its context is taken from there. Among several occurrences, the offset decides: read
    in characters, and in the unit or with the constant shift that explains the most wrong offsets of the file (at
    least half). The answer is lost when these readings point to different occurrences, or to none.
    """
    off = {number: _Answer.of(one) for number, one in enumerate(stated) if not one.fits}
    reading = _Reading.of(list(off.values()), [one.start for one in stated if one.fits])

    def find(number: int, one: Stated) -> Span | Lost:
        if one.fits and not reading.doubts_fitting:
            return Span(one.start, one.start + len(one.answer))
        return reading.find(off.get(number) or _Answer.of(one))

    return Located([find(number, one) for number, one in enumerate(stated)], reading.cause)


@dataclass(frozen=True, slots=True)
class _Answer:
    """A stated answer, its occurrences, and their offsets in every unit."""

    start: int
    fits: bool
    slices: list[Slice]
    counted: list[tuple[int, ...]]

    @classmethod
    def of(cls, one: Stated) -> _Answer:
        found = slices_of(one.context, one.answer)
        return cls(one.start, one.fits, found, [lengths(one.context[:start]) for start, _ in found])

    @property
    def only(self) -> Slice | None:
        return self.slices[0] if len(self.slices) == 1 else None

    def named(self, unit: int) -> set[Slice]:
        """The occurrences at the stated offset, counted in a unit."""
        return {one for one, counted in zip(self.slices, self.counted, strict=True) if counted[unit] == self.start}

    @property
    def units(self) -> set[int]:
        """The units in which some occurrence is at the stated offset."""
        return {unit for each in self.counted for unit, offset in enumerate(each) if offset == self.start}

    def shifted(self, shift: int) -> set[Slice]:
        return {one for one in self.slices if one[0] + shift == self.start}


@dataclass(frozen=True)
class _Reading:
    """How to interpret a file's offsets.

    Attributes:
        units: indices of the units that explain the most wrong offsets; empty if they explain too few.
        shift: the constant shift that explains the most wrong offsets; 0 if there is none.
        characters: whether an offset that fits in characters is trusted.
        zeros: whether an offset of 0 means "not set".
        unset: whether most wrong offsets are "not set".
        near: whether all offsets are slightly wrong.
    """

    units: tuple[int, ...] = ()
    shift: int = 0
    characters: bool = True
    zeros: bool = False
    unset: bool = False
    near: bool = False

    @classmethod
    def of(cls, off: Sequence[_Answer], fitting: Sequence[int]) -> _Reading:
        """Infer the reading from the answers that do not fit and the offsets that do; offsets up to 0 are ignored."""
        zeros = sum(one.start == 0 for one in off) > fitting.count(0)
        unfit = [one for one in off if one.slices and one.start > 0 and not one.named(0)]
        characters = len(unfit) <= len(fitting)  # otherwise those that fit may do so by chance
        explained = Counter(unit for one in unfit for unit in one.units)
        shift, shifted = _shift(unfit)
        most = max([shifted, *explained.values()])
        if most and 2 * most >= len(unfit):
            units = [unit for unit, number in explained.items() if number == most]
            plain_first = tuple(sorted(units, key=lambda unit: (UNITS[unit].twofold, unit)))
            return cls(plain_first, shift if shifted == most else 0, characters, zeros)
        unset = 2 * sum(one.start < 0 or (one.start == 0 and zeros) for one in off) > len(off)
        return cls(characters=characters, zeros=zeros, unset=unset, near=_near_throughout(unfit))

    @property
    def doubts_fitting(self) -> bool:
        """Whether an offset that fits may still refer to another occurrence."""
        return bool(self.units or self.shift or self.zeros or not self.characters)

    @property
    def rule(self) -> str:
        return UNITS[self.units[0]].name if self.units else SHIFT

    @property
    def cause(self) -> str:
        if self.units:
            return f"look like {UNITS[self.units[0]].title}"
        if self.shift:
            return f"look shifted by {self.shift:+d} characters"
        if self.unset:
            return "look unset (0, -1 or absent)"
        return "look a little off throughout" if self.near else ""

    def find(self, one: _Answer) -> Span | Lost:
        if not one.slices:
            return "absent"
        named = self._named(one)
        if one.only is not None:
            return self._span(one, one.only)
        if len(named) == 1:
            return self._span(one, named.pop())
        near = [each for each in one.slices if abs(each[0] - one.start) <= NEARBY]
        if self.near and not named and len(near) == 1 and self._undisputed(one, near[0]):
            return Span(*near[0], NEAR)
        return "ambiguous"

    def _named(self, one: _Answer) -> set[Slice]:
        """The occurrences that the offset points to, in characters or by the file's rule."""
        if not self._is_set(one.start):
            return set()
        return self._by_rule(one) | (one.named(0) if self.characters else set())

    def _by_rule(self, one: _Answer) -> set[Slice]:
        by_unit = [one.named(unit) for unit in self.units]
        return set().union(*by_unit, one.shifted(self.shift) if self.shift else ())

    def _is_set(self, offset: int) -> bool:
        return offset > 0 or (offset == 0 and not self.zeros)

    def _span(self, one: _Answer, found: Slice) -> Span:
        if found[0] == one.start:
            return Span(*found, STATED if one.fits else TEXT)
        by_rule = self._is_set(one.start) and found in self._by_rule(one)
        return Span(*found, self.rule if by_rule else UNIQUE)

    def _undisputed(self, one: _Answer, near: Slice) -> bool:
        """Whether no unit points to an occurrence other than the near one."""
        return one.start > 0 and all(one.named(unit) <= {near} for unit in range(1, len(UNITS)))


def _shift(unfit: Sequence[_Answer]) -> tuple[int, int]:
    """The most common shift of answers with one occurrence, and how many answers it explains; (0, 0) if too few."""
    only = [(one.start - one.only[0], one.start) for one in unfit if one.only is not None]
    if not only:
        return 0, 0
    [(shift, _)] = Counter(shift for shift, _ in only).most_common(1)
    if len({start for found, start in only if found == shift}) < FEWEST_SHIFTED:
        return 0, 0
    return shift, sum(bool(one.shifted(shift)) for one in unfit)


def _near_throughout(unfit: Sequence[_Answer]) -> bool:
    """Whether at least 19 of 20 answers with one occurrence, of at least FEWEST, are near their offsets."""
    distances = [abs(one.start - one.only[0]) for one in unfit if one.only is not None]
    return len(distances) >= FEWEST and 20 * sum(each <= NEARBY for each in distances) >= 19 * len(distances)
