"""XNLI: whether a hypothesis follows from a premise, contradicts it, or neither (Conneau et al. 2018)."""

from __future__ import annotations

from xlingual.study.benchmarks.xnli import BENCHMARK
from xlingual.tasks.sentence_pairs import SentencePairTask

XNLI = SentencePairTask(
    metrics=BENCHMARK.metrics,
    words={"entailment": "0", "neutral": "1", "contradiction": "2"},
    template="xnli: premise: {first} hypothesis: {second}",
)
"""Inputs and words are those of mT5's own code (google-research/multilingual-t5), which writes class ids."""
