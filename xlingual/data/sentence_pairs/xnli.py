"""XNLI: 2,490 pairs for development and 5,010 for tests in fifteen languages (arXiv 1809.05053).

Training data is MultiNLI's (arXiv 1704.05426), in English. Its labels, and their order on the hub, are the same.
"""

from __future__ import annotations

from xlingual.data.sentence_pairs.pair_reader import PairReader
from xlingual.data.sentence_pairs.pair_source import HubLayout, PairSource
from xlingual.study.benchmarks.xnli import BENCHMARK

XNLI = PairReader(
    PairSource(
        title="XNLI",
        languages=BENCHMARK.languages,
        spellings={
            "entailment": "entailment",
            "neutral": "neutral",
            "contradiction": "contradiction",
            "contradictory": "contradiction",  # in the machine-translated training files
        },
        files={
            "train": ("train-{language}.tsv", "multinli.train.{language}.tsv", "multinli_1.0_train.txt"),
            "dev": ("dev-{language}.tsv", "xnli.dev.tsv"),
            "test": ("test-{language}.tsv", "xnli.test.tsv"),
        },
        hubs={"google/xtreme": HubLayout("XNLI"), "nyu-mll/multi_nli": HubLayout("", "validation_matched")},
    )
)
