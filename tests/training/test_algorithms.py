"""How a process lets a GPU compute: deterministic algorithms, rounded products."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import torch

from xlingual.models.products import exact_products, use_products
from xlingual.training.algorithms import WORKSPACE, choose_algorithms
from xlingual.training.hardware import chosen_precision

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(WORKSPACE, "before")  # so that it is taken back
    monkeypatch.delenv(WORKSPACE)
    yield
    torch.use_deterministic_algorithms(False)
    torch.set_float32_matmul_precision("highest")


def test_a_gpu_is_deterministic_where_that_is_asked_for() -> None:
    choose_algorithms(True, GPU)
    assert torch.are_deterministic_algorithms_enabled() and os.environ[WORKSPACE] == ":4096:8"
    choose_algorithms(False, GPU)  # the next trial of the process
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_workspace_that_was_chosen_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKSPACE, ":16:8")
    choose_algorithms(True, GPU)
    assert os.environ[WORKSPACE] == ":16:8"


def test_nothing_changes_on_a_cpu() -> None:
    choose_algorithms(True, CPU)
    use_products("tf32", CPU)
    assert not torch.are_deterministic_algorithms_enabled() and WORKSPACE not in os.environ
    assert torch.get_float32_matmul_precision() == "highest"


@pytest.mark.parametrize(("capability", "expected"), [((7, 5), "fp32"), ((8, 0), "tf32"), ((9, 0), "tf32")])
def test_tf32_is_fp32_where_a_device_has_none(
    capability: tuple[int, int], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert chosen_precision("tf32", GPU) == expected
    assert chosen_precision("tf32", CPU) == "fp32"


@pytest.mark.parametrize(("precision", "rounding"), [("tf32", "high"), ("fp32", "highest"), ("bf16", "highest")])
def test_products_are_rounded_for_tf32_alone_and_never_where_they_are_to_be_exact(
    precision: str, rounding: str
) -> None:
    use_products(precision, GPU)
    assert torch.get_float32_matmul_precision() == rounding
    with exact_products():
        assert torch.get_float32_matmul_precision() == "highest"
    assert torch.get_float32_matmul_precision() == rounding
