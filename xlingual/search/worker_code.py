"""Which copy of xlingual Ray's workers use: the driver's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import xlingual


def use_package(package: Path | None = None) -> Callable[[], None]:
    """Make the function by which a worker begins: it takes xlingual from the driver's copy.

    Ray puts the driver's working directory first in a worker's module path, before what is installed: a folder
    `xlingual` there would be imported in its place. Where the driver's copy does not lie on a worker's node, the
    node's own is taken (and compared by `node_probe`).

    Args:
        package: the driver's copy, or that of the running process.
    """
    where = str(package or Path(str(xlingual.__file__)).parent)

    def begin() -> None:  # goes to workers by value, so that nothing here refers to this package
        import importlib.util
        import os
        import sys

        first = os.path.join(where, "__init__.py")
        if "xlingual" in sys.modules or not os.path.isfile(first):
            return
        found = importlib.util.spec_from_file_location("xlingual", first, submodule_search_locations=[where])
        if found is not None and found.loader is not None:
            module = importlib.util.module_from_spec(found)
            sys.modules["xlingual"] = module
            found.loader.exec_module(module)

    return begin
