"""XNLI: premises of MultiNLI's genres with hypotheses, translated (Conneau et al. 2018, arXiv 1809.05053)."""

from __future__ import annotations

from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.task_metrics import accuracy_metrics

LANGUAGES = ("en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh")

BENCHMARK = Benchmark(
    name="xnli",
    title="XNLI",
    metrics=accuracy_metrics("natural_language_inference"),
    task="xlingual.tasks.xnli:XNLI",
    languages=LANGUAGES,
    source="facebook/xnli",
    hub_ids=("xnli",),
    file="test-{language}.tsv",
    other_files=("xnli.test.tsv",),
    reader="xlingual.data.sentence_pairs.xnli:XNLI.load",
    training_reader="xlingual.data.sentence_pairs.xnli:XNLI.load_training",
    stated="xlingual.data.sentence_pairs.xnli:XNLI.stated",
    available="xlingual.data.sentence_pairs.xnli:XNLI.languages_of",
    crossed="xlingual.data.sentence_pairs.xnli:XNLI.cross",
    roles=("premise", "hypothesis"),
    published="published_xnli.csv",
    counts=dict.fromkeys(LANGUAGES, 5010),
    averages={"15 languages with English": LANGUAGES},
)
