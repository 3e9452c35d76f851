"""Modules of tests/benchmarks for tests of them; they import each other from their own folder, like scripts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

FOLDER = Path(__file__).with_name("benchmarks")


@contextmanager
def benchmark_modules(**names: str) -> Iterator[SimpleNamespace]:
    """Import modules, each under the attribute that its name is given for; forget all of the folder's at the end."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        before = set(sys.modules)
        yield SimpleNamespace(**{attribute: import_module(name) for attribute, name in names.items()})
        forget(before)


def forget(before: set[str]) -> None:
    """Forget the folder's modules that were not imported before: other tests may run the scripts anew."""
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(FOLDER)):
            del sys.modules[name]
