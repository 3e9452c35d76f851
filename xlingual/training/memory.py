"""What a training does when a pass does not fit into memory: the same update, with less memory at a time.

First activations are computed again in the backward pass instead of kept (Chen et al., arXiv 1604.06174). That leaves
every number as it is, dropout's random numbers included, which torch restores. If that is not enough, or a model cannot
do it, a pass is cut into halves, down to one example. The sum over the halves equals the whole pass's up to rounding,
but a half is a forward pass of its own, with its own dropout and noise: another draw of the same distribution. Passes
that fit stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch

from xlingual.errors import OutOfMemory
from xlingual.training.passes import Pass

UNIT = 1 << 30


@dataclass(frozen=True, slots=True)
class Thrift:
    """How much memory a training spares.

    Attributes:
        recompute: whether activations are computed again instead of kept.
        tokens: most tokens of a pass, padding counted; a single example may have more. None for no bound.
    """

    recompute: bool = False
    tokens: int | None = None

    @classmethod
    def of(cls, record: Mapping[str, Any]) -> Thrift:
        """Read it from a start's record."""
        return cls(**record.get("memory", {}))

    def record(self) -> dict[str, Any]:
        """What is recorded of it; empty where nothing is spared."""
        return {} if self == Thrift() else {"memory": asdict(self)}

    def __str__(self) -> str:
        parts = ["activations are computed again instead of kept"] if self.recompute else []
        parts += [f"a pass has at most {self.tokens} tokens"] if self.tokens else []
        return " and ".join(parts) or "nothing is spared"

    def less(self, part: Pass, *, can_recompute: bool) -> Thrift | None:
        """Spare more after a pass that did not fit; None when nothing is left to spare.

        Args:
            part: the pass.
            can_recompute: whether the model can compute activations again.
        """
        rows, tokens = size_of(part)
        if can_recompute and not self.recompute:
            return replace(self, recompute=True)
        if rows > 1 and not part.objective.whole_micro_batches:
            return replace(self, tokens=max(1, tokens // 2))
        return None

    def joined(self, other: Thrift) -> Thrift:
        """Spare what either spares."""
        bounds = [one for one in (self.tokens, other.tokens) if one is not None]
        return Thrift(self.recompute or other.recompute, min(bounds, default=None))


NO_THRIFT = Thrift()


def size_of(part: Pass) -> tuple[int, int]:
    """Examples of a pass, and its tokens with padding."""
    rows = sum(len(batch.lengths) for batch in part.batches)
    return rows, sum(len(batch.lengths) * max(batch.lengths) for batch in part.batches)


def shortage(
    part: Pass | None, device: torch.device, thrift: Thrift, following: Thrift | None, said: str
) -> OutOfMemory:
    """Make the error of a pass that does not fit.

    Args:
        part: the pass; None where it is the optimiser's step.
        device: whose memory is too small.
        thrift: what was spared already.
        following: what the next try spares; None when there is none.
        said: the error's own text.
    """
    what = "the model's weights, gradients and optimiser state do"
    if part is not None:
        rows, tokens = size_of(part)
        what = f"a pass of {rows} input{'s' if rows > 1 else ''} ({tokens} tokens with padding) does"
    found = f"{what} not fit into the memory of {_memory_of(device)}{_asked(said)}"
    if following is not None:
        return OutOfMemory(f"{found}; from now on {following}", thrift=asdict(following))
    done = f", although {thrift}" if thrift != Thrift() else ""
    micro = (
        "a smaller training.micro_batch_size (the recipe needs all pairs of a micro-batch in one pass), "
        if part is not None and part.objective.whole_micro_batches
        else ""
    )
    return OutOfMemory(
        f"{found}{done}; write {micro}shorter inputs (max_length), a smaller model, optimizer: adafactor or "
        "precision: bf16, or use a device with more memory"
    )


def _memory_of(device: torch.device) -> str:
    if device.type != "cuda":
        return "this machine"
    free, whole = torch.cuda.mem_get_info(device)
    return f"{torch.cuda.get_device_name(device)} ({whole / UNIT:.1f} GiB, {free / UNIT:.1f} GiB of it free)"


def _asked(said: str) -> str:
    """How much was asked for in vain, where torch says it."""
    found = re.search(r"[Tt]ried to allocate ([\d.]+ ?[KMGT]?i?B|\d+ bytes)", said)
    if found is None:
        return ""
    amount = found[1]
    if amount.endswith("bytes"):
        amount = f"{int(amount.split()[0]) / UNIT:.2f} GiB"
    return f", {amount} more would be needed"
