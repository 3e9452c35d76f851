"""The test scores in a card's metadata: read back with the hub's own classes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import hub_cache
import pytest
import yaml
from huggingface_hub import EvalResult, ModelCard, constants, metadata_load
from huggingface_hub.repocard_data import eval_results_to_model_index, model_index_to_eval_results

from xlingual.export.model_card import model_card
from xlingual.export.origin import Origin, ScoredSet, origin_of
from xlingual.preparation.inputs import Locations
from xlingual.study import TrialConfiguration, load_study
from xlingual.study.benchmarks import BENCHMARKS
from xlingual.study.searches import ArmSearch

EN = {"exact_match": 70.5, "f1": 80.123456789012345, "questions": 1190}
ZH = {"exact_match": 100 / 3, "f1": 61.2, "character_f1": 66.6, "questions": 1190}
STUDY = """
name: mix
question: Does it help?
model: intfloat/multilingual-e5-small
data: {train: rajpurkar/squad, test: google/xquad}
training: {updates: 5, learning_rate: 1.0e-4}
arms: {plain: {baseline: true}}
search: {trials_per_arm: 1}
"""


def configuration() -> TrialConfiguration:
    lengths = {"windows": {"max_length": 24, "stride": 6, "max_answer_tokens": 4}}
    training = {"updates": 6, "learning_rate": 0.001}
    sources = {"model": "m0", "train": "t0", "dev": "d0"}
    return TrialConfiguration.model_validate({"sources": sources, **lengths, "training": training, "seed": 1001})


def card(*tests: ScoredSet, **more: Any) -> str:
    return model_card(configuration(), origin=Origin("mix", "Why?", "plain", tests=tests, **more))


def results(text: str, tmp_path: Path) -> tuple[str, list[EvalResult]]:
    """Name and results of a card, as the hub's library reads a file."""
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    metadata = metadata_load(tmp_path / "README.md")
    assert metadata is not None
    name, found = model_index_to_eval_results(metadata["model-index"])
    assert found == ModelCard(text).data.eval_results
    assert eval_results_to_model_index(name, found) == metadata["model-index"]
    return name, found


def test_every_score_of_a_language_is_there_unrounded(tmp_path: Path) -> None:
    scored = ScoredSet(BENCHMARKS["xquad"], {"en": EN, "zh": ZH, "en-zh": ZH}, None, "google/xquad", "c0")
    name, found = results(card(scored), tmp_path)
    assert name == "mix: arm plain, seed 1001"
    by_metric = {(one.dataset_config, one.metric_type): one.metric_value for one in found}
    assert by_metric == {
        ("xquad.en", "exact_match"): 70.5,
        ("xquad.en", "f1"): EN["f1"],
        ("xquad.zh", "exact_match"): 100 / 3,
        ("xquad.zh", "f1"): 61.2,
        ("xquad.zh", "character_f1"): 66.6,
    }
    first = found[0]
    assert (first.task_type, first.task_name) == ("question-answering", "question answering")
    assert (first.dataset_type, first.dataset_split, first.dataset_revision) == ("google/xquad", "validation", "c0")
    assert (first.dataset_name, first.metric_name) == ("XQuAD, English", "exact match (English)")


@pytest.mark.parametrize(
    ("name", "config", "split", "title"),
    [
        ("mlqa", "MLQA.de.de", "test", "MLQA, German"),
        ("tydiqa_goldp", "secondary_task", "validation", "TyDiQA-GoldP"),
        ("pawsx", "de", "test", "PAWS-X, German"),
        ("xnli", "de", "test", "XNLI, German"),
    ],
)
def test_configurations_are_those_of_the_hub(name: str, config: str, split: str, title: str, tmp_path: Path) -> None:
    benchmark = BENCHMARKS[name]
    scores = dict.fromkeys(("en", "de"), dict.fromkeys(benchmark.metrics.names, 50.0) | {"questions": 9})
    found = results(card(ScoredSet(benchmark, scores, None, benchmark.source, "c0")), tmp_path)[1]
    assert len(found) == 2 * len(benchmark.metrics.names)
    last = found[-1]
    assert (last.dataset_config, last.dataset_split, last.dataset_name) == (config, split, title)
    assert last.metric_name == f"{benchmark.metrics.headline.title} (German)"


def test_a_local_copy_names_the_set_but_no_part_of_the_hub(tmp_path: Path) -> None:
    found = results(card(ScoredSet(BENCHMARKS["xquad"], {"en": EN}, 24), oracle=True), tmp_path)[1]
    assert {(one.dataset_config, one.dataset_split, one.dataset_revision) for one in found} == {("en", None, None)}
    said = "XQuAD, English, 24 paragraphs per language, ORACLE: the search saw this test set"
    assert {(one.dataset_type, one.dataset_name) for one in found} == {("google/xquad", said)}


def test_a_toy_world_is_no_data_set_of_the_hub(tmp_path: Path) -> None:
    (first, _) = results(card(ScoredSet(BENCHMARKS["xquad"], {"en": EN}), toy=True), tmp_path)[1]
    assert (first.dataset_type, first.dataset_name) == ("toy", "XQuAD, English, toy world of made-up languages")


def test_before_the_test_there_is_no_score() -> None:
    for text in (card(), model_card(configuration())):
        assert "model-index" not in text and "model_name" not in text
        assert not re.search(r"^eval", text, flags=re.MULTILINE)


def test_the_commit_that_was_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    (tmp_path / "study.yaml").write_text(STUDY)
    study = load_study(tmp_path / "study.yaml")
    places = Locations("t", "d", {"xquad": "google/xquad"}, None, {"plain": study.model})
    search, scores = ArmSearch("plain"), {"xquad": {"en": EN}}
    (unknown,) = origin_of(study, places, search, scores).tests
    hub_cache.write_data_set(tmp_path / "hub", "google/xquad", {("xquad.en", "validation"): [{"id": "1"}]})
    (known,) = origin_of(study, places, search, scores).tests
    assert (unknown.hub, unknown.revision) == ("google/xquad", None)
    assert known == replace(unknown, revision=hub_cache.commit_of("google/xquad"))


def test_the_metadata_is_yaml_that_keeps_numbers(tmp_path: Path) -> None:
    text = card(ScoredSet(BENCHMARKS["xquad"], {"en": EN}))
    (of_model,) = yaml.safe_load(text.split("---\n")[1])["model-index"]
    assert of_model["results"][0]["metrics"][1]["value"] == EN["f1"]
