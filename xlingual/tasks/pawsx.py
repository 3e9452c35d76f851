"""PAWS-X: whether two sentences with nearly the same words say the same (Yang et al. 2019, arXiv 1908.11828)."""

from __future__ import annotations

from xlingual.study.benchmarks.pawsx import BENCHMARK
from xlingual.tasks.sentence_pairs import SentencePairTask

PAWSX = SentencePairTask(
    metrics=BENCHMARK.metrics,
    words={"0": "different_meaning", "1": "paraphrase"},
    template="paws sentence1: {first} sentence2: {second}",
)
"""Inputs and words are those of mT5's own code (google-research/multilingual-t5)."""
