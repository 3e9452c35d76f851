"""A study with a verdict, and its page."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from xml.etree.ElementTree import Element

import pytest
from html_page import parsed

from xlingual.page.page import write_page


@pytest.fixture(scope="session")
def storage(studies: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One study with a verdict, and its page beside it."""
    storage = tmp_path_factory.mktemp("storage")
    builder = studies.study_of_searches(storage, {"webfaq": 8.0, "noise": 0.0}, questions=24)
    write_page(builder.directory, storage / "page.html")
    return storage


@pytest.fixture(scope="session")
def root(storage: Path) -> Element:
    return parsed(storage / "page.html")
