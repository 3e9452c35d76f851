"""A trained model as a plain `transformers` checkpoint."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from torch import nn

from xlingual.models.encoder import load_tokenizer, quiet_transformers
from xlingual.records.files import write_json
from xlingual.study import TrialConfiguration


def export_model(model: nn.Module, source: Path, target: Path, configuration: TrialConfiguration) -> None:
    """Write weights, configuration and tokenizer to the folder `target`, whole or not at all.

    Args:
        model: a `transformers` model.
        source: the pretrained checkpoint, for its tokenizer.
        target: is replaced when it exists.
        configuration: what it was trained with; kept in `xlingual.json`, from which scoring takes window lengths.
    """
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with quiet_transformers():
            model.save_pretrained(str(partial))  # type: ignore[operator]
        load_tokenizer(source).save_pretrained(str(partial))
        write_json(partial / "xlingual.json", {"fingerprint": configuration.fingerprint, **configuration.canonical()})
        shutil.rmtree(target, ignore_errors=True)
        os.replace(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
