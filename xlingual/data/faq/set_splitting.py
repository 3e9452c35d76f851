"""Set splitting: divide members into two sides so that every group has both, close to a preferred choice."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_CONSIDERED = 64
"""Maximum number of members considered per group; a larger group always has free members to give it both sides."""

_STEPS = 50_000
"""Maximum number of search steps; real splits need about one per group."""


def two_sided(groups: Sequence[Sequence[str]], wish: Collection[str]) -> frozenset[str] | None:
    """Choose members so that each group has at least one chosen and one other member.

    Follows `wish` wherever possible; ties go to earlier groups and members. This is set splitting (2-colouring of a
    hypergraph), NP-complete in general, solved by backtracking with forced moves.

    Args:
        groups: groups of at least two distinct members each.
        wish: members to choose if possible.

    Returns:
        The chosen members, or None if there is no solution, or none was found in 50,000 steps.
    """
    looked_at = [_some(group, wish) for group in groups]
    fixed = _search(looked_at, wish)
    if fixed is None:
        return None
    names = {name for group in groups for name in group} | set(wish)
    return frozenset(name for name in names if fixed.get(name, name in wish))


def _some(group: Sequence[str], wish: Collection[str]) -> list[str]:
    """The first members, led by one of each side of the wish, so that the wish can be followed."""
    sides = [next((name for name in group if (name in wish) is side), None) for side in (True, False)]
    first = [name for name in sides if name is not None]
    rest = [name for name in group if name not in first]
    return first + rest[: _CONSIDERED - len(first)]


def _search(groups: list[list[str]], wish: Collection[str]) -> dict[str, bool] | None:
    """Depth-first search; `trail` holds alternatives to try after a failure: earlier choices and the other value."""
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
    """Make all forced choices; return False if a group has only one side."""
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
    """The first free member of the group that has the fewest, among those without both sides; None if all have both."""
    fewest: list[str] | None = None
    for group in groups:
        if len({sides[name] for name in group if name in sides}) < 2:
            free = [name for name in group if name not in sides]
            if fewest is None or len(free) < len(fewest):
                fewest = free
    return fewest[0] if fewest else None
