"""Updates on a GPU that computes nothing: the host never waits for it between two reports.

One run of a whole update (inputs, copies, forward, backward, clipping, optimiser) for every family, recipe and method.
What is proved is where the host would wait, not what a GPU computes, nor how fast.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import pytest
import torch
from fake_gpu import GPU, FakeGpu, packing_gpu
from robust_families import Family
from robust_variants import ALL, COMBINATIONS, ONE_OF_EACH, Settings
from torch import Tensor

from xlingual.errors import TrialDiverged
from xlingual.models.on_device import on_device
from xlingual.training import update
from xlingual.training.model import TrainedModel
from xlingual.training.update import Updater, numbers_of
from xlingual.training.worker import SoloWorker

ALLOWED_IN_AN_UPDATE: Counter[str] = Counter()
"""Syncs of one update by their reason: none."""

ALLOWED_IN_A_REPORT = 4
"""Numbers are read all at once: gradient norms, losses, losses by objective, sizes of perturbations."""

Case: TypeAlias = tuple[str, Settings, str | None, dict[str, Any]]

PLAIN: Settings = {}
METHODS = {name: (ALL | COMBINATIONS)[name] for name in (*ONE_OF_EACH, "averaging, running")}
METHODS["everything else"] = COMBINATIONS["consistency and everything else"]

BARE = {"batch_size": 2, "micro_batch_size": 1}
"""Rows without padding, which come without a mask."""

CASES: list[Case] = [
    *((family, PLAIN, None, {}) for family in ("xlm_roberta", "pair_encoder", "text_to_text")),
    ("xlm_roberta", PLAIN, None, BARE),
    *(("xlm_roberta", PLAIN, recipe, {}) for recipe in ("passage", "contrastive", "masked_language_model")),
    *(("xlm_roberta", settings, None, {}) for settings in METHODS.values()),
]
LONG: list[Case] = [
    ("pair_text_to_text", PLAIN, None, {}),
    ("text_to_text", PLAIN, None, BARE | {"optimizer": "adamw"}),
    *(("text_to_text", PLAIN, recipe, {}) for recipe in ("passage", "contrastive", "generation")),
    ("text_to_text", ALL["prediction"], None, {}),
]
"""Family, robust methods, recipe, and settings that differ."""

IN_ONE_ROW: list[Case] = [case for case in CASES if case[0] != "text_to_text" and case[3] != BARE]
"""What is run where windows share a row, too: by an encoder in bf16, and in fp32 where that is asked for."""


def _named(case: Case) -> str:
    family, robust, recipe, changes = case
    name = next((name for name, settings in METHODS.items() if settings == robust), "-".join(robust))
    return "-".join(filter(None, (family, name if robust else "", recipe, *map(str, changes.values()))))


def started(
    family: Family, robust: Settings, recipe: str | None, changes: dict[str, Any]
) -> tuple[TrainedModel, Updater]:
    settings = {"updates": 3, "batch_size": 4, "micro_batch_size": 4} | changes
    return family.started(family.configuration(robust or None, recipe=recipe, **settings), SoloWorker(device=GPU))


@pytest.mark.parametrize("case", [*CASES, *(pytest.param(case, marks=pytest.mark.real) for case in LONG)], ids=_named)
def test_no_update_waits_for_the_gpu(case: Case, family_of: Callable[[str], Family], gpu: FakeGpu) -> None:
    name, *settings = case
    model, updater = started(family_of(name), *settings)
    assert model.batcher.layout.startswith("padded: ")
    run(model, updater, gpu)
    assert set(gpu.products) == {torch.float32}


@pytest.mark.parametrize(
    "case",
    [
        case if case[1] in (PLAIN, METHODS["everything else"]) else pytest.param(case, marks=pytest.mark.real)
        for case in IN_ONE_ROW
    ],
    ids=_named,
)
def test_no_update_waits_for_the_gpu_where_windows_share_a_row(
    case: Case, family_of: Callable[[str], Family], gpu: FakeGpu
) -> None:
    name, robust, recipe, changes = case
    precision = "fp32" if robust else "bf16"
    with packing_gpu():
        model, updater = started(family_of(name), robust, recipe, changes | {"precision": precision})
        assert model.batcher.layout == "packed" and model.precision == precision
        run(model, updater, gpu)
        assert updater.take_counts()[0] > 0
    used = {"fp32": "aten::_efficient_attention_forward", "bf16": "aten::_flash_attention_forward"}[precision]
    attention = {operation for operation in gpu.operations if operation.endswith("_attention_forward")}
    assert attention == {used}
    assert (torch.bfloat16 in gpu.products) == (precision == "bf16")


def run(model: TrainedModel, updater: Updater, gpu: FakeGpu) -> None:
    """One whole update, and the inputs of the next."""
    before = [parameter.device for parameter in model.plain.parameters()]
    with gpu:
        updater.update(0)  # makes the inputs of the next one, too
        model.average.after_update(1)
    assert before and set(before) == {GPU}
    assert gpu.operations.total() > 300  # of the GPU: all of this ran there
    assert gpu.raising == Counter()  # with `deterministic: true`
    assert "\n".join(map(str, gpu.syncs)) == "" and Counter(one.why for one in gpu.syncs) == ALLOWED_IN_AN_UPDATE


@pytest.mark.parametrize(
    ("precision", "rounding"), [("fp32", "highest"), ("tf32", "high"), ("bf16", "highest"), ("auto", "highest")]
)
def test_products_are_rounded_where_the_configuration_says_so(
    precision: str, rounding: str, family_of: Callable[[str], Family], gpu: FakeGpu
) -> None:
    for other in ("highest", "high"):  # what an earlier trial of the process left
        torch.set_float32_matmul_precision(other)
        try:
            model, updater = started(family_of("xlm_roberta"), PLAIN, None, {"precision": precision})
            assert (model.precision, torch.get_float32_matmul_precision()) == (
                {"auto": "bf16"}.get(precision, precision),
                rounding,
            )
        finally:
            torch.set_float32_matmul_precision("highest")
    with gpu:
        updater.update(0)
    mixed = precision in ("bf16", "auto")
    assert gpu.products.keys() == ({torch.float32, torch.bfloat16} if mixed else {torch.float32})  # the head's


def test_a_report_reads_numbers_all_at_once(family_of: Callable[[str], Family], gpu: FakeGpu) -> None:
    model, updater = started(family_of("xlm_roberta"), ALL["noise"], "contrastive", {})
    with gpu:
        losses = [updater.update(number) for number in range(2)]
        assert gpu.syncs == []
        updater.check_gradients()
        assert len(numbers_of(losses)) == 2
        assert set(updater.take_losses()) == {"span", "contrastive"}
        assert len(model.robust.pop_squared_norms()) == 2
    assert len(gpu.syncs) == ALLOWED_IN_A_REPORT, gpu.syncs


def test_gradients_are_checked_after_some_updates(
    family_of: Callable[[str], Family], gpu: FakeGpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update, "CHECKED_TOGETHER", 2)
    _, updater = started(family_of("xlm_roberta"), PLAIN, None, {})
    found = []
    with gpu:
        for number in range(2):
            updater.update(number)
            found.append(len(gpu.syncs))
    assert found == [0, 1]
    assert gpu.syncs[0].line.startswith("training/update.py:")


def test_a_late_check_names_the_first_update_that_diverged(family_of: Callable[[str], Family]) -> None:
    _, updater = family_of("xlm_roberta").started(family_of("xlm_roberta").configuration())
    updater._norms = [(number, torch.tensor(norm)) for number, norm in enumerate((1.0, torch.inf, torch.nan, 2.0))]
    with pytest.raises(TrialDiverged, match="diverged at update 2: "):
        updater.check_gradients()
    updater.check_gradients()  # each is looked at once


WAITING: dict[str, Callable[[Tensor], object]] = {
    "float": lambda values: float(values.sum()),
    "item": lambda values: values.sum().item(),
    "bool": lambda values: bool((values > 0).all()),
    "tolist": lambda values: values.tolist(),
    "cpu": lambda values: values.cpu(),
    "mask": lambda values: values[values > 0],
    "nonzero": lambda values: values.nonzero(),
    "masked_select": lambda values: values.masked_select(values > 0),
    "list index": lambda values: values[[0, 2]],
    "host index": lambda values: values[torch.tensor([0, 2])],
    "from a list": lambda values: torch.tensor([1.0], device=GPU),
    "blocking copy": lambda values: torch.zeros(3).pin_memory().to(GPU),
    "not pinned": lambda values: torch.zeros(3).to(GPU, non_blocking=True),
    "repeat": lambda values: torch.repeat_interleave(values, values.long()),
}
GOING_ON: dict[str, Callable[[Tensor], object]] = {
    "on_device": lambda values: on_device(np.zeros(3), GPU),
    "fill": lambda values: torch.full((), 3.0, device=GPU) + values,
    "host number": lambda values: values * torch.tensor(2.0),
    "index": lambda values: values[torch.arange(2, device=GPU)],
    "masked_fill": lambda values: values.masked_fill(values > 0, 0.0),
    "same device": lambda values: values.to(GPU),
}


@pytest.mark.parametrize("name", [*WAITING, *GOING_ON])
def test_the_fake_gpu_knows_what_waits(name: str, gpu: FakeGpu) -> None:
    with gpu:
        values = torch.zeros(4, device=GPU)
        (WAITING | GOING_ON)[name](values)
    assert bool(gpu.syncs) == (name in WAITING), gpu.syncs


def test_what_is_no_gpus_never_waits(gpu: FakeGpu) -> None:
    with gpu:
        values = torch.zeros(4)
        assert float(values.sum()) == 1.0 and values.cpu().shape == (4,)
    assert gpu.syncs == []
