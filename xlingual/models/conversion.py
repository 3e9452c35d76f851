"""A safetensors copy of a checkpoint whose weights are pickled, made without running what a pickle may hold."""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from xlingual.activity import doing
from xlingual.errors import ModelError
from xlingual.models.checkpoint_directory import WANTED, locate_checkpoint
from xlingual.models.checkpoint_files import INDEX, PICKLES, WEIGHTS, check_configuration, check_weights, read_json
from xlingual.models.encoder import quiet_transformers
from xlingual.models.model_config import first_line, load_configuration
from xlingual.models.piece_tokenizer import write_piece_tokenizer
from xlingual.records.files import follow_umask
from xlingual.records.storage import writing

COPIED = (*(pattern for pattern in WANTED if "safetensors" not in pattern), "generation_config.json")
"""Files that the copy has as they are."""

_WHOLE, _INDEX = PICKLES


@dataclass(frozen=True)
class Conversion:
    """What a copy was made of.

    Attributes:
        directory: of the copy.
        tensors: that it holds.
        tied: further names of these in the original.
        tokenizer: whether its tokenizer.json was made of a SentencePiece model.
    """

    directory: Path
    tensors: int
    tied: int
    tokenizer: bool


def convert_checkpoint(name: str, target: Path) -> Conversion:
    """Copy a checkpoint, its weights as safetensors; whole or not at all.

    Weights keep their names, types and values. Of tied weights, which a pickle holds under several names, those stay
    that `transformers` ties the others to. A tokenizer that is a SentencePiece model alone also gets a tokenizer.json,
    see `piece_tokenizer`.

    Args:
        name: local directory or hub id, see `resolve_checkpoint`, that holds `pytorch_model.bin`, or its parts with
            `pytorch_model.bin.index.json`.
        target: must not be there yet.

    Raises:
        ModelError: when the target is there, there are no such weights, or a pickle holds more than tensors.
    """
    if target.exists() or target.is_symlink():
        raise ModelError(f"{target}: is there already; name a directory that is not")
    source, _ = locate_checkpoint(name, (*COPIED, _WHOLE, _INDEX, "pytorch_model-*.bin"))
    check_configuration(source, name)
    if (source / WEIGHTS).exists() or (source / INDEX).exists():
        raise ModelError(f"model {name!r}: has safetensors weights already; name it as it is")
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with writing(target, reads=True):
            partial.mkdir(parents=True)
            for path in sorted({path for pattern in COPIED for path in source.glob(pattern) if path.is_file()}):
                shutil.copyfile(path, partial / path.name)
            with doing("reading the pickled weights"):
                weights = _weights(source, name)
                kept = _without_ties(weights, _ties(source))
            with doing("writing safetensors weights"):
                _save(kept, partial)
                check_weights(partial, name)
            with doing("making tokenizer.json"):
                tokenizer = write_piece_tokenizer(partial)
            follow_umask(partial)
            os.rename(partial, target)
    except OSError as error:
        raise ModelError(f"{target}: cannot be written ({error.strerror or error}); name another directory") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Conversion(target, len(kept), len(weights) - len(kept), tokenizer)


def _weights(source: Path, name: str) -> dict[str, Tensor]:
    """Read all tensors of pickled weights; those with one storage share it still."""
    if (source / _WHOLE).is_file():
        files = [_WHOLE]
    elif (source / _INDEX).is_file():
        files = sorted({str(file) for file in (read_json(source / _INDEX, name).get("weight_map") or {}).values()})
    else:
        files = []
    if not files:
        raise ModelError(
            f"model {name!r}: neither safetensors weights nor {_WHOLE} to make them of (looked in {source}); name a "
            "checkpoint that has either"
        )
    return {key: tensor for file in files for key, tensor in _unpickled(source / file, name).items()}


def _unpickled(path: Path, name: str) -> Mapping[str, Tensor]:
    """Read a pickle of tensors. `weights_only` lets it call nothing but what makes these."""
    try:
        with warnings.catch_warnings():  # of the protocol of a pickle that it then refuses, or of types of old
            warnings.simplefilter("ignore")
            found = _tensors(path)
    except FileNotFoundError:
        raise ModelError(f"model {name!r}: {path.name} is listed in {_INDEX}, but missing; add it") from None
    except pickle.UnpicklingError as error:
        raise ModelError(
            f"model {name!r}: {path.name} holds more than tensors or is no pickle of them ({_refused(error)}), and to "
            "open it would run what it holds: name a checkpoint from elsewhere"
        ) from None
    except Exception as error:  # PyTorch raises many kinds for a file that it cannot make out
        raise ModelError(
            f"model {name!r}: {path.name} is cut short or no file of PyTorch ({first_line(error)}); fetch it again"
        ) from None
    if not isinstance(found, Mapping):
        raise ModelError(f"model {name!r}: {path.name} holds a {type(found).__name__}, not tensors by name")
    for key, value in found.items():
        if not isinstance(value, Tensor):
            raise ModelError(
                f"model {name!r}: {path.name} holds more than tensors ({key!r} is a {type(value).__name__}); write its "
                "weights alone with `torch.save(model.state_dict(), FILE)`"
            )
    return found


def _tensors(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except RuntimeError:  # PyTorch before 1.6 wrote files that cannot be mapped
        return torch.load(path, map_location="cpu", weights_only=True)


def _refused(error: Exception) -> str:
    """What of a pickle was refused: the name is in the midst of PyTorch's advice on how to run it all the same."""
    words = str(error).split("GLOBAL ", 1)
    return words[1].split()[0] if len(words) == 2 else first_line(error).split(".")[0]


def _ties(source: Path) -> dict[str, str]:
    """By name of a weight that `transformers` ties: the one that it is tied to, as the configuration says."""
    import transformers

    configuration = load_configuration(source)
    named = [getattr(transformers, kind, None) for kind in configuration.architectures or ()]
    classes = [kind for kind in named if isinstance(kind, type) and issubclass(kind, transformers.PreTrainedModel)]
    try:
        with quiet_transformers(), torch.device("meta"):  # no memory for weights
            model: nn.Module = (
                classes[0](configuration) if classes else transformers.AutoModel.from_config(configuration)
            )
    except Exception as error:
        raise ModelError(
            f"model {source}: no {configuration.model_type} model can be made by its config.json ({first_line(error)})"
        ) from None
    ties: dict[str, str] = model.all_tied_weights_keys  # type: ignore[assignment]
    return ties


def _without_ties(weights: Mapping[str, Tensor], ties: Mapping[str, str]) -> dict[str, Tensor]:
    """Leave out further names of tied weights. What else shares a storage, which safetensors cannot, gets its own."""
    places: dict[Any, list[str]] = {}
    for name, tensor in weights.items():
        place = (tensor.untyped_storage().data_ptr(), tensor.storage_offset(), tensor.shape, tensor.stride())
        places.setdefault(place, []).append(name)
    left_out = {
        name for alike in places.values() for name in alike if ties.get(name) in alike and weights[name].numel()
    }
    kept: dict[str, Tensor] = {}
    storages: set[int] = set()
    for name, tensor in weights.items():
        if name in left_out:
            continue
        storage = tensor.untyped_storage()
        alone = storage.nbytes() == tensor.nbytes and storage.data_ptr() not in storages
        kept[name] = tensor.contiguous() if alone else tensor.clone(memory_format=torch.contiguous_format)
        storages.add(storage.data_ptr())
    return kept


def _save(weights: Mapping[str, Tensor], directory: Path) -> None:
    """Write safetensors as `transformers` names them, in parts where they are many gigabytes."""
    from huggingface_hub import save_torch_state_dict

    save_torch_state_dict(dict(weights), directory, metadata={"format": "pt"})
