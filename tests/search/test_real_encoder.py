"""The committed study for two CPU cores, cut short, on the real small encoder and real data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.state import read_state
from xlingual.report.summary import summarize

STUDY = Path(__file__).resolve().parents[2] / "studies" / "small_encoder_cpu.yaml"


@pytest.mark.real
def test_a_real_encoder_goes_through_all_stages(
    ray_cluster: None, shared: Path, drive_study: Any, tmp_path: Path
) -> None:
    short = {
        "model": shared / "models" / "me5-small-trimmed",
        "data.train": shared / "data" / "squad_style" / "new_wiki_v1.0.json",
        "data.train_examples": 300,
        "data.dev_examples": 20,
        "data.test.source": shared / "data" / "xquad",
        "data.test.paragraphs": 3,
        "data.test.languages": "[en, de, zh, ar]",
        "data.faq.source": shared / "data" / "faq_multilingual",
        "training.updates": 12,
        "search.trials_per_arm": 1,
        "replicates.seeds": 1,
        "storage": tmp_path,
        "arms": "{baseline: {baseline: true}, noise: {robust: {embedding_noise: {magnitude: "
        "{log_uniform: [0.03, 0.3]}}}}}",
    }
    directory, _ = drive_study(STUDY, *(f"{key}={value}" for key, value in short.items()))
    state = read_state(directory)
    assert state.complete
    for trial in state.trials:
        first, last = journal.read(directory.trial(trial.fingerprint).reports)
        assert last["loss"] < first["loss"]
    for replicate in state.replicates:
        for language in ("en", "de", "zh", "ar"):
            rows = journal.read(directory.trial(replicate.fingerprint).predictions(language))
            assert sum(bool(row["prediction"]) for row in rows) == len(rows)
            assert 0 <= sum(row["f1"] for row in rows) / len(rows) <= 100
    summary = summarize(directory)
    assert summary.paragraph_cap == 3
    assert not summary.toy
