"""The default run leaves out cases of the contract, but no family and no method."""

from __future__ import annotations

import pytest
from robust_default_run import COSTLY, QUICK, in_default_run
from robust_families import FAMILIES
from robust_variants import ALL, COMBINATIONS

from xlingual.study.methods.registry import METHODS

VARIANTS = ALL | COMBINATIONS
LONGEST = ("test_a_killed_training_goes_on_exactly", "test_a_few_examples_are_learnt_by_heart")


def methods(names: set[str]) -> set[str]:
    return {method for name in names for method in VARIANTS.get(name, {})}


@pytest.mark.parametrize("family", QUICK)
def test_every_family_has_every_method_in_the_quick_checks(family: str) -> None:
    found = {name for name in VARIANTS if in_default_run("test_the_passes_of_an_update", family, name)}
    assert methods(found) == set(METHODS)


@pytest.mark.parametrize("test", LONGEST)
def test_the_longest_checks_have_every_family_and_every_method(test: str) -> None:
    assert COSTLY[test].keys() == FAMILIES.keys()
    assert all(COSTLY[test].values())
    assert methods({name for names in COSTLY[test].values() for name in names}) == set(METHODS)


def test_what_is_chosen_is_of_a_known_family() -> None:
    assert {family for chosen in (QUICK, *COSTLY.values()) for family in chosen} <= FAMILIES.keys()
