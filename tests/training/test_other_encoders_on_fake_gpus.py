"""Updates of encoders that make their masks themselves, on a GPU that computes nothing: what they wait for is counted.

The host waits in their own code, in `transformers`, once a forward pass, and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from fake_gpu import GPU, FakeGpu
from robust_families import Family
from robust_variants import ALL, COMBINATIONS, Settings

from xlingual.training.worker import SoloWorker

WAITS_IN_A_PASS = {
    "deberta": "values are copied from the host, not pinned or blocking "
    "(modeling_deberta_v2.py: torch.tensor(mid - 1).type_as(relative_pos),)",
    "rembert": "a number is read (masking_utils.py: and (padding_mask is None or padding_mask.all()))",
}
"""What a forward pass waits for, once: a number of DeBERTa's buckets of positions; whether RemBERT's mask hides any."""

METHODS: dict[str, Settings] = {
    **{name: ALL[name] for name in ("freelb", "prediction")},
    "everything else": COMBINATIONS["consistency and everything else"],
}

CASES: list[tuple[str, str, str | None, str]] = [
    ("deberta", "", None, "bf16"),
    ("rembert", "", None, "bf16"),
]
LONG: list[tuple[str, str, str | None, str]] = [
    case
    for family in ("deberta", "rembert")
    for case in (
        (family, "", None, "fp32"),
        *((family, "", recipe, "fp32") for recipe in ("passage", "contrastive", "masked_language_model")),
        *((family, method, None, "fp32") for method in METHODS),
    )
]
"""Family, robust method, recipe, and precision."""


@pytest.mark.parametrize("case", [*CASES, *(pytest.param(case, marks=pytest.mark.real) for case in LONG)], ids=str)
def test_an_update_waits_once_a_forward_pass(
    case: tuple[str, str, str | None, str], family_of: Callable[[str], Family], gpu: FakeGpu
) -> None:
    name, method, recipe, precision = case
    family = family_of(name)
    robust = METHODS[method] if method else None
    settings: dict[str, Any] = {"updates": 3, "batch_size": 4, "micro_batch_size": 4, "precision": precision}
    configuration = family.configuration(robust, recipe=recipe, **settings)
    model, updater = family.started(configuration, SoloWorker(device=GPU))
    assert model.batcher.layout == "padded: transformers cannot replace its attention"
    passes = []
    family.body(model.plain).register_forward_pre_hook(lambda module, inputs: passes.append(1))
    with gpu:
        updater.update(0)
    waits = Counter(str(one).partition(": ")[2] for one in gpu.syncs)
    assert waits == {WAITS_IN_A_PASS[name]: len(passes)}
    assert len(passes) >= 1 and gpu.raising == Counter()
    assert (torch.bfloat16 in gpu.products) == (precision == "bf16")
