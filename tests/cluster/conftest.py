"""Studies on clusters of several machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cluster_hosts as hosts
import pytest
import yaml

STUDY = {
    "name": "toy",
    "question": "Does it hold on a cluster?",
    "model": "toy",
    "data": {"train": "toy", "dev": "toy", "test": {"source": "toy", "languages": ["en", "de"]}},
    "windows": {"max_length": 64, "stride": 16, "max_answer_tokens": 8},
    "training": {
        "updates": 200,
        "batch_size": 8,
        "micro_batch_size": 4,
        "learning_rate": {"log_uniform": [1e-3, 1e-2]},
        "freeze_word_embeddings": True,
        "precision": "fp32",
        "reports": 10,
    },
    "arms": {"baseline": {"baseline": True}},
    "search": {"trials_per_arm": 4, "startup_trials": 4, "sampler": "random", "scheduler": "none"},
    "replicates": {"searches": 1, "seeds": 1},
}


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


@pytest.fixture(scope="session")
def study_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy study with random search: each trial is the same wherever and whenever it is trained."""
    path = tmp_path_factory.mktemp("cluster") / "study.yaml"
    path.write_text(yaml.safe_dump(STUDY))
    return path
