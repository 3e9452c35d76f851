"""The study builder as a fixture, because test files cannot import each other with importlib imports."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def studies() -> ModuleType:
    path = Path(__file__).parents[1] / "report" / "study_builder.py"
    spec = importlib.util.spec_from_file_location("study_builder", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
