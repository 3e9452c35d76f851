"""Studies on clusters of several machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cluster_hosts as hosts
import pytest
from toy_study import write_toy_study

from xlingual.data.toy import ToyWorld, write_toy_world


@pytest.fixture
def cluster() -> Iterator[hosts.Hosts]:
    """Three machines of one CPU each, for one test, which breaks them."""
    lacking = hosts.why_not()
    if lacking:
        pytest.skip(lacking)
    made = hosts.Hosts()
    try:
        made.start(3)
        yield made
    finally:
        made.end()


class ToyFiles(NamedTuple):
    """A toy world as files of the user's own: its model, and the overrides of a study that reads its data."""

    model: Path
    overrides: tuple[str, ...]


@pytest.fixture(scope="session")
def toy_files(tmp_path_factory: pytest.TempPathFactory) -> ToyFiles:
    paths = write_toy_world(tmp_path_factory.mktemp("files") / "world", ToyWorld())
    data = {"data.train": paths.train, "data.dev": paths.dev, "data.test.source": paths.xquad}
    return ToyFiles(paths.model, tuple(word for key, path in data.items() for word in ("--set", f"{key}={path}")))


@pytest.fixture(scope="session")
def study_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy study with random search: each trial is the same wherever and whenever it is trained."""
    return write_toy_study(tmp_path_factory.mktemp("cluster") / "study.yaml", updates=200, reports=10, trials=4)
