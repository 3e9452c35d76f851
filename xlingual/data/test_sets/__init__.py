"""Readers of test sets of question answering. Facts about the sets are in `xlingual.study.benchmarks`."""
