"""Store flat arrays in a directory, with a JSON file that describes their inputs, and map them into memory.

Used by `xlingual.tokens.feature_store` for windows, pairs and sequences: anything with `pointers` into its tokens.
"""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from xlingual.records.files import write_json
from xlingual.records.storage import writing

ABOUT = "features.json"


class Flat(Protocol):
    """Items with concatenated tokens."""

    @property
    def pointers(self) -> NDArray[np.int64]:
        """Start of each item, and the end of the last, (items + 1,)."""


T = TypeVar("T", bound=Flat)


@dataclass(frozen=True)
class ArrayKind(Generic[T]):
    """The fields of a stored type.

    Attributes:
        empty: a value without rows, which defines dtypes and row shapes.
        arrays: names of the array fields.
        of_tokens: the arrays with one row per token; the others have one per item, and `pointers` one more.
        numbers: names of the integer fields, which are summed over pieces.
        items: name of the items in the JSON file.
        further: arrays with other rows, by the name of the pointers into them (`target_pointers`).
    """

    empty: T
    arrays: tuple[str, ...]
    of_tokens: tuple[str, ...]
    numbers: tuple[str, ...]
    items: str
    further: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def pointed(self) -> dict[str, tuple[str, ...]]:
        """All arrays with several rows per item, by the name of the pointers into them."""
        return {"pointers": self.of_tokens, **self.further}

    def rows(self, name: str, counts: dict[str, int]) -> int:
        """Number of rows of an array, given the counts of tokens and items."""
        for pointers, arrays in self.pointed.items():
            if name in arrays:
                return counts[row_count(pointers)]
        return counts[self.items] + (name in self.pointed)

    def no_rows(self, name: str) -> NDArray[Any]:
        """An array without rows."""
        array: NDArray[Any] = getattr(self.empty, name)[:0]
        return array


def row_count(pointers: str) -> str:
    """Name in the JSON file of the number of rows that pointers cover: `tokens` or `target_tokens`."""
    return pointers.replace("pointers", "tokens")


def keep(directory: Path, made_of: dict[str, Any], kind: ArrayKind[T], pieces: Iterable[T]) -> None:
    """Write arrays to a temporary directory and rename it; the caller must hold the lock."""
    partial = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # left by a killed process
    try:
        with writing(directory, reads=True):
            partial.mkdir(parents=True)
            counts = _write_arrays(partial, kind, pieces)
            write_json(partial / ABOUT, {"counts": counts, "made_of": made_of})
            if directory.exists():  # damaged; existing mappings of it stay valid
                shutil.rmtree(directory)
            os.rename(partial, directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_arrays(partial: Path, kind: ArrayKind[T], pieces: Iterable[T]) -> dict[str, int]:
    """Append the pieces to the files; return the total counts."""
    counts = {**dict.fromkeys(map(row_count, kind.pointed), 0), kind.items: 0, **dict.fromkeys(kind.numbers, 0)}
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(_GrowingArray(partial / f"{name}.npy", kind.no_rows(name)))
            for name in kind.arrays
        }
        for name in kind.pointed:
            files[name].append(np.zeros(1, dtype=np.int64))
        for piece in pieces:
            for name in kind.arrays:
                array = getattr(piece, name)
                files[name].append(array[1:] + counts[row_count(name)] if name in kind.pointed else array)
            for name in kind.numbers:
                counts[name] += getattr(piece, name)
            for name in kind.pointed:
                counts[row_count(name)] += int(getattr(piece, name)[-1])
            counts[kind.items] += len(piece.pointers) - 1
    return counts


class _GrowingArray:
    """A .npy file that grows at its end; NumPy's header has room for the final number of rows."""

    def __init__(self, path: Path, empty: NDArray[Any]) -> None:
        self.empty = empty
        self.rows = 0
        self.stream = path.open("wb")

    def __enter__(self) -> _GrowingArray:
        self._write_header()
        return self

    def append(self, array: NDArray[Any]) -> None:
        assert array.dtype == self.empty.dtype and array.shape[1:] == self.empty.shape[1:]
        self.stream.write(np.ascontiguousarray(array).data)
        self.rows += len(array)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self.stream:
            if kind is None:
                self._write_header()
                self.stream.flush()
                os.fsync(self.stream.fileno())

    def _write_header(self) -> None:
        self.stream.seek(0)
        shape = (self.rows, *self.empty.shape[1:])
        header = {"descr": self.empty.dtype.str, "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(self.stream, header)


def mapped(directory: Path, made_of: dict[str, Any], kind: ArrayKind[T]) -> T | None:
    """Map arrays from disk; None if they are missing or incomplete, or were made from something else."""
    try:
        about = json.loads((directory / ABOUT).read_bytes())
        counts = about["counts"]
        if about["made_of"] != made_of:
            return None
        arrays = {
            name: _mapped_array(directory / f"{name}.npy", kind.no_rows(name), kind.rows(name, counts))
            for name in kind.arrays
        }
        whole = all(
            int(arrays[name][0]) == 0 and int(arrays[name][-1]) == counts[row_count(name)] for name in kind.pointed
        )
        numbers = {name: int(counts[name]) for name in kind.numbers}
        return type(kind.empty)(**arrays, **numbers) if whole else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _mapped_array(path: Path, empty: NDArray[Any], rows: int) -> NDArray[Any]:
    """Map one array, as a plain ndarray: a `numpy.memmap` would be copied when pickled.

    Raises:
        ValueError: when the file does not have exactly this number of rows.
    """
    with path.open("rb") as stream:
        np.lib.format.read_magic(stream)
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
        start, size = stream.tell(), path.stat().st_size
    if shape != (rows, *empty.shape[1:]) or dtype != empty.dtype or fortran_order:
        raise ValueError(f"{path}: wrong shape or dtype")
    if start + math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{path}: size differs from its header")
    # An empty range cannot be mapped.
    return np.asarray(np.memmap(path, dtype, mode="r", offset=start, shape=shape)) if rows else empty
