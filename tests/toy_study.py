"""The toy study that tests on clusters run: of a few seconds, and each trial the same wherever it is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

STUDY: dict[str, Any] = {
    "name": "toy",
    "question": "Does it hold on a cluster?",
    "model": "toy",
    "data": {"train": "toy", "dev": "toy", "test": {"source": "toy", "languages": ["en", "de"]}},
    "windows": {"max_length": 64, "stride": 16, "max_answer_tokens": 8},
    "training": {
        "updates": 20,
        "batch_size": 8,
        "micro_batch_size": 4,
        "learning_rate": {"log_uniform": [1e-3, 1e-2]},
        "freeze_word_embeddings": True,
        "precision": "fp32",
        "reports": 2,
    },
    "arms": {"baseline": {"baseline": True}},
    "search": {"trials_per_arm": 1, "startup_trials": 1, "sampler": "random", "scheduler": "none"},
    "replicates": {"searches": 1, "seeds": 1},
}


def toy_study(*, updates: int = 20, reports: int = 2, trials: int = 1, **sections: Any) -> dict[str, Any]:
    """Return the study with some updates, reports of each trial, and trials; keyword arguments add whole sections."""
    training = STUDY["training"] | {"updates": updates, "reports": reports}
    search = STUDY["search"] | {"trials_per_arm": trials, "startup_trials": trials}
    return STUDY | {"training": training, "search": search} | sections


def write_toy_study(path: Path, **options: Any) -> Path:
    """Write a study file, see `toy_study`."""
    path.write_text(yaml.safe_dump(toy_study(**options)), encoding="utf-8")
    return path
