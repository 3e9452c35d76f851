"""Two sides such that no group lies on one side alone: a search that keeps to a wish where it can."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_CONSIDERED = 64
"""Members of a group that are looked at: of a larger group some are free to give it both sides."""

_STEPS = 50_000
"""Choices after which the search gives up; real divisions need about one a group."""


def two_sided(groups: Sequence[Sequence[str]], wish: Collection[str]) -> frozenset[str] | None:
    """Choose members such that each group has one that is chosen and one that is not.

    Members are chosen as `wish` says wherever that is possible; ties go to earlier groups and earlier members. This is
    2-colouring of a hypergraph (set splitting), NP-complete in general, solved here by backtracking with forced moves.

    Args:
        groups: each of two or more distinct members.
        wish: members to choose if it can be done.

    Returns:
        the chosen members, or None when there is no such choice, or none was found in 50,000 steps.
    """
    looked_at = [_some(group, wish) for group in groups]
    fixed = _search(looked_at, wish)
    if fixed is None:
        return None
    names = {name for group in groups for name in group} | set(wish)
    return frozenset(name for name in names if fixed.get(name, name in wish))


def _some(group: Sequence[str], wish: Collection[str]) -> list[str]:
    """The first members, one of each side by the wish at the front so that the wish can hold."""
    sides = [next((name for name in group if (name in wish) is side), None) for side in (True, False)]
    first = [name for name in sides if name is not None]
    rest = [name for name in group if name not in first]
    return first + rest[: _CONSIDERED - len(first)]


def _search(groups: list[list[str]], wish: Collection[str]) -> dict[str, bool] | None:
    """Depth first; `trail` holds what to try next when a branch fails: the choices before it, and the other value."""
    sides: dict[str, bool] = {}
    trail: list[tuple[dict[str, bool], str, bool]] = []
    for _ in range(_STEPS):
        if not _force(groups, sides):
            if not trail:
                return None
            sides, name, value = trail.pop()
            sides[name] = value
            continue
        choice = _most_constrained(groups, sides)
        if choice is None:
            return sides
        value = choice in wish
        trail.append((dict(sides), choice, not value))
        sides[choice] = value
    return None


def _force(groups: list[list[str]], sides: dict[str, bool]) -> bool:
    """Decide what follows from what is decided; False when a group is left with one side."""
    changed = True
    while changed:
        changed = False
        for group in groups:
            decided = {sides[name] for name in group if name in sides}
            if len(decided) != 1:
                continue
            free = [name for name in group if name not in sides]
            if not free:
                return False
            if len(free) == 1:
                sides[free[0]] = not decided.pop()
                changed = True
    return True


def _most_constrained(groups: list[list[str]], sides: dict[str, bool]) -> str | None:
    """The first free member of the group with fewest of them, of those that have not both sides; None: all have."""
    fewest: list[str] | None = None
    for group in groups:
        if len({sides[name] for name in group if name in sides}) < 2:
            free = [name for name in group if name not in sides]
            if fewest is None or len(free) < len(fewest):
                fewest = free
    return fewest[0] if fewest else None
