"""Windows kept on disk under a fingerprint of all that they are made of, and mapped into memory, not read.

FOLDER/FINGERPRINT/
  input_ids.npy  token_types.npy  offsets.npy  pointers.npy  example.npy  start.npy  end.npy    the arrays of Windows
  features.json       what they were made of, and how many there are; written last

A directory appears whole or not at all. Any of them may be deleted when no command is running: it is made again.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterable
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from xlingual.data.examples import Example
from xlingual.data.windows import QUESTION_SHARE, Windows, no_windows, windows_in_pieces
from xlingual.records.files import write_json
from xlingual.records.lock import hold

FORMAT = 1
"""Version of the arrays' meaning. Raise it with every change of the code that gives other windows."""

TOKENIZER_FILES = ("tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab*", "merges.txt", "*.model")

_ABOUT = "features.json"
_ARRAYS = ("input_ids", "token_types", "offsets", "pointers", "example", "start", "end")


class Examples(Protocol):
    """Examples that know their content, such as an ExampleSet or a source that is larger than memory."""

    @property
    def fingerprint(self) -> str:
        """Follows from question, context, answers and their places of every example, in order."""

    @property
    def examples(self) -> Iterable[Example]:
        """Read at most once, and only when the windows are not there."""


def stored_windows(
    folder: Path,
    tokenizer: Any,
    tokenizer_fingerprint: str,
    examples: Examples,
    *,
    max_length: int,
    stride: int,
    threads: int | None = None,
) -> Windows:
    """Map the windows of examples from disk; make and keep them first when they are not there whole.

    The arrays are the ones of `make_windows` and cannot be written to. Of several processes that ask for the same
    windows at once, one makes them and the others wait. Making takes the memory of a few batches.

    Args:
        folder: where windows of all studies lie; made when it is absent.
        tokenizer: a fast one.
        tokenizer_fingerprint: of its files (see `fingerprint_tokenizer`).
        examples: what is cut into windows.
        max_length: tokens of a window, special ones included.
        stride: tokens that neighbours share.
        threads: that tokenise side by side; None takes all cores that this process may use.

    Raises:
        ModelError, DataError: as `make_windows` does.
    """
    made_of = _made_of(tokenizer, tokenizer_fingerprint, examples.fingerprint, max_length, stride)
    directory = folder / _digest(json.dumps(made_of, sort_keys=True).encode())
    windows = _mapped(directory, made_of)
    if windows is not None:
        return windows
    with hold(folder / f".{directory.name}.lock", patience=math.inf):
        windows = _mapped(directory, made_of)
        if windows is None:
            pieces = windows_in_pieces(
                tokenizer, examples.examples, max_length=max_length, stride=stride, threads=threads
            )
            _keep(directory, made_of, pieces)
            windows = _mapped(directory, made_of)
    assert windows is not None, f"{directory} was just written"
    return windows


def fingerprint_tokenizer(directory: Path) -> str:
    """Hash the content of a checkpoint's tokenizer files: 16 hexadecimal digits; weights and paths have no say."""
    digest = hashlib.sha256()
    for path in sorted({path for pattern in TOKENIZER_FILES for path in directory.glob(pattern) if path.is_file()}):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]


def _made_of(tokenizer: Any, fingerprint: str, examples: str, max_length: int, stride: int) -> dict[str, Any]:
    """All that windows follow from; a tokenizer's settings may differ from what its files say."""
    return {
        "format": FORMAT,
        "examples": examples,
        "tokenizer": {
            "files": fingerprint,
            "class": type(tokenizer).__name__,
            "inputs": list(getattr(tokenizer, "model_input_names", [])),
            "truncation_side": getattr(tokenizer, "truncation_side", "right"),
            "split_special_tokens": bool(getattr(tokenizer, "split_special_tokens", False)),
            "steps": _steps(tokenizer),
        },
        "max_length": max_length,
        "stride": stride,
        "question_share": QUESTION_SHARE,
        "versions": {package: version(package) for package in ("tokenizers", "transformers")},
    }


def _steps(tokenizer: Any) -> str:
    """Hash the tokenizer's steps around its vocabulary, which `transformers` may alter as it loads one."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    names = ("normalizer", "pre_tokenizer", "post_processor")
    steps = [getattr(backend, name, None) for name in names]
    return _digest(b"\0".join(b"" if step is None else step.__getstate__() for step in steps))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _keep(directory: Path, made_of: dict[str, Any], pieces: Iterable[Windows]) -> None:
    """Write windows beside their place, then put them there in one step; the caller holds the lock."""
    partial = directory.with_name(f".{directory.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)  # of a process that was killed
    partial.mkdir(parents=True)
    try:
        counts = _write_arrays(partial, pieces)
        write_json(partial / _ABOUT, {"counts": counts, "made_of": made_of})
        if directory.exists():  # and is damaged; whoever has it mapped keeps it
            shutil.rmtree(directory)
        os.rename(partial, directory)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _write_arrays(partial: Path, pieces: Iterable[Windows]) -> dict[str, int]:
    """Append piece after piece to the files; returns what there is in all."""
    counts = {"tokens": 0, "windows": 0, "questions_cut": 0}
    with ExitStack() as stack:
        files = {name: stack.enter_context(_GrowingArray(partial, name)) for name in _ARRAYS}
        files["pointers"].append(np.zeros(1, dtype=np.int64))
        for piece in pieces:
            for name in _ARRAYS:
                array = getattr(piece, name)
                files[name].append(array[1:] + counts["tokens"] if name == "pointers" else array)
            counts["tokens"] += len(piece.input_ids)
            counts["windows"] += len(piece)
            counts["questions_cut"] += piece.questions_cut
    return counts


class _GrowingArray:
    """One .npy file that grows at its end; NumPy leaves room in the header for the final number of rows."""

    def __init__(self, partial: Path, name: str) -> None:
        self.empty: NDArray[Any] = getattr(no_windows(), name)[:0]
        self.rows = 0
        self.stream = (partial / f"{name}.npy").open("wb")

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


def _mapped(directory: Path, made_of: dict[str, Any]) -> Windows | None:
    """Map windows from disk; None when they are absent, or are not what the JSON says, or that says something else."""
    try:
        about = json.loads((directory / _ABOUT).read_bytes())
        counts = about["counts"]
        rows = {"input_ids": "tokens", "token_types": "tokens", "offsets": "tokens"}
        if about["made_of"] != made_of:
            return None
        arrays = {
            name: _mapped_array(directory, name, counts[rows.get(name, "windows")] + (name == "pointers"))
            for name in _ARRAYS
        }
        whole = int(arrays["pointers"][0]) == 0 and int(arrays["pointers"][-1]) == counts["tokens"]
        return Windows(**arrays, questions_cut=int(counts["questions_cut"])) if whole else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _mapped_array(directory: Path, name: str, rows: int) -> NDArray[Any]:
    """Map one array; a plain ndarray, as a `numpy.memmap` would be copied when it is pickled.

    Raises:
        ValueError: when its file does not hold these many rows exactly.
    """
    path, empty = directory / f"{name}.npy", getattr(no_windows(), name)[:0]
    with path.open("rb") as stream:
        np.lib.format.read_magic(stream)
        shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(stream)
        start, size = stream.tell(), path.stat().st_size
    if shape != (rows, *empty.shape[1:]) or dtype != empty.dtype or fortran_order:
        raise ValueError(f"{path}: other rows or another type")
    if start + math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{path}: not as long as its header says")
    # Nothing can be mapped of a file's end, so that an array without rows is made.
    return np.asarray(np.memmap(path, dtype, mode="r", offset=start, shape=shape)) if rows else empty
