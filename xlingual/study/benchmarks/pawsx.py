"""PAWS-X: English paraphrase pairs of PAWS-Wiki, translated (Yang et al. 2019, arXiv 1908.11828)."""

from __future__ import annotations

from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.task_metrics import accuracy_metrics

BENCHMARK = Benchmark(
    name="pawsx",
    title="PAWS-X",
    metrics=accuracy_metrics("paraphrase_identification"),
    task="xlingual.tasks.pawsx:PAWSX",
    languages=("en", "de", "es", "fr", "ja", "ko", "zh"),
    source="google-research-datasets/paws-x",
    file="{language}/test_2k.tsv",
    other_files=("test-{language}.tsv",),
    reader="xlingual.data.sentence_pairs.pawsx:PAWSX.load",
    training_reader="xlingual.data.sentence_pairs.pawsx:PAWSX.load_training",
    stated="xlingual.data.sentence_pairs.pawsx:PAWSX.stated",
    available="xlingual.data.sentence_pairs.pawsx:PAWSX.languages_of",
    crossed="xlingual.data.sentence_pairs.pawsx:PAWSX.cross",
    roles=("first sentence", "second sentence"),
    published="published_pawsx.csv",
    counts=dict.fromkeys(("en", "de", "es", "fr", "ja", "ko", "zh"), 2000),
    averages={"7 languages with English": ("en", "de", "es", "fr", "ja", "ko", "zh")},
)
