"""Attention within windows of one row on GPUs: what a kernel must do, and that one which does not is refused.

No GPU is needed: kernels are written in plain torch here, right ones and wrong ones.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from fake_gpu import GPU, fake_gpu
from packing_models import PACKING, ids, make, pack_as_on_a_gpu, plain
from tiny_encoders import write_xlm_roberta
from torch import Tensor

from xlingual.families.batches import Batcher
from xlingual.models import packing, varlen
from xlingual.models.encoder import load_encoder
from xlingual.models.packing import Positions, pack_windows
from xlingual.models.varlen import NoKernel, efficient, flash, in_full, kernel_for, kernel_problem, window_starts

CPU = torch.device("cpu")
WIDTH = 16


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_kernel_that_attends_within_windows_is_found_right(dtype: torch.dtype) -> None:
    assert kernel_problem(plain, dtype, CPU, WIDTH) is None
    assert kernel_problem(plain, dtype, CPU, 64) is None


WRONG = {
    "no windows": (True, "is wrong: its results are off by"),
    "other scale": (0.9, "is wrong: its results are off by"),
    "second window": (1.1, "is wrong: its results are off by"),
    "other rate": (0.0, "is wrong: of the weights 0.000 are dropped where 0.1 is asked"),
    "kept": (0.0, "is wrong: weights that dropout keeps are not scaled by the reciprocal of what stays"),
    "same masks": (True, "is wrong: dropout is the same in several windows or heads"),
    "same heads": (True, "is wrong: dropout is the same in several windows or heads"),
    "no seed": (True, "is wrong: its dropout does not follow from the seed"),
    "other backward": (True, "is wrong: its backward pass drops others, gradients are off by"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_wrong_kernel_is_found_out(fault: str) -> None:
    size, expected = WRONG[fault]

    def wrong(*arguments: Any) -> Tensor:
        return plain(*arguments, **{fault: size})

    assert str(kernel_problem(wrong, torch.float32, CPU, WIDTH)).startswith(expected)


def test_random_numbers_are_left_as_they_were() -> None:
    torch.manual_seed(4)
    expected = torch.rand(3)
    torch.manual_seed(4)
    kernel_problem(plain, torch.float32, CPU, WIDTH)
    assert torch.equal(torch.rand(3), expected)


def test_a_kernel_that_fails_is_refused_in_one_line() -> None:
    problems = [kernel_problem(kernel, torch.float32, CPU, WIDTH) for kernel in (flash, efficient)]
    assert all(str(one).startswith("fails (") and "\n" not in str(one) for one in problems)
    kernel_for.cache_clear()
    with pytest.raises(NoKernel, match=r"^efficient attention in fp32 fails \("):
        kernel_for(torch.float32, CPU, WIDTH)
    with pytest.raises(NoKernel, match=r"^flash attention in bf16 fails \(.*; efficient attention in bf16 fails \("):
        kernel_for(torch.bfloat16, CPU, WIDTH)
    with pytest.raises(NoKernel, match=r"^no kernel for torch.float64$"):
        kernel_for(torch.float64, CPU, WIDTH)


def test_a_gpu_without_bf16_attends_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a training that asks for bf16 there would find out in its first pass: no other kernel takes bf16."""

    def of_an_old_gpu(query: Tensor, *others: Any) -> Tensor:
        if query.dtype != torch.float32:
            raise RuntimeError("CUDA error: no kernel image is available for execution on the device")
        return plain(query, *others)

    monkeypatch.setattr(varlen, "efficient", of_an_old_gpu)
    monkeypatch.setitem(varlen.KERNELS, torch.bfloat16, (flash, of_an_old_gpu, in_full))
    monkeypatch.setitem(varlen.KERNELS, torch.float32, (of_an_old_gpu,))
    kernel_for.cache_clear()
    varlen.prove_kernels(CPU, WIDTH)
    assert kernel_for(torch.bfloat16, CPU, WIDTH) is in_full
    kernel_for.cache_clear()


@pytest.mark.parametrize("kernel", [flash, efficient])
def test_torch_has_the_arguments_that_kernels_are_called_with(kernel: Any) -> None:
    """On a GPU without values: what the operations return, and that they have gradients."""
    dtype = torch.bfloat16 if kernel is flash else torch.float32
    with fake_gpu() as gpu, gpu:
        parts = [torch.randn(12, 4, WIDTH, dtype=dtype, device=GPU, requires_grad=True) for _ in range(3)]
        output = kernel(*parts, window_starts([9, 3], GPU), 9, 0.1, 0.25)
        assert (output.shape, output.dtype, output.device) == ((12, 4, WIDTH), dtype, GPU)
        gradients = torch.autograd.grad(output.sum(), parts)
        assert all(gradient.shape == (12, 4, WIDTH) for gradient in gradients)
    assert gpu.syncs == []


@pytest.fixture
def as_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> list[torch.dtype]:
    """Rows of several windows as GPUs read them; which precisions a kernel was chosen for."""
    return pack_as_on_a_gpu(monkeypatch)


@pytest.mark.parametrize("family", PACKING)
def test_logits_and_gradients_are_those_of_windows_alone(family: str, as_on_a_gpu: list[torch.dtype]) -> None:
    config, padding = PACKING[family]
    model = make(config)
    logits = torch.cat([model(input_ids=window[None]).start_logits[0] for window in ids()])
    weights = torch.linspace(-1, 1, len(logits))
    (logits * weights).sum().backward()
    expected = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    counted = pack_windows(model)
    assert counted == Positions(padding) and as_on_a_gpu  # tried on the way that is used
    positions = torch.cat([torch.from_numpy(counted.of(window.numpy())) for window in ids()])
    layout = packing.layout_inputs([len(window) for window in ids()], CPU)
    packed = model(input_ids=torch.cat(ids())[None], position_ids=positions[None], **layout).start_logits[0]
    (packed * weights).sum().backward()
    torch.testing.assert_close(packed, logits, rtol=1e-5, atol=1e-6)
    for name, parameter in model.named_parameters():
        if name in expected:
            torch.testing.assert_close(parameter.grad, expected[name], rtol=1e-4, atol=1e-5, msg=name)


def test_the_kernel_gets_the_models_dropout_and_its_precision(
    monkeypatch: pytest.MonkeyPatch, as_on_a_gpu: list[torch.dtype]
) -> None:
    model = make(PACKING["xlm-roberta"][0], 0.3).train()
    counted = pack_windows(model)
    assert isinstance(counted, Positions)
    seen: list[tuple[torch.dtype, float]] = []

    def watched(query: Tensor, *others: Any) -> Tensor:
        seen.append((query.dtype, others[4]))
        return plain(query, *others)

    monkeypatch.setattr(packing, "kernel_for", lambda *_: watched)
    layout = packing.layout_inputs([len(window) for window in ids()], CPU)
    row = {"input_ids": torch.cat(ids())[None], "position_ids": torch.arange(2, 37)[None], **layout}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(**row)
    model.eval()
    model(**row)
    assert seen == [(torch.bfloat16, 0.3)] * 2 + [(torch.float32, 0.0)] * 2  # two layers


def test_a_model_whose_gpu_has_no_kernel_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The model lies on the CPU, and is taken for one on a GPU."""
    write_xlm_roberta(tmp_path / "model", ())
    model = load_encoder(tmp_path / "model", 0)
    before = model.config._attn_implementation  # type: ignore[union-attr]

    def none(dtype: torch.dtype, device: torch.device, width: int) -> Any:
        raise NoKernel("efficient attention in fp32 is wrong: its results are off by 0.3")

    monkeypatch.setattr(varlen, "kernel_for", none)
    monkeypatch.setattr(packing, "_device_of", lambda model: torch.device("cuda"))
    batcher = Batcher.of(model, 1, CPU)
    assert batcher.layout == "padded: efficient attention in fp32 is wrong: its results are off by 0.3"
    assert model.config._attn_implementation == before  # type: ignore[union-attr]
