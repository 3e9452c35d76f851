"""A real tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.models.encoder import load_tokenizer


@pytest.fixture(scope="session")
def real_tokenizer(shared: Path) -> Any:
    """The tokenizer of the developers' small encoder."""
    return load_tokenizer(shared / "models/me5-small-trimmed")
