"""A checkpoint's configuration as `transformers` reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from xlingual.activity import doing
from xlingual.errors import ModelError


@doing("reading the model's configuration")
def load_configuration(directory: Path) -> Any:
    """Read a checkpoint's configuration; no code that the checkpoint brings is run.

    Args:
        directory: the checkpoint's, see `xlingual.models.checkpoint_directory.resolve_checkpoint`.

    Raises:
        ModelError: when `transformers` knows no such model, or cannot read it.
    """
    import transformers

    try:
        return transformers.AutoConfig.from_pretrained(str(directory), trust_remote_code=False)
    except Exception as error:
        raise ModelError(f"model {directory}: {_problem(directory, error, transformers)}") from None


def _problem(directory: Path, error: Exception, transformers: Any) -> str:
    try:
        settings = json.loads((directory / "config.json").read_text(encoding="utf-8"))
        kind, brings_code = settings.get("model_type"), "auto_map" in settings
    except (OSError, ValueError, AttributeError):
        kind, brings_code = None, False
    known = kind in transformers.CONFIG_MAPPING
    if brings_code and not known:
        return (
            f"a {kind} model is loaded by code that the checkpoint brings (auto_map in its config.json), and none such "
            "is run; name a model of a kind that transformers has, such as FacebookAI/xlm-roberta-base"
        )
    if kind is not None and not known:
        return (
            f"model_type {kind!r} of its config.json is unknown to transformers {transformers.__version__}; name a "
            "model of a kind that it has, or install a version that has it"
        )
    return f"its config.json cannot be read ({first_line(error)})"


def first_line(error: Exception) -> str:
    """What an error says first, for a message of one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
