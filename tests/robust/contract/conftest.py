"""The families that every method must support, and the result of training with each variant."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from robust_families import FAMILIES, Family
from robust_trace import Trace, trace
from robust_variants import ALL, COMBINATIONS

from xlingual.families import EXTRACTIVE, TEXT_TO_TEXT
from xlingual.families.pair_classification.pair_family import PairClassification
from xlingual.families.text_to_text.pair_texts import TextToTextPairs

SOME = {
    "xlm_roberta": {
        "noise, uniform, embeddings",
        "freelb, linf, embeddings",
        "pgd, example, embeddings",
        "prediction, token, last hidden states",
        "consistency and everything else",
    },
    "pair_xlm_roberta": {
        "noise, uniform, embeddings",
        "freelb, linf, embeddings",
        "prediction, token, last hidden states",
        "consistency and everything else",
    },
    "pair_text_to_text": {
        "noise",
        "noise, ball, last hidden states",
        "freelb",
        "prediction",
        "consistency",
        "word substitution",
        "code switch",
        "subword sampling",
        "averaging, running",
        "consistency and everything else",
    },
    "text_to_text": {
        "noise",
        "noise, ball, last hidden states",
        "noise, last hidden states",
        "freelb",
        "freelb, example, last_hidden_states",
        "pgd, linf, unbounded",
        "prediction",
        "consistency",
        "word substitution",
        "code switch",
        "subword sampling",
        "averaging, running",
        "consistency and everything else",
    },
}
"""Variants checked for a family; both tasks' encoders have all, including those with code common to all families."""

SERVED = {
    "text_to_text": TEXT_TO_TEXT.recipes,
    "pair_encoder": PairClassification.recipes,
    "pair_xlm_roberta": PairClassification.recipes,
    "pair_text_to_text": TextToTextPairs.recipes,
}
"""Recipes of the families that are no encoders of questions."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the variants that a family does not check, and the recipes that it does not support."""
    others = {item for item in items if item.path.parent == Path(__file__).parent and _left_out(item)}
    config.hook.pytest_deselected(items=list(others))
    items[:] = [item for item in items if item not in others]


def _left_out(item: pytest.Item) -> bool:
    parameters = item.callspec.params  # type: ignore[attr-defined]
    family = parameters["family"]
    if "recipe" in parameters and parameters["recipe"] not in SERVED.get(family, EXTRACTIVE.recipes):
        return True
    return "name" in parameters and family in SOME and parameters["name"] not in SOME[family]


@pytest.fixture(scope="session", params=FAMILIES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Family:
    return FAMILIES[request.param](tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="session")
def plain(family: Family) -> Trace:
    """Plain training for two updates of two micro-batches each."""
    return trace(family, family.configuration())


@pytest.fixture(scope="session")
def traced(family: Family) -> Callable[[str], Trace]:
    """The same with a variant or combination, trained once."""
    return cache(lambda name: trace(family, family.configuration((ALL | COMBINATIONS)[name])))
