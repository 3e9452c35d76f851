"""A reused Tune actor trains many trials in one process: none of them may stay in memory."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest

from xlingual.records.layout import TrialDirectory
from xlingual.training import loop
from xlingual.training.loop import TrialInputs, train_trial
from xlingual.training.worker import SoloWorker


def test_nothing_of_a_trial_stays_without_the_collectors_help(
    tiny_inputs: TrialInputs, tiny_checkpoint: Path, tmp_path: Path, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = []
    load = loop.load_encoder

    def loaded(*arguments: Any) -> Any:
        model = load(*arguments)
        models.append(weakref.ref(model))
        return model

    monkeypatch.setattr(loop, "load_encoder", loaded)
    gc.collect()
    gc.disable()
    try:
        directory = TrialDirectory(tmp_path / "trial")
        robust = {"embedding_noise": {"magnitude": 0.1}}
        train_trial(configure(robust=robust), tiny_inputs, tiny_checkpoint, directory, SoloWorker(), keep_model=True)
        assert len(models) == 1
        assert models[0]() is None
    finally:
        gc.enable()
