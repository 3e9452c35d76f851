"""Shapes of a checkpoint's weights, as the headers of its files and as its configuration give them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors import safe_open

from xlingual.activity import doing
from xlingual.errors import ModelError
from xlingual.models.checkpoint_files import weight_files

_NUMBER = re.compile(r"\.(\d+)(?=\.)")
"""The first number of a weight's name: of a layer, in `bert.encoder.layer.3.output.dense.weight`."""

Difference: TypeAlias = tuple[str, Sequence[int], Sequence[int]]
"""Name of a weight, its shape, and the shape that a configuration says."""


def check_shapes(directory: Path, different: Iterable[Difference]) -> None:
    """Check that a checkpoint's weights have the shapes that its configuration says.

    Args:
        directory: the checkpoint's.
        different: weights that have not.

    Raises:
        ModelError: when there are any.
    """
    if differing := sorted(different):
        name, found, expected = differing[0]
        raise ModelError(
            f"model {directory}: its weights do not fit its config.json ({name} is {tuple(found)} and should be "
            f"{tuple(expected)}; {len(differing)} such in all); put the config.json there that they were written with"
        )


def header_shapes(directory: Path) -> dict[str, tuple[int, ...]]:
    """By name, the shapes that are written in the headers of a checkpoint's files."""
    shapes: dict[str, tuple[int, ...]] = {}
    for path in weight_files(directory, str(directory)):
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            shapes |= {name: tuple(file.get_slice(name).get_shape()) for name in names}
    return shapes


@doing("comparing the weights with the configuration")
def check_headers(directory: Path, kind: Any, configuration: Any) -> list[str]:
    """Check the shapes of a checkpoint's weights by the headers of its files: no weight is read.

    A file may leave the prefix of the body's names out.

    Args:
        directory: the checkpoint's.
        kind: of model, a class such as `transformers.AutoModelForQuestionAnswering`.
        configuration: the checkpoint's.

    Returns:
        names that are in no file, nor tied to one that is. Loading the model may yet find some of them, for
        `transformers` knows more names of a weight than one.

    Raises:
        ModelError: when they are not those that the configuration says.
    """
    model = _without_weights(kind, configuration)
    if model is None:
        return []
    found, prefix = header_shapes(directory), f"{model.base_model_prefix}."
    different, absent = [], []
    for name, weight in model.state_dict().items():
        written = name if name in found else name.removeprefix(prefix)
        if written in found and found[written] != tuple(weight.shape):
            different.append((name, found[written], tuple(weight.shape)))
        if written not in found and name not in model.all_tied_weights_keys:
            absent.append(name)
    check_shapes(directory, different)
    _check_layers(directory, found, model.state_dict(), prefix)
    return absent


def _check_layers(directory: Path, found: Iterable[str], used: Iterable[str], prefix: str) -> None:
    """Refuse layers that a configuration leaves out and that are like others of the same file, which it uses."""
    used = {form for name in used for form in (name, name.removeprefix(prefix))}
    stacks: dict[str, tuple[set[int], set[int]]] = {}
    for name in found:
        if number := _NUMBER.search(name):
            there, taken = stacks.setdefault(name[: number.start()], (set(), set()))
            there.add(int(number[1]))
            if name in used:
                taken.add(int(number[1]))
    for stack, (there, taken) in sorted(stacks.items()):
        if taken and len(taken) < len(there):
            left_out = f"{stack}.{min(there - taken)}"
            raise ModelError(
                f"model {directory}: its config.json uses {len(taken)} of the {len(there)} layers of its weights "
                f"({left_out} is left out); put the config.json there that they were written with, or "
                "save the smaller model with `save_pretrained(DIR)` and name DIR"
            )


def unread_notes(directory: Path, kind: Any, configuration: Any) -> list[str]:
    """Say which weights within a model's layers `transformers` does not read, so that it computes otherwise than meant.

    BERT's relative positions are such (`attention.self.distance_embedding`), which version 5 left behind. Whole layers
    that are not read are refused by `check_headers`; other heads and poolers are nothing to speak of. Arguments are
    those of `check_headers`.
    """
    model = _without_weights(kind, configuration)
    if model is None:
        return []
    found, prefix = header_shapes(directory), f"{model.base_model_prefix}."
    used = {form for name in model.state_dict() for form in (name, name.removeprefix(prefix))}
    layers = {layer for name in found if name in used and (layer := _layer(name))}
    expected = re.compile("|".join((*(model._keys_to_ignore_on_load_unexpected or ()), *_NO_WEIGHTS)))
    unread = [name for name in found if name not in used and _layer(name) in layers and not expected.search(name)]
    complete = all(name in found or name.removeprefix(prefix) in found for name in used if _layer(name) in layers)
    if not unread or not complete:  # where others are missing, transformers knows the weights by other names
        return []
    return [
        f"transformers does not read {len(unread)} weights of its layers ({unread[0]} and the like), so that it "
        f"computes otherwise than it was trained; name a plain {configuration.model_type} model"
    ]


_NO_WEIGHTS = (r"inv_freq$", r"position_ids$", r"masked_bias$", r"\.attn\.bias$", r"LayerNorm\.(gamma|beta)$")
"""Weights of old files that are computed anew or have another name now."""


def _layer(name: str) -> str | None:
    """The layer that a weight belongs to: its name up to the first number."""
    number = _NUMBER.search(name)
    return None if number is None else name[: number.end()]


def _without_weights(kind: Any, configuration: Any) -> Any:
    """A model that takes no memory for its weights; None where none can be made, which loading it says, too."""
    try:
        with torch.device("meta"):
            return kind.from_config(configuration)
    except Exception:
        return None
