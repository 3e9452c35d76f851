"""A GPU that computes nothing, for machines without one: it finds where the host would wait for it.

Tensors on it are torch's fake tensors on `cuda`: they have shapes and types but no values. Every operation of an update
passes through `FakeGpu`, which knows what makes CUDA wait: reading a number, copying to the host, copying from host
memory that is not pinned (or pinned, but not `non_blocking`), and operations whose result's shape depends on values.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode

GPU = torch.device("cuda", 0)
NO_SWITCH = torch.device("meta")
PACKAGE = str(Path(__file__).resolve().parents[1] / "xlingual")
TORCH = str(Path(torch.__file__).parent)

aten = torch.ops.aten
READS = {aten._local_scalar_dense.default: "a number is read", aten.equal.default: "values are compared"}
OF_UNKNOWN_SHAPE = {
    aten.nonzero.default: "places are looked for",
    aten.masked_select.default: "a mask selects",
    aten.repeat_interleave.Tensor: "counts are added up",
}
INDEXING = {
    getattr(getattr(aten, name), overload)
    for name, overload in (("index", "Tensor"), ("index_put", "default"), ("index_put_", "default"))
} | {aten._index_put_impl_.default, aten._unsafe_index.Tensor, aten._unsafe_index_put.default}


@dataclass(frozen=True)
class Sync:
    """One place where the host waits.

    Attributes:
        why: what makes it wait.
        line: innermost line of the package that leads there, `training/update.py:71`.
        called: innermost line that is not torch's own.
    """

    why: str
    line: str
    called: str

    def __str__(self) -> str:
        return f"{self.line}: {self.why} ({self.called})"


class FakeTensors(FakeTensorMode):
    """Fake tensors on `cuda` in a CPU build of torch, whose C++ has no code to switch to a GPU.

    So C++, which asks for a tensor's device by an operation, is told another one; Python sees `cuda`.
    """

    @property
    def avoid_device_init(self) -> bool:
        """Also where there is a GPU: nothing touches it."""
        return True

    def dispatch(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is torch.ops.prim.device.default:
            return NO_SWITCH if on_gpu(args[0]) else args[0].fake_device
        if kwargs.get("device") == NO_SWITCH:  # C++ makes a tensor beside another one
            kwargs = {**kwargs, "device": GPU}
        return super().dispatch(func, types, args, kwargs)


@dataclass
class FakeGpu(TorchDispatchMode):
    """Lets operations pass and records where the host would wait for the GPU.

    Attributes:
        syncs: in order.
        operations: how many passed.
    """

    syncs: list[Sync] = field(default_factory=list)
    operations: int = 0

    def __post_init__(self) -> None:
        super().__init__()
        self._pinned: list[Tensor] = []
        self._fake = FakeTensors(allow_non_fake_inputs=True)

    def __enter__(self) -> FakeGpu:
        self._fake.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self._fake.__exit__(*raised)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.prim.device.default:  # asked very often
            return self._fake.dispatch(func, types, args)
        kwargs = kwargs or {}
        self.operations += 1
        if func is aten.is_pinned.default:
            return self._is_pinned(args[0])
        if func is aten._pin_memory.default:
            self._pinned.append(pinned := args[0].clone())
            return pinned
        if func in READS:
            if on_gpu(args[0]):
                self._note(READS[func])
            return 1.0 if args[0].dtype.is_floating_point else 1
        if func in OF_UNKNOWN_SHAPE and on_gpu(args[0]) and kwargs.get("output_size") is None:
            self._note(OF_UNKNOWN_SHAPE[func])
            shape = (args[0].numel(), *([args[0].ndim] if func is aten.nonzero.default else []))
            return args[0].new_zeros(shape, dtype=args[0].dtype if func is aten.masked_select.default else torch.int64)
        if func in INDEXING:
            args = (args[0], self._places(args[0], args[1]), *args[2:])
        result = func(*args, **kwargs)
        if func in (aten._to_copy.default, aten.copy_.default, aten.copy.default):
            source = args[0] if func is aten._to_copy.default else args[1]
            asynchronous = kwargs.get("non_blocking") or (len(args) > 2 and args[2])
            self._moved(source, result, bool(asynchronous))
        return result

    def _moved(self, source: Tensor, copy: Tensor, asynchronous: bool) -> None:
        if on_gpu(source) and not on_gpu(copy):
            if not (asynchronous and self._is_pinned(copy)):
                self._note("values are copied to the host")
        elif on_gpu(copy) and not on_gpu(source) and not (asynchronous and self._is_pinned(source)):
            self._note("values are copied from the host, not pinned or blocking")

    def _places(self, values: Tensor, indices: Sequence[Tensor | None]) -> list[Tensor | None]:
        """Indices in place of masks, which select everything here."""
        found: list[Tensor | None] = []
        for index in indices:
            if index is None or not on_gpu(values):
                found.append(index)
            elif index.dtype in (torch.bool, torch.uint8):
                self._note("a mask selects")
                found += [index.new_zeros(index.numel(), dtype=torch.int64) for _ in range(index.ndim)]
            else:
                if not on_gpu(index):
                    self._note("indices are copied from the host")
                found.append(index)
        return found

    def _is_pinned(self, tensor: Tensor) -> bool:
        return any(tensor is one for one in self._pinned)

    def _note(self, why: str) -> None:
        frames = [one for one in traceback.extract_stack() if one.filename != __file__]
        own = [one for one in frames if one.filename.startswith(PACKAGE)]
        place = f"{Path(own[-1].filename).relative_to(PACKAGE)}:{own[-1].lineno}" if own else "outside the package"
        called = next(one for one in reversed(frames) if f"{TORCH}/" not in one.filename)
        self.syncs.append(Sync(why, place, f"{Path(called.filename).name}: {called.line}"))


def on_gpu(tensor: object) -> bool:
    """Whether a tensor lies on the fake GPU."""
    return isinstance(tensor, FakeTensor) and tensor.fake_device.type == "cuda"


@contextmanager
def fake_gpu() -> Iterator[FakeGpu]:
    """Make `GPU` a device that models can be moved to; use what is given as a context around what runs on it."""
    gpu = FakeGpu()

    moved: dict[int, Any] = {}

    def to(module: nn.Module, device: torch.device) -> nn.Module:
        with gpu._fake:
            _move(module, device, moved)
        return module

    def generator(device: object = "cpu") -> torch.Generator:
        return cpu_generator()

    cpu_generator = torch.Generator
    with (
        patch.object(nn.Module, "to", to),
        patch.object(torch, "Generator", generator),
        patch.object(torch.cuda, "manual_seed", lambda seed: None),
        patch.object(torch.amp.autocast_mode, "warnings"),  # that there is no CUDA
        # `transformers` looks at no mask while it is traced, and takes fake tensors for that.
        patch("transformers.utils.import_utils.is_fake_tensor", lambda tensor: False),
    ):
        yield gpu


def _move(module: nn.Module, device: torch.device, moved: dict[int, Any]) -> None:
    """Replace parameters and buffers by fake ones; what was one tensor stays one.

    Args:
        module: is changed.
        device: where it goes.
        moved: by the identity of a tensor, the tensor and its fake.
    """
    for part in module.modules():
        for tensors in (part._parameters, part._buffers):
            for name, tensor in tensors.items():
                if tensor is not None and not isinstance(tensor, FakeTensor):
                    fake: Any = torch.empty(tensor.shape, dtype=tensor.dtype, device=device)
                    if isinstance(tensor, nn.Parameter):
                        fake = nn.Parameter(fake, tensor.requires_grad)
                    _, tensors[name] = moved.setdefault(id(tensor), (tensor, fake))
