"""All methods of robust training: those that are built in, in the order in which they apply, then packages' ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xlingual.extensions import registered
from xlingual.study.methods import (
    adversarial,
    averaging,
    code_switch,
    consistency,
    embedding_noise,
    subword_sampling,
    word_substitution,
)
from xlingual.study.methods.method import Method

BUILT_IN: tuple[Method[Any], ...] = (
    embedding_noise.METHOD,
    adversarial.METHOD,
    consistency.METHOD,
    word_substitution.METHOD,
    code_switch.METHOD,
    subword_sampling.METHOD,
    averaging.METHOD,
)

METHODS: Mapping[str, Method[Any]] = registered("xlingual.methods", Method, BUILT_IN)
"""By the key under `robust` in a study file. Texts are altered in this order."""
