"""GPUs, as their driver and as PyTorch see them, and whether bf16 is fast here."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from dataclasses import dataclass

from xlingual.doctor.finding import OK, PROBLEM, WARNING, Finding

SECONDS_OF_DRIVER = 10.0
"""For `nvidia-smi` to answer; where a driver hangs, it does too."""

WIDTHS = 384, 1536
"""Hidden and feed-forward width of the encoder that bf16 is tried at: multilingual-e5-small's."""


@dataclass(frozen=True, slots=True)
class Gpus:
    """Facts of a machine's GPUs.

    Attributes:
        driver: its version; empty where there is no `nvidia-smi`, or it fails.
        by_driver: names of the GPUs that the driver has.
        by_torch: names of the GPUs that PyTorch can use.
        torch: its version.
        hidden: value of CUDA_VISIBLE_DEVICES; None where it is not set.
        fault: why a product on one of them failed; empty where none did.
        bf16: whether all of them have bf16; None without GPUs.
    """

    driver: str
    by_driver: tuple[str, ...]
    by_torch: tuple[str, ...]
    torch: str
    hidden: str | None = None
    fault: str = ""
    bf16: bool | None = None

    @classmethod
    def here(cls) -> Gpus:
        """Ask the driver and PyTorch, and compute a little on each GPU."""
        import torch

        driver, names = _driver()
        count = torch.cuda.device_count()
        found = tuple(torch.cuda.get_device_name(index) for index in range(count))
        fault = next((told for index in range(count) if (told := _fault(index))), "")
        bf16 = torch.cuda.is_bf16_supported(including_emulation=False) if count else None
        return cls(driver, names, found, torch.__version__, os.environ.get("CUDA_VISIBLE_DEVICES"), fault, bf16)


def check_gpus(gpus: Gpus) -> Finding:
    """See whether PyTorch can use the GPUs that are there."""
    seen, usable = len(gpus.by_driver), len(gpus.by_torch)
    driver = f"driver {gpus.driver}" if gpus.driver else "driver unknown"
    if gpus.fault:
        found = f"{_names(gpus.by_torch)} ({driver}), and PyTorch {gpus.torch} fails there ({gpus.fault})"
        return Finding("GPUs", PROBLEM, found, "install a build of PyTorch for this driver, or a newer driver")
    if usable:
        left = f", {seen - usable} more hidden by CUDA_VISIBLE_DEVICES={gpus.hidden}" if seen > usable else ""
        return Finding("GPUs", OK, f"{_names(gpus.by_torch)} ({driver}{left})")
    if seen and gpus.hidden is not None:
        found = f"{_names(gpus.by_driver)}, all hidden by CUDA_VISIBLE_DEVICES={gpus.hidden!r}"
        return Finding("GPUs", WARNING, found, "unset it to train on them")
    if seen:
        found = f"{_names(gpus.by_driver)} ({driver}), and PyTorch {gpus.torch} can use none"
        return Finding("GPUs", PROBLEM, found, "install a build of PyTorch for this driver, or a newer driver")
    return Finding("GPUs", OK, "none; trials run on CPUs")


def check_bf16(gpus: Gpus, speedup: float | None) -> Finding:
    """Tell what `precision: auto` means here.

    Args:
        gpus: of this machine.
        speedup: how many times faster its CPUs are with bf16; None where that was not measured.
    """
    if gpus.bf16 is False:
        return Finding("bf16", OK, "these GPUs have none, so `precision: auto` is fp32 (tf32 is worth a try)")
    if gpus.bf16:
        return Finding("bf16", OK, "these GPUs have it, so `precision: auto` is bf16")
    if speedup is None:
        return Finding("bf16", WARNING, "it could not be measured", "write precision: fp32")
    from xlingual.training.hardware import cpu_precision

    found = f"{speedup:.2f} times as fast as fp32 on these CPUs, so `precision: auto` is {cpu_precision(speedup)}"
    return Finding("bf16", OK, found)


def bf16_speedup_here() -> float | None:
    """Measure it at the widths of a small encoder; None where this PyTorch cannot."""
    from xlingual.training.hardware import bf16_speedup

    try:
        return bf16_speedup(*WIDTHS)
    except RuntimeError:
        return None


def _driver() -> tuple[str, tuple[str, ...]]:
    """The NVIDIA driver's version and its GPUs; nothing where there is no such driver."""
    asked = ["nvidia-smi", "--query-gpu=driver_version,name", "--format=csv,noheader"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, timeout=SECONDS_OF_DRIVER, check=True)
    except (OSError, subprocess.SubprocessError):
        return "", ()
    rows = [line.split(", ", 1) for line in done.stdout.splitlines() if ", " in line]
    return (rows[0][0], tuple(name for _, name in rows)) if rows else ("", ())


def _fault(index: int) -> str:
    import torch

    try:
        ones = torch.ones(8, 8, device=f"cuda:{index}")
        return "" if (ones @ ones).sum().item() == 512 else "a product of ones is wrong"
    except RuntimeError as error:
        return str(error).strip().splitlines()[0]


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"{number} x {name}" for name, number in Counter(names).items())
