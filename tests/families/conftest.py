"""Tiny text-to-text models."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_text_to_text import write_byte_to_byte, write_text_to_text

WRITERS = {"mt5": write_text_to_text, "byt5": write_byte_to_byte}


@pytest.fixture(scope="session", params=list(WRITERS))
def checkpoint(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return WRITERS[request.param](tmp_path_factory.mktemp(request.param) / "model")


@pytest.fixture(scope="session")
def mt5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_text_to_text(tmp_path_factory.mktemp("mt5") / "model", width=32)
