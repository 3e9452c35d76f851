"""The study builder as a fixture, because test files cannot import each other with importlib imports."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def studies() -> ModuleType:
    spec = importlib.util.spec_from_file_location("study_builder", Path(__file__).with_name("study_builder.py"))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
