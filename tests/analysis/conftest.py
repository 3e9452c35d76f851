"""Fixtures for the analysis scripts, whose folder is not a package."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def load_program() -> Callable[[str], ModuleType]:
    """Load a program of `analysis/` by its name."""
    return lambda name: _load(ROOT / "analysis" / f"{name}.py")


@pytest.fixture(scope="session")
def claims(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("claims")
