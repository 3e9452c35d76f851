"""The families that every method must support, and the result of training with each variant."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from robust_default_run import in_default_run
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the variants that a family does not check, and the recipes that it does not support.

    Of the rest, those that the default run leaves out are marked `real`; see `robust_default_run`.
    """
    own = [item for item in items if item.path.parent == Path(__file__).parent]
    others = {item for item in own if _left_out(item)}
    config.hook.pytest_deselected(items=list(others))
    items[:] = [item for item in items if item not in others]
    for item in own:
        if item not in others and _is_real(item):
            item.add_marker("real")


def _left_out(item: pytest.Item) -> bool:
    parameters = item.callspec.params  # type: ignore[attr-defined]
    family = parameters["family"]
    if "recipe" in parameters and parameters["recipe"] not in SERVED.get(family, EXTRACTIVE.recipes):
        return True
    return "name" in parameters and family in SOME and parameters["name"] not in SOME[family]


def _is_real(item: pytest.Item) -> bool:
    parameters = item.callspec.params  # type: ignore[attr-defined]
    test = item.originalname  # type: ignore[attr-defined]
    return "name" in parameters and not in_default_run(test, parameters["family"], parameters["name"])


@pytest.fixture(scope="session", params=FAMILIES)
def family(request: pytest.FixtureRequest, family_named: Callable[[str], Family]) -> Family:
    return family_named(request.param)


@pytest.fixture(scope="session")
def plain(family: Family) -> Trace:
    """Plain training for two updates of two micro-batches each."""
    return trace(family, family.configuration())


@pytest.fixture(scope="session")
def traced(family: Family) -> Callable[[str], Trace]:
    """The same with a variant or combination, trained once."""
    return cache(lambda name: trace(family, family.configuration((ALL | COMBINATIONS)[name])))
