"""Checks of a checkpoint's directory: a readable configuration, whole weights."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from xlingual.errors import ModelError

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
_NUMBERS = ("F64", "F32", "F16", "BF16")
"""As safetensors name the types of full weights; positions, masks and counts beside these may be whole numbers."""
_OTHER_WEIGHTS = (".safetensors", ".bin", ".h5", ".msgpack", ".ckpt", ".pt", ".pth", ".gguf", ".onnx", ".ot")


def check_configuration(directory: Path, name: str) -> dict[str, Any]:
    """Read a checkpoint's config.json and check that it is of a whole model in full precision.

    Args:
        directory: the checkpoint's.
        name: that it was asked for by.

    Raises:
        ModelError: when it is absent or no JSON object, names no kind of model, or says that weights are quantised; or
            when the directory is a PEFT adapter.
    """
    if any((directory / file).is_file() for file in _ADAPTER):
        settings = read_json(directory / _ADAPTER[0], name) if (directory / _ADAPTER[0]).is_file() else {}
        raise ModelError(
            f"model {name!r}: a PEFT adapter of {settings.get('base_model_name_or_path') or 'another model'}, not a "
            "whole model; merge the two with peft's `merge_and_unload()`, write that with `save_pretrained(DIR)` and "
            "name DIR"
        )
    if not (directory / "config.json").is_file():
        raise ModelError(
            f"model {name!r}: no config.json in {directory} (found: {_found(directory)}); write a checkpoint's "
            "directory"
        )
    configuration = read_json(directory / "config.json", name)
    if not isinstance(configuration.get("model_type"), str):
        raise ModelError(
            f"model {name!r}: its config.json names no model_type; write there what kind of model it is, such as "
            '"model_type": "xlm-roberta"'
        )
    if quantisation := configuration.get("quantization_config"):
        method = quantisation.get("quant_method", "unknown method") if isinstance(quantisation, dict) else quantisation
        raise ModelError(
            f"model {name!r}: its weights are quantised ({method}), and only full ones are loaded; name the "
            "checkpoint that it was made from"
        )
    return configuration


def check_weights(directory: Path, name: str, elsewhere: Callable[[], list[str]] | None = None) -> None:
    """Check that a checkpoint's weights are there as safetensors, whole and in full precision.

    Only their headers are read.

    Args:
        directory: the checkpoint's.
        name: that it was asked for by.
        elsewhere: looks up the names of files that it has besides those in the directory.

    Raises:
        ModelError: when they are not.
    """
    if files := weight_files(directory, name):
        for file in files:
            _check_file(file, name)
        return
    names = [path.name for path in directory.iterdir()] + (elsewhere() if elsewhere else [])
    weights = sorted({found for found in names if found.endswith(_OTHER_WEIGHTS) or found in PICKLES})
    found = ", ".join(weights[:6]) or "no weights at all"
    if set(PICKLES) & set(weights):
        remedy = f"make a copy with `xlingual convert {shlex.quote(name)} DIR` and name DIR"
    elif any(found.endswith(".safetensors") for found in weights):
        remedy = f"call the file {WEIGHTS}, or name its parts in {INDEX}"
    else:
        remedy = "write them with `model.save_pretrained(DIR)` where they can be loaded and name DIR"
    raise ModelError(
        f"model {name!r}: no safetensors weights (found: {found}); only safetensors are loaded, for they run no "
        f"code: {remedy}"
    )


def weight_files(directory: Path, name: str) -> list[Path]:
    """The files that `transformers` reads a checkpoint's weights from; empty where it has no safetensors.

    Args:
        directory: the checkpoint's.
        name: that it was asked for by.

    Raises:
        ModelError: when it has an index that names none.
    """
    if (directory / WEIGHTS).is_file():
        return [directory / WEIGHTS]
    if not (directory / INDEX).is_file():
        return []
    shards = read_json(directory / INDEX, name).get("weight_map")
    if not isinstance(shards, dict) or not shards:
        raise ModelError(f"model {name!r}: {INDEX} names no weights; put the checkpoint's own there again")
    return [directory / shard for shard in sorted(set(map(str, shards.values())))]


def _check_file(path: Path, name: str) -> None:
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as stream:
            pointer = b"git-lfs" in stream.read(64)
        if not pointer:
            with safe_open(path, framework="numpy") as file:
                types = {name: file.get_slice(name).get_dtype() for name in file.keys()}  # noqa: SIM118 (no mapping)
            return _check_types(types, name)
    except OSError as error:
        raise ModelError(
            f"model {name!r}: {path.name} cannot be read ({error.strerror or error}); put it in {path.parent}"
        ) from None
    except SafetensorError as error:
        raise ModelError(
            f"model {name!r}: {path.name} is cut short or no safetensors file ({_line(error)}; "
            f"{path.stat().st_size} bytes); fetch it again"
        ) from None
    raise ModelError(
        f"model {name!r}: {path.name} is a pointer of Git LFS in place of the weights; fetch them with `git lfs pull` "
        f"in {path.parent}"
    )


def _check_types(types: Mapping[str, str], name: str) -> None:
    """Refuse weights of whole numbers or of 8 bits, which are nothing without the scales that they were cut with."""
    cut = sorted(key for key, kind in types.items() if key.endswith("weight") and kind not in _NUMBERS)
    if cut:
        raise ModelError(
            f"model {name!r}: {len(cut)} of its weights are quantised ({cut[0]} is {types[cut[0]]}), and only full "
            f"ones ({', '.join(_NUMBERS)}) are loaded; name the checkpoint that it was made from"
        )


def read_json(path: Path, name: str) -> dict[str, Any]:
    """Read an object of settings from one of a checkpoint's files.

    Args:
        path: of the file.
        name: that the checkpoint was asked for by.

    Raises:
        ModelError: when it cannot be read, or holds something else.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"model {name!r}: {path.name} cannot be read ({error.strerror})") from None
    except ValueError as error:
        raise ModelError(
            f"model {name!r}: its {path.name} is not JSON ({_line(error)}); put the checkpoint's own there again"
        ) from None
    if not isinstance(value, dict):
        raise ModelError(
            f"model {name!r}: its {path.name} is a {type(value).__name__}, not an object of settings; put the "
            "checkpoint's own there again"
        )
    return value


def _found(directory: Path) -> str:
    return ", ".join(sorted(path.name for path in directory.iterdir())[:8]) or "nothing"


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
