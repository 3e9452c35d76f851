from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from xlingual.data.toy import ToyPaths, ToyWorld, write_toy_world


@pytest.fixture(scope="session")
def world() -> ToyWorld:
    return ToyWorld()


@pytest.fixture(scope="session")
def small() -> ToyWorld:
    """A small world that is written quickly."""
    return ToyWorld(train_articles=3, dev_articles=2, test_articles=2, persons_per_article=2, relations=6, faq_pages=4)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory, small: ToyWorld) -> ToyPaths:
    """The small world, written once per session; tests only read it."""
    return write_toy_world(tmp_path_factory.mktemp("small") / "world", small)


@pytest.fixture(scope="session")
def files() -> Callable[[Path], dict[str, bytes]]:
    """The content of a directory: bytes by relative path."""

    def read(directory: Path) -> dict[str, bytes]:
        found = sorted(path for path in directory.rglob("*") if path.is_file())
        return {str(path.relative_to(directory)): path.read_bytes() for path in found}

    return read
