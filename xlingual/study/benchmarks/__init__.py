"""Test sets that studies and `xlingual evaluate` know by name."""

from xlingual.study.benchmarks.benchmark import Benchmark
from xlingual.study.benchmarks.registry import BENCHMARKS

__all__ = ["BENCHMARKS", "Benchmark"]
