"""All test sets that have a name. One that joins is a file beside this one, and a line here."""

from __future__ import annotations

from xlingual.study.benchmarks import mlqa, pawsx, tydiqa_goldp, xnli, xquad
from xlingual.study.benchmarks.benchmark import Benchmark

BENCHMARKS: dict[str, Benchmark] = {
    one.name: one for one in (xquad.BENCHMARK, mlqa.BENCHMARK, tydiqa_goldp.BENCHMARK, pawsx.BENCHMARK, xnli.BENCHMARK)
}
"""By name, in the order of messages."""
