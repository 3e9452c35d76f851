"""Notes on arms with unusual learning rates for their model's family."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_text_to_text import write_text_to_text

from xlingual.preparation.advice import advice_notes
from xlingual.preparation.inputs import locate, resolve_models
from xlingual.study import load_study

STUDY = """\
name: s
question: which?
model: {model}
data: {{train: t, dev: held-out-articles, test: {{source: google/xquad, languages: all}}}}
training: {{updates: 100, learning_rate: {rate}}}
arms:
  plain: {{baseline: true}}
  mt5: {{model: {other}}}
  noise: {{robust: {{embedding_noise: {{magnitude: 0.1}}}}}}
search: {{trials_per_arm: 1, objective: dev.f1}}
replicates: {{searches: 1, seeds: 1}}
"""


def notes(folder: Path, model: Path | str, other: Path | str, rate: object) -> list[str]:
    path = folder / "study.yaml"
    path.write_text(STUDY.format(model=model, other=other, rate=rate))
    study = load_study(path)
    found = advice_notes(study)  # as a plan asks, without anything laid out
    if all(Path(one.model or study.model).exists() for one in study.arms.values()):
        assert advice_notes(study, resolve_models(locate(study, folder))) == found
    return found


@pytest.fixture(scope="module")
def text_to_text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_text_to_text(tmp_path_factory.mktemp("texts") / "model")


def test_a_range_that_lies_outside_is_told_once_for_all_its_arms(
    tmp_path: Path, tiny_checkpoint: Path, text_to_text: Path
) -> None:
    (note,) = notes(tmp_path, tiny_checkpoint, text_to_text, "{log_uniform: [5.0e-4, 1.0e-3]}")
    assert note.startswith("plain, noise: learning rates lie above the usual 5e-06 to 0.0001 (XTREME")
    (note,) = notes(tmp_path, tiny_checkpoint, text_to_text, 3e-5)
    assert note.startswith("mt5: learning rates lie below the usual 0.0001 to 0.002 (T5, arXiv 1910.10683")


@pytest.mark.parametrize("rate", ["{log_uniform: [1.0e-5, 1.0e-3]}", "{choice: [1.0e-5, 1.0e-3]}", "1.0e-4"])
def test_a_range_that_reaches_into_the_usual_one_is_none_to_tell(
    tmp_path: Path, tiny_checkpoint: Path, text_to_text: Path, rate: str
) -> None:
    assert notes(tmp_path, tiny_checkpoint, text_to_text, rate) == []


def test_nothing_is_said_of_models_that_are_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    assert notes(tmp_path, "owner/absent", "no/such/model@main", 0.5) == []


def test_a_model_in_the_hubs_cache_is_known(
    tmp_path: Path, tiny_checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.file_download.constants.HF_HUB_CACHE", str(tmp_path))
    snapshot = tmp_path / "models--owner--tiny" / "snapshots" / ("a" * 40)
    snapshot.mkdir(parents=True)
    (snapshot / "config.json").write_text((tiny_checkpoint / "config.json").read_text())
    refs = tmp_path / "models--owner--tiny" / "refs"
    refs.mkdir()
    (refs / "main").write_text("a" * 40)
    assert len(notes(tmp_path, "owner/tiny", "owner/tiny@main", 0.5)) == 1
