"""A GPU that computes nothing, for machines without one: it finds where the host would wait for it.

Tensors on it are torch's fake tensors on `cuda`: they have shapes and types but no values. Every operation of an update
passes through `FakeGpu`, which knows what makes CUDA wait: reading a number, copying to the host, copying from host
memory that is not pinned (or pinned, but not `non_blocking`), and operations whose result's shape depends on values.
"""

from __future__ import annotations

import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from xlingual.models import packing, varlen

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


PRODUCTS = {
    aten.mm.default,
    aten.bmm.default,
    aten.addmm.default,
    aten._flash_attention_forward.default,
    aten._efficient_attention_forward.default,
}


NEVER_DETERMINISTIC = (
    "cumsum", "histc", "bincount", "median", "put", "nll_loss2d_forward", "kthvalue", "scatter_reduce",
    "_ctc_loss_backward", "grid_sampler_2d_backward", "grid_sampler_3d_backward", "_embedding_bag_backward",
)  # fmt: skip
"""What `torch.use_deterministic_algorithms` documents to raise on CUDA; of numbers that are not whole."""


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


IN_HALF = (
    {F.linear, F.scaled_dot_product_attention}
    | {getattr(owner, name) for name in ("matmul", "mm", "bmm", "addmm", "baddbmm") for owner in (torch, Tensor)}
    | {torch.einsum, Tensor.__matmul__, Tensor.__rmatmul__}
)
IN_FULL = {F.layer_norm, F.softmax, F.log_softmax, F.cross_entropy, F.nll_loss, torch.layer_norm} | {
    getattr(owner, name)
    for name in ("softmax", "log_softmax", "exp", "log", "pow", "rsqrt", "sum", "cumsum", "norm", "prod")
    for owner in (torch, Tensor)
}


class FakeAutocast(TorchFunctionMode):
    """What `torch.autocast` does on CUDA, whose C++ asks where a tensor lies and is told another device here.

    The lists are those of "CUDA Ops that can autocast to float16" and "to float32" in torch's documentation, as far as
    models have them.
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        wanted = torch.bfloat16 if func in IN_HALF else torch.float32 if func in IN_FULL else None
        if wanted is None or not torch.is_autocast_enabled("cuda"):
            return func(*args, **(kwargs or {}))

        def cast(value: Any) -> Any:
            floats = on_gpu(value) and value.dtype in (torch.float32, torch.bfloat16)
            return value.to(wanted) if floats else value

        return func(*tree_map(cast, args), **tree_map(cast, kwargs or {}))


@dataclass
class FakeGpu(TorchDispatchMode):
    """Lets operations pass and records where the host would wait for the GPU.

    Attributes:
        syncs: in order.
        operations: how many of each passed.
        products: precisions of matrix products and of attention.
        raising: operations that would raise where a GPU has to be deterministic.
        truths: what conditions on the GPU are read as, one after the other.
    """

    syncs: list[Sync] = field(default_factory=list)
    operations: Counter[str] = field(default_factory=Counter)
    products: Counter[torch.dtype] = field(default_factory=Counter)
    raising: Counter[str] = field(default_factory=Counter)
    truths: Iterator[bool] = field(default_factory=lambda: repeat(True))

    def __post_init__(self) -> None:
        super().__init__()
        self._pinned: list[Tensor] = []
        self._fake = FakeTensors(allow_non_fake_inputs=True)
        self._autocast = FakeAutocast()

    def __enter__(self) -> FakeGpu:
        self._fake.__enter__()
        super().__enter__()
        self._autocast.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._autocast.__exit__(*raised)
        super().__exit__(*raised)
        self._fake.__exit__(*raised)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is torch.ops.prim.device.default:  # asked very often
            return self._fake.dispatch(func, types, args)
        kwargs = kwargs or {}
        if torch.is_inference_mode_enabled():  # what is made of other operations comes whole, there is no autograd
            TorchDispatchMode.__enter__(self)
            try:
                parts = func.decompose(*args, **kwargs)
            finally:
                TorchDispatchMode.__exit__(self, None, None, None)
            if parts is not NotImplemented:
                return parts
        self.operations[func._schema.name] += 1
        if func is aten.is_pinned.default:
            return self._is_pinned(args[0])
        if func is aten._pin_memory.default:
            self._pinned.append(pinned := args[0].clone())
            return pinned
        if func in READS:
            if on_gpu(args[0]):
                self._note(READS[func])
            if args[0].dtype == torch.bool and on_gpu(args[0]):
                return next(self.truths)
            return 1.0 if args[0].dtype.is_floating_point else 1
        if func in OF_UNKNOWN_SHAPE and on_gpu(args[0]) and kwargs.get("output_size") is None:
            self._note(OF_UNKNOWN_SHAPE[func])
            shape = (args[0].numel(), *([args[0].ndim] if func is aten.nonzero.default else []))
            return args[0].new_zeros(shape, dtype=args[0].dtype if func is aten.masked_select.default else torch.int64)
        if func is aten._efficient_attention_backward.default:  # torch's own code for tensors without values fails
            return (*(torch.empty_like(part) for part in args[1:4]), None)
        if func in INDEXING:
            args = (args[0], self._places(args[0], args[1]), *args[2:])
        result = func(*args, **kwargs)
        name = func._schema.name.removeprefix("aten::").rstrip("_")
        if name in NEVER_DETERMINISTIC and on_gpu(args[0]) and args[0].is_floating_point():
            self.raising[name] += 1
        if func in PRODUCTS:
            self.products[(result[0] if isinstance(result, tuple) else result).dtype] += 1
        if func in (aten._to_copy.default, aten.copy_.default, aten.copy.default):
            source = args[0] if func is aten._to_copy.default else args[1]
            asynchronous = kwargs.get("non_blocking") or (len(args) > 2 and args[2])
            self._moved(source, result, bool(asynchronous))
        return result

    def _moved(self, source: Tensor, copy: Tensor, asynchronous: bool) -> None:
        if not copy.numel():
            return
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

    def no_kernel(device: torch.device, width: int) -> None:
        raise varlen.NoKernel("nothing has values here")

    def tolist(values: Tensor) -> Any:
        return values.cpu().tolist() if on_gpu(values) else numbers(values)  # copied at once, as CUDA's are

    def numpy(values: Tensor) -> Any:
        assert not on_gpu(values)
        return np.zeros(tuple(values.shape), str(values.dtype).removeprefix("torch."))

    cpu_generator, numbers = torch.Generator, FakeTensor.tolist
    with (
        patch.object(nn.Module, "to", to),
        patch.object(torch, "Generator", generator),
        patch.object(FakeTensor, "tolist", tolist),
        patch.object(FakeTensor, "numpy", numpy, create=True),
        patch.object(torch.cuda, "manual_seed", lambda seed: None),
        patch("torch.cuda.amp.common.amp_definitely_not_available", lambda: False),
        patch.object(torch.cuda, "is_bf16_supported", lambda including_emulation=True: True),
        patch.object(torch.cuda, "get_device_capability", lambda device=None: (9, 0)),
        patch.object(packing, "prove_kernels", no_kernel),
        # `transformers` looks at no mask while it is traced, and takes fake tensors for that.
        patch("transformers.utils.import_utils.is_fake_tensor", lambda tensor: False),
    ):
        yield gpu


@contextmanager
def packing_gpu() -> Iterator[None]:
    """Let every encoder share rows on the fake GPU, whose kernels and models have no values to be tried with."""

    def believed(model: Any, *others: Any) -> None:
        model.set_attn_implementation(packing.NAME)

    with (
        patch.object(packing, "prove_kernels", lambda device, width: None),
        patch.object(packing, "kernel_for", lambda dtype, device, width: varlen.KERNELS[dtype][0]),
        patch.object(packing, "_misread", believed),
    ):
        yield


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
