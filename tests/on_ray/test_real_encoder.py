"""A shortened version of the CPU study in `studies`, on the real small encoder and real data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from xlingual.records import journal
from xlingual.records.files import read_json
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
            rows = journal.read(directory.trial(replicate.fingerprint).predictions("xquad", language))
            assert sum(bool(row["prediction"]) for row in rows) == len(rows)
            assert 0 <= sum(row["f1"] for row in rows) / len(rows) <= 100
    summary = summarize(directory)
    assert summary.paragraph_cap == 3
    assert not summary.toy


@pytest.mark.real
def test_every_recipe_trains_a_real_encoder_on_real_pages(
    ray_cluster: None, shared: Path, drive_study: Any, tmp_path: Path
) -> None:
    recipes = {
        "passage": "passage: {}",
        "contrastive": "contrastive: {}",
        "masked": "masked_language_model: {}",
    }
    arms = ["baseline: {baseline: true}"] + [
        f"{name}: {{mixture: {{faq_share: 0.5, temperature: 0.5, recipe: {{{recipe}}}}}}}"
        for name, recipe in recipes.items()
    ]
    short = {
        "model": shared / "models" / "me5-small-trimmed",
        "data.train": shared / "data" / "squad_style" / "new_wiki_v1.0.json",
        "data.train_examples": 60,
        "data.dev_examples": 4,
        "data.test.source": shared / "data" / "xquad",
        "data.faq.source": shared / "data" / "faq_multilingual",
        "data.faq.languages": "[ar, de, hi, zh]",
        "data.faq.spread": 1,
        "data.faq.passages.evidence": 0,
        "data.faq.allow_shortage": "true",
        "data.faq.dev_questions": 2,
        "training.updates": 3,
        "training.reports": 1,
        "search.trials_per_arm": 1,
        "search.objective": "{dev.f1: 0.5, webfaq_dev.mean_f1: 0.5}",
        "storage": tmp_path,
        "arms": "{" + ", ".join(arms) + "}",
    }
    directory, heard = drive_study(STUDY, *(f"{key}={value}" for key, value in short.items()), until="search")
    trials = {trial.arm: trial for trial in read_state(directory).trials}
    assert {trial.state for trial in trials.values()} == {"finished"}
    losses = {}
    for arm, trial in trials.items():
        (report,) = journal.read(directory.trial(trial.fingerprint).reports)
        losses[arm] = report.get("losses", {})
        assert set(report["webfaq_dev"]["f1"]) == {"ar", "de", "hi", "zh"}
    assert {arm: set(named) for arm, named in losses.items()} == {
        "baseline": set(),
        "passage": set(),
        "contrastive": {"span", "contrastive"},
        "masked": {"span", "masked_language_model"},
    }
    sources = read_json(directory.sources)
    for language in ("ar", "de", "hi", "zh"):
        counts = sources[f"faq rows of {language}"]["counts"]
        dropped = sum(count for name, count in counts.items() if name.startswith("dropped_"))
        assert counts["read"] == counts["kept"] + dropped and counts["kept"] > 50
    assert any(note.startswith("fewer than asked for: faq rows of ar by") for note in heard.notes)
