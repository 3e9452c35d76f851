"""PAWS-X: 2,000 pairs for tests and 2,000 for development in seven languages (arXiv 1908.11828).

Training data is PAWS-Wiki's (arXiv 1904.01130), in English. PAWS-X was made of PAWS-Wiki's development part.
"""

from __future__ import annotations

from xlingual.data.sentence_pairs.pair_reader import PairReader
from xlingual.data.sentence_pairs.pair_source import HubLayout, PairSource
from xlingual.study.benchmarks.pawsx import BENCHMARK

PAWSX = PairReader(
    PairSource(
        title="PAWS-X",
        languages=BENCHMARK.languages,
        spellings={"0": "0", "1": "1"},
        files={
            "train": ("{language}/train.tsv", "{language}/translated_train.tsv", "train-{language}.tsv", "train.tsv"),
            "dev": ("{language}/dev_2k.tsv", "dev-{language}.tsv", "dev.tsv"),
            "test": ("{language}/test_2k.tsv", "test-{language}.tsv"),
        },
        hubs={"google/xtreme": HubLayout("PAWS-X.{language}")},
        untranslated="NS",
        untranslated_label="0",
    )
)
