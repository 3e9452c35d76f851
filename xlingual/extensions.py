"""What other packages add to xlingual: objects that their entry points name, loaded once in every process.

A package that adds a robust-training method or an optimiser names it in its `pyproject.toml`:

    [project.entry-points."xlingual.methods"]
    word_dropout = "my_package.word_dropout:METHOD"

The command line, Ray's workers and every other process find it there, so it has to be installed on every machine.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, TypeVar

from xlingual.errors import ExtensionError


class Named(Protocol):
    """What can be registered: its name is its key in a study file."""

    @property
    def name(self) -> str:
        """Letters, digits and _; begins with a letter."""
        ...


T = TypeVar("T", bound=Named)


def registered(group: str, kind: type[T], built_in: Sequence[T]) -> dict[str, T]:
    """Return everything of a kind by name: what is built in, in its order, then what packages add, by name.

    Args:
        group: of the entry points, for example `xlingual.methods`.
        kind: a class whose instances the entry points name.
        built_in: what xlingual itself has.

    Raises:
        ExtensionError: when an entry point cannot be loaded, names something else, or a name is taken.
    """
    found = {one.name: one for one in built_in}
    added: dict[str, T] = {}
    for point in entry_points(group=group):
        one = _loaded(point, kind)
        if one.name in found or one.name in added:
            raise ExtensionError(f"{_described(point)}: the name {one.name!r} is taken; rename it or uninstall it")
        added[one.name] = one
    return found | {name: added[name] for name in sorted(added)}


def resolve(reference: str, user: str) -> Any:
    """Import what a reference `module:attribute` names.

    Args:
        reference: see above.
        user: who needs it, for the message.

    Raises:
        ExtensionError: when there is no such module or attribute.
    """
    try:
        return pkgutil.resolve_name(reference)
    except (ImportError, AttributeError, ValueError) as error:
        raise ExtensionError(
            f"{user}: its implementation {reference} cannot be imported ({type(error).__name__}: {error}); "
            "install or repair the package that it is part of"
        ) from error


def _loaded(point: EntryPoint, kind: type[T]) -> T:
    begun = sys.modules.get(point.module)
    if begun is not None and getattr(begun.__spec__, "_initializing", False):
        raise ExtensionError(
            f"{_described(point)}: {point.module} was imported before xlingual.study, which loads it; write "
            "import xlingual.study before the first import of it"
        )
    try:
        found = point.load()
    except Exception as error:  # whatever the package's code raises
        raise ExtensionError(
            f"{_described(point)}: it cannot be imported ({type(error).__name__}: {error}); repair or uninstall it"
        ) from error
    if not isinstance(found, kind):
        raise ExtensionError(
            f"{_described(point)}: a {kind.__name__} was asked for, found a {type(found).__name__}; name an instance "
            f"of {kind.__module__}.{kind.__name__}"
        )
    if not found.name.isidentifier():
        raise ExtensionError(f"{_described(point)}: {found.name!r} is no name; use letters, digits and _ only")
    return found


def _described(point: EntryPoint) -> str:
    package = f"package {point.dist.name} {point.dist.version}" if point.dist is not None else "an installed package"
    return f"{package}, entry point {point.name} of {point.group} ({point.value})"
