"""A trained model as a plain `transformers` checkpoint."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from xlingual.export.model_card import write_model_card
from xlingual.families import Checkpoint
from xlingual.models.encoder import quiet_transformers
from xlingual.models.weight_values import check_trained
from xlingual.records.files import follow_umask, put_folder_in_place, write_json
from xlingual.records.storage import writing
from xlingual.study import TrialConfiguration

TOY_WORLDS = "toy_worlds"
"""Folder of a storage that the toy worlds and their pretrained models lie in (`xlingual.preparation.inputs.locate`)."""


def export_model(
    model: nn.Module,
    source: Checkpoint,
    target: Path,
    configuration: TrialConfiguration,
    reports: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Write weights, configuration, tokenizer and model card to the folder `target`, whole or not at all.

    Args:
        model: a `transformers` model.
        source: the pretrained checkpoint, for its tokenizer.
        target: is replaced when it exists.
        configuration: what it was trained with; kept in `xlingual.json`, from which scoring takes its lengths.
        reports: of its training; the card shows the last one's scores.

    Raises:
        TrialDiverged: when its weights are no numbers.
    """
    check_trained(model)
    partial = target.with_name(f".{target.name}.partial-{os.getpid()}-{secrets.token_hex(4)}")
    try:
        with writing(target, reads=True):
            with quiet_transformers():
                model.save_pretrained(str(partial))  # type: ignore[operator]
            source.tokenizer.save_pretrained(str(partial))
            parameters = sum(one.numel() for one in model.parameters())  # those that modules share count once
            about = {"fingerprint": configuration.fingerprint, "parameters": parameters}
            write_json(partial / "xlingual.json", about | configuration.canonical())
            toy = TOY_WORLDS in source.directory.parts
            write_model_card(partial, configuration, reports, toy=toy, task=source.task)
            follow_umask(partial)
            put_folder_in_place(partial, target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
