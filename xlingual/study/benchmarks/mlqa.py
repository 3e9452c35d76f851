"""MLQA: questions on similar passages of several Wikipedias (Lewis et al. 2020, arXiv 1910.07475)."""

from __future__ import annotations

from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.task_metrics import MLQA

LANGUAGES = ("en", "ar", "de", "es", "hi", "vi", "zh")

BENCHMARK = Benchmark(
    name="mlqa",
    title="MLQA",
    metrics=MLQA,
    task="xlingual.tasks.question_answering:MLQA",
    languages=LANGUAGES,
    source="google/xtreme",
    file="test-context-{language}-question-{language}.json",
    reader="xlingual.data.test_sets.mlqa:load_mlqa",
    training_reader="xlingual.data.test_sets.mlqa:load_training",
    hub_ids=("facebook/mlqa",),
    stated="xlingual.data.test_sets.mlqa:stated_questions",
    available="xlingual.data.test_sets.mlqa:languages_of",
    crossed="xlingual.data.test_sets.mlqa:load_crossed",
    roles=("context", "question"),
    averages={"7 languages with English": LANGUAGES},
    published="published_mlqa.csv",
    hub_part="MLQA.{language}.{language}",
    counts={"en": 11590, "ar": 5335, "de": 4517, "es": 5253, "hi": 4918, "vi": 5495, "zh": 5137},
)
