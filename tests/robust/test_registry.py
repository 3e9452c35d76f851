"""What the registry joins: every method has variants for the contract tests, and both of its halves agree."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path
from types import FunctionType

import pytest
from robust_variants import VARIANTS, WITHOUT_EFFECT

import xlingual
from xlingual.study import TrainingSettings, plain_robust
from xlingual.study.methods import AveragingMethod, PerturbingMethod, TextMethod
from xlingual.study.methods.registry import METHODS
from xlingual.study.optimizers import OPTIMIZERS, optimizer_named
from xlingual.study.robust import methods_of

PACKAGE = Path(inspect.getfile(xlingual)).parent
FREE = ("study/methods/", "robust/", "training/averaging.py", "training/optimizer.py", "study/optimizers.py",
        "data/augmentation/", "data/toy/")  # fmt: skip
"""Rooms of the methods themselves."""


def test_every_method_has_variants_and_an_implementation() -> None:
    assert set(VARIANTS) == set(METHODS)
    for name, variants in VARIANTS.items():
        method = METHODS[name]
        assert isinstance(method, PerturbingMethod | TextMethod | AveragingMethod)
        assert isinstance(method.load(), type | FunctionType)
        for settings in variants.values():
            assert [found.name for found, _ in methods_of(plain_robust(settings), type(method))] == [name]


@pytest.mark.parametrize("name", WITHOUT_EFFECT)
def test_what_changes_nothing_is_left_out(name: str) -> None:
    assert plain_robust(WITHOUT_EFFECT[name]) is None


def test_what_others_make_void_has_no_part_in_a_configuration() -> None:
    """Each void setting is a setting of its method, and is dropped where the other one has the value."""
    for method in METHODS.values():
        (first,) = next(iter(VARIANTS[method.name].values())).values()
        for void in method.voids:
            assert {void.key, void.by} <= set(method.settings.model_fields)
            settings = method.plain({**first, void.by: void.value, **({"dropout": "drawn"} if void.value == 0 else {})})
            default = method.settings.model_fields[void.key].default
            assert getattr(settings, void.key) in (None, default)


def test_every_optimiser_is_built_from_parameter_groups() -> None:
    import torch

    training = TrainingSettings(updates=1, learning_rate=0.1)
    for name in OPTIMIZERS:
        groups = [{"params": [torch.nn.Parameter(torch.ones(2, 2))], "weight_decay": 0.0}]
        made = optimizer_named(name).load()(groups, training)
        assert isinstance(made, torch.optim.Optimizer) and made.param_groups[0]["lr"] == 0.1
    assert [name for name, one in OPTIMIZERS.items() if one.exact_when_trimmed] == ["adamw"]


def test_no_other_room_names_a_method_or_an_optimiser() -> None:
    """Whoever adds one finds no further place to edit."""
    named = {
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if not path.relative_to(PACKAGE).as_posix().startswith(FREE)
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Constant) and node.value in {*METHODS, *OPTIMIZERS})
        or (isinstance(node, ast.Attribute) and node.attr in METHODS)
    }
    assert named == set()
