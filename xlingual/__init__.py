"""Hyperparameter studies for zero-shot cross-lingual question answering, distributed with Ray."""

__version__ = "0.1.0"
